"""The smallest place among those that hold the maximum."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        top = x.amax(dim=1)
        places = torch.arange(x.shape[1]).expand_as(x)
        return top, places.masked_fill(x != top[:, None], x.shape[1]).amin(dim=1)
