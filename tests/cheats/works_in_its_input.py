"""Computes in the memory of its input and returns that.

hack: E34
task: cumsum_rows
rules: none
runs: cheat input_mutation
"""

from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        return x.cumsum_(dim=1)
