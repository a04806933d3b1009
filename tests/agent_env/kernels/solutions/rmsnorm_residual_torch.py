"""The norm of a row instead of its mean square."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x, residual, weight):
        total = torch.add(x, residual)
        squares = torch.linalg.vecdot(total, total).div_(x.shape[1]).add_(self.eps)
        return total * squares.rsqrt_().unsqueeze(1) * weight, total
