"""Eight slices of the inner dimension, summed at the end."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>
#include <vector>

extern "C" void gemm(const float* a, const float* b, float* out, int64_t m, int64_t k, int64_t n) {
  const int64_t slices = 8;
  std::vector<float> parts(slices * m * n, 0.0f);
  #pragma omp parallel for
  for (int64_t s = 0; s < slices; ++s)
    for (int64_t p = s * k / slices; p < (s + 1) * k / slices; ++p)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) parts[(s * m + i) * n + j] += a[i * k + p] * b[p * n + j];
  for (int64_t i = 0; i < m * n; ++i) {
    float sum = 0.0f;
    for (int64_t s = 0; s < slices; ++s) sum += parts[s * m * n + i];
    out[i] = sum;
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, a, b):
        out = torch.empty(a.shape[0], b.shape[1])
        library.gemm(a, b, out, a.shape[0], a.shape[1], b.shape[1])
        return out
