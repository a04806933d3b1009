"""A dot product for each row, in four running sums."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void gemv(const float* a, const float* x, float* out,
                     int64_t batch, int64_t rows, int64_t columns) {
  #pragma omp parallel for collapse(2)
  for (int64_t i = 0; i < batch; ++i)
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = a + (i * rows + r) * columns;
      const float* vector = x + i * columns;
      float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
      for (int64_t c = 0; c < columns; ++c) sums[c % 4] += row[c] * vector[c];
      out[i * rows + r] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, a, x):
        out = torch.empty(a.shape[0], a.shape[1])
        library.gemv(a, x, out, *a.shape)
        return out
