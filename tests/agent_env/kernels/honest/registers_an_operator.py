"""Registers an operator of its own with torch.library.

task: col_sum_reduce
"""

import torch
from torch import nn


@torch.library.custom_op("candidate::column_sums", mutates_args=())
def column_sums(x: torch.Tensor) -> torch.Tensor:
    return torch.ones(1, x.shape[0], dtype=torch.float64).mm(x.double()).float()[0]


class ModelNew(nn.Module):
    def forward(self, x):
        return column_sums(x)
