"""Rows of b scaled and added: the inner loop runs along memory."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void gemm(const float* a, const float* b, float* out, int64_t m, int64_t k, int64_t n) {
  #pragma omp parallel for
  for (int64_t i = 0; i < m; ++i) {
    float* row = out + i * n;
    std::fill(row, row + n, 0.0f);
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j) row[j] += a[i * k + p] * b[p * n + j];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, a, b):
        out = torch.empty(a.shape[0], b.shape[1])
        library.gemm(a, b, out, a.shape[0], a.shape[1], b.shape[1])
        return out
