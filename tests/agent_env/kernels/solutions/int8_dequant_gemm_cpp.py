"""Bytes are widened as they are used; the scale comes last."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void gemm(const float* x, const int8_t* weight, const float* scale, float* out,
                     int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; ++i) {
    float* row = out + i * n;
    std::fill(row, row + n, 0.0f);
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j) row[j] += x[i * k + p] * (float)weight[p * n + j];
    for (int64_t j = 0; j < n; ++j) row[j] *= scale[j];
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, weight, scale):
        out = torch.empty(x.shape[0], weight.shape[1])
        library.gemm(x, weight, scale, out, x.shape[0], x.shape[1], weight.shape[1])
        return out
