"""A row of ones times the matrix."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        return torch.ones(x.shape[0]) @ x
