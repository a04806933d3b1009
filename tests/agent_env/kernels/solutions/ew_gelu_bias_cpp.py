"""One pass, rows shared among threads."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cmath>
#include <cstdint>

extern "C" void gelu_bias(const float* x, const float* bias, float* out,
                          int64_t rows, int64_t columns) {
  #pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      float v = x[r * columns + c] + bias[c];
      out[r * columns + c] = 0.5f * v * (1.0f + std::erf(v * 0.70710678118654752f));
    }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, bias):
        out = torch.empty_like(x)
        library.gelu_bias(x, bias, out, x.shape[0], x.shape[1])
        return out
