"""Blocks of 16 by 16, so that both sides stay in cache."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void transpose(const float* x, const float* bias, float* out,
                          int64_t rows, int64_t columns) {
  const int64_t block = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += block)
    for (int64_t c0 = 0; c0 < columns; c0 += block)
      for (int64_t c = c0; c < std::min(c0 + block, columns); ++c)
        for (int64_t r = r0; r < std::min(r0 + block, rows); ++r)
          out[c * rows + r] = x[r * columns + c] + bias[c];
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, bias):
        out = torch.empty(x.shape[1], x.shape[0])
        library.transpose(x, bias, out, x.shape[0], x.shape[1])
        return out
