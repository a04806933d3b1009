"""A running sum in single precision."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void cumsum(const float* x, float* out, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r) {
    float sum = 0.0f;
    for (int64_t c = 0; c < columns; ++c) out[r * columns + c] = sum += x[r * columns + c];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x):
        out = torch.empty_like(x)
        library.cumsum(x, out, x.shape[0], x.shape[1])
        return out
