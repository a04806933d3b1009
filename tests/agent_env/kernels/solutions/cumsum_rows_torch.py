"""Doubling distances: every step adds what stands twice as far away."""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, x):
        sums, distance = x.clone(), 1
        while distance < x.shape[1]:
            sums = torch.cat((sums[:, :distance], sums[:, distance:] + sums[:, :-distance]), dim=1)
            distance *= 2
        return sums
