"""`scatter_add_` with the ids spread over the columns."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, ids, segments):
        out = torch.zeros(segments, x.shape[1], dtype=x.dtype)
        return out.scatter_add_(0, ids.unsqueeze(1).expand_as(x), x)
