"""Product, bias and clamp, in place on the product."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, a, b, bias):
        return torch.mm(a, b).add_(bias).clamp_(min=0.0)
