"""A circular convolution, step by step."""

import torch
from torch import nn
from torch.nn import functional


class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        side = torch.tensor([0.0, 0.125, 0.0])
        self.register_buffer("kernel", torch.stack((side, torch.tensor([0.125, 0.5, 0.125]), side)))

    def forward(self, x, steps):
        grid = x[None, None]
        for _ in range(steps):
            padded = functional.pad(grid, (1, 1, 1, 1), mode="circular")
            grid = functional.conv2d(padded, self.kernel[None, None])
        return grid[0, 0]
