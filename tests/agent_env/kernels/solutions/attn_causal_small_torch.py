"""Scores, a triangle of minus infinity, softmax, values."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, query, key, value):
        length, width = query.shape[-2:]
        later = torch.full((length, length), float("-inf")).triu(1)
        scores = torch.matmul(query * width**-0.5, key.transpose(-1, -2)) + later
        return scores.softmax(dim=-1).matmul(value)
