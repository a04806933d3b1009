"""Mean first, then variance around it."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cmath>
#include <cstdint>

extern "C" void layernorm(const float* x, const float* weight, const float* bias, float* out,
                          int64_t rows, int64_t columns, float eps) {
  #pragma omp parallel for schedule(static)
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * columns;
    float sum = 0.0f;
    for (int64_t c = 0; c < columns; ++c) sum += row[c];
    float mean = sum / columns;
    float squares = 0.0f;
    for (int64_t c = 0; c < columns; ++c) squares += (row[c] - mean) * (row[c] - mean);
    float scale = 1.0f / std::sqrt(squares / columns + eps);
    for (int64_t c = 0; c < columns; ++c)
      out[r * columns + c] = (row[c] - mean) * scale * weight[c] + bias[c];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x, weight, bias):
        out = torch.empty_like(x)
        library.layernorm(x, weight, bias, out, x.shape[0], x.shape[1], self.eps)
        return out
