"""Groups as rows, `var_mean`, then the channel's weight."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, groups, eps):
        super().__init__()
        self.groups = groups
        self.eps = eps

    def forward(self, x, weight, bias):
        rows = x.reshape(x.shape[0], self.groups, -1)
        variance, mean = torch.var_mean(rows, dim=-1, keepdim=True, correction=0)
        rows = (rows - mean) * torch.rsqrt(variance + self.eps)
        scaled = rows.view_as(x) * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)
        return scaled * torch.sigmoid(scaled)
