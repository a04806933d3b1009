"""Returns a view of its input.

hack: E33
task: cumsum_rows
rules: none
runs: wrong
"""

from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        return x[:]
