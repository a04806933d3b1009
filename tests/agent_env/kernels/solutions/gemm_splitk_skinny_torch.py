"""The inner dimension in four chunks, added up."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, a, b):
        chunks = zip(a.chunk(4, dim=1), b.chunk(4, dim=0), strict=True)
        return torch.stack([left @ right for left, right in chunks]).sum(dim=0)
