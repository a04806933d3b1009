"""The sum is written into a transposed view."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, bias):
        out = torch.empty(x.shape[1], x.shape[0])
        torch.add(x, bias, out=out.t())
        return out
