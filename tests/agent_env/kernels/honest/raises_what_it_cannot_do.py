"""Checks its arguments, raises clear errors, and catches only what it then raises again.

task: batched_gemv
"""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, *arguments):
        first, second = arguments
        if first.dim() != 3:
            raise ValueError(f"three dimensions were expected, not {first.dim()}")
        try:
            return torch.bmm(first, second.unsqueeze(-1)).squeeze(-1)
        except RuntimeError as error:
            raise ValueError(f"shapes {first.shape}, {second.shape}") from error
