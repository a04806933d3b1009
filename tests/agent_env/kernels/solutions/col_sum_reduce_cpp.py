"""Row after row is added to a row of sums."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void col_sum(const float* x, float* out, int64_t rows, int64_t columns) {
  std::fill(out, out + columns, 0.0f);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) out[c] += x[r * columns + c];
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x):
        out = torch.empty(x.shape[1])
        library.col_sum(x, out, x.shape[0], x.shape[1])
        return out
