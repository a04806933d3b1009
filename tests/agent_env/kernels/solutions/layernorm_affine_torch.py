"""Centred values, their mean square, then weight and bias."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x, weight, bias):
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred * centred).mean(dim=-1, keepdim=True)
        return torch.addcmul(bias, centred * torch.rsqrt(variance + self.eps), weight)
