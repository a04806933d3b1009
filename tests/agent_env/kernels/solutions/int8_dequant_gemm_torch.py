"""The scale follows the product."""

from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, weight, scale):
        return (x @ weight.float()).mul_(scale)
