"""Keeps what depends on the shape alone in an lru_cache.

task: transpose_bias_2d
"""

from functools import lru_cache

import torch
from torch import nn


@lru_cache(maxsize=64)
def places(rows: int, columns: int) -> torch.Tensor:
    return torch.arange(rows * columns).view(rows, columns).t().reshape(-1)


class ModelNew(nn.Module):
    def forward(self, x, bias):
        order = places(*x.shape)
        return x.reshape(-1)[order].view(x.shape[1], x.shape[0]).add_(bias[:, None])
