"""Switches something of its own on for a call, and off again whatever happens.

task: cumsum_rows
"""

import torch
from torch import nn


class Counter:
    def __init__(self):
        self.open = 0


class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        self.counter = Counter()

    def forward(self, x):
        self.counter.open += 1
        try:
            with torch.inference_mode(False):
                return x.double().cumsum(dim=1).float()
        finally:
            self.counter.open -= 1
