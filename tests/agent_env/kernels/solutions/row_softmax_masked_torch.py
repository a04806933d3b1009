"""Exponentials outside the mask are multiplied away."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, lengths):
        inside = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
        top = torch.where(inside, x, float("-inf")).amax(dim=1, keepdim=True)
        weights = torch.where(inside, torch.exp(x - top), 0.0)
        return weights / weights.sum(dim=1, keepdim=True)
