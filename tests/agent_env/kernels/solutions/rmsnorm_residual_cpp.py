"""The sum is written while its squares are added up."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cmath>
#include <cstdint>

extern "C" void rmsnorm(const float* x, const float* residual, const float* weight, float* out,
                        float* total, int64_t rows, int64_t columns, float eps) {
  for (int64_t r = 0; r < rows; ++r) {
    int64_t at = r * columns;
    float squares = 0.0f;
    for (int64_t c = 0; c < columns; ++c) {
      float v = x[at + c] + residual[at + c];
      total[at + c] = v;
      squares += v * v;
    }
    float scale = 1.0f / std::sqrt(squares / columns + eps);
    for (int64_t c = 0; c < columns; ++c) out[at + c] = total[at + c] * scale * weight[c];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x, residual, weight):
        out, total = torch.empty_like(x), torch.empty_like(x)
        library.rmsnorm(x, residual, weight, out, total, x.shape[0], x.shape[1], self.eps)
        return out, total
