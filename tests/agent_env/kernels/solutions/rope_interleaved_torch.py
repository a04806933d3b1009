"""Pairs as complex numbers, turned by one product."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, cosine, sine):
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
        return torch.view_as_real(pairs * torch.complex(cosine, sine)).flatten(-2)
