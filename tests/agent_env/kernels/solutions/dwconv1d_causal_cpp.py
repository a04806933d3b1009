"""The first places look at fewer values."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void conv(const float* x, const float* weight, const float* bias, float* out,
                     int64_t batch, int64_t channels, int64_t length) {
  for (int64_t row = 0; row < batch * channels; ++row) {
    const float* from = x + row * length;
    const float* w = weight + row % channels * 4;
    for (int64_t t = 0; t < length; ++t) {
      float sum = bias[row % channels];
      for (int64_t j = t < 3 ? 3 - t : 0; j < 4; ++j) sum += w[j] * from[t - 3 + j];
      out[row * length + t] = sum;
    }
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, weight, bias):
        out = torch.empty_like(x)
        library.conv(x, weight, bias, out, *x.shape)
        return out
