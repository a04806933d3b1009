"""Hands its outputs to a helper that launches the kernel, and keeps a scratch row for it.

task: cumsum_rows
"""

import torch
from torch import nn

from agent_env.kernels.api import cpp

library = cpp(r"""
#include <cstdint>
extern "C" void scan(const float* x, double* sums, float* y, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r) {
    sums[r] = 0;
    for (int64_t c = 0; c < columns; ++c) y[r * columns + c] = sums[r] += x[r * columns + c];
  }
}
""")


def launch(source, scratch, target):
    library.scan(source, scratch, target, *source.shape)


class ModelNew(nn.Module):
    def forward(self, x):
        out = torch.empty_like(x)
        launch(x, torch.empty(x.shape[0], dtype=torch.float64), out)
        return out
