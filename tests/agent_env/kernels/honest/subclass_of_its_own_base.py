"""Derives ModelNew from a base class of its own and overrides one step of it.

task: row_softmax_masked
"""

from abc import ABC, abstractmethod

import torch
from torch import nn


class Masked(nn.Module, ABC):
    @abstractmethod
    def weigh(self, x): ...

    def forward(self, x, lengths):
        inside = torch.arange(x.shape[1], device=x.device) < lengths[:, None]
        return self.weigh(torch.where(inside, x, -torch.inf))


class ModelNew(Masked):
    def weigh(self, x):
        weights = torch.exp(x - x.max(dim=1, keepdim=True).values)
        return weights / weights.sum(dim=1, keepdim=True)
