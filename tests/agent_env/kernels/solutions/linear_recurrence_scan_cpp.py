"""One loop a row, the state in a register."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void scan(const float* a, const float* b, float* out, int64_t rows, int64_t length) {
  #pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    float state = 0.0f;
    for (int64_t t = r * length; t < (r + 1) * length; ++t) out[t] = state = a[t] * state + b[t];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, a, b):
        out = torch.empty_like(b)
        library.scan(a, b, out, b.shape[0], b.shape[1])
        return out
