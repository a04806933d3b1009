"""The error function written out, in place on a tensor of our own."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, bias):
        shifted = x + bias
        bent = torch.erf(shifted * 0.5**0.5).add_(1.0)
        return bent.mul_(shifted).mul_(0.5)
