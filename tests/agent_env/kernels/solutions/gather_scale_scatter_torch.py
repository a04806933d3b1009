"""A sparse matrix of scales, written densely, times x."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, source, target, scale):
        mixing = torch.zeros(x.shape[0], x.shape[0])
        mixing.index_put_((target, source), scale, accumulate=True)
        return mixing @ x
