"""Gate times sigmoid, by slices."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        middle = x.shape[-1] // 2
        gate = x[:, :middle]
        return torch.sigmoid(gate).mul_(gate).mul_(x[:, middle:])
