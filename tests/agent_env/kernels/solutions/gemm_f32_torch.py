"""The transposed product of the transposed matrices, as a linear layer."""

from torch import nn
from torch.nn import functional


class ModelNew(nn.Module):
    def forward(self, a, b):
        return functional.linear(a, b.t())
