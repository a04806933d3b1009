"""A group is one run of memory; Welford's update in double."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cmath>
#include <cstdint>

extern "C" void groupnorm(const float* x, const float* weight, const float* bias, float* out,
                          int64_t batch, int64_t channels, int64_t area,
                          int64_t groups, float eps) {
  int64_t members = channels / groups, run = members * area;
  for (int64_t g = 0; g < batch * groups; ++g) {
    const float* from = x + g * run;
    float* to = out + g * run;
    double mean = 0.0, squares = 0.0;
    for (int64_t i = 0; i < run; ++i) {
      double step = from[i] - mean;
      mean += step / (i + 1);
      squares += step * (from[i] - mean);
    }
    double scale = 1.0 / std::sqrt(squares / run + eps);
    for (int64_t i = 0; i < run; ++i) {
      int64_t channel = (g % groups) * members + i / area;
      float v = (float)((from[i] - mean) * scale) * weight[channel] + bias[channel];
      to[i] = v / (1.0f + std::exp(-v));
    }
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def __init__(self, groups, eps):
        super().__init__()
        self.groups = groups
        self.eps = eps

    def forward(self, x, weight, bias):
        batch, channels, height, width = x.shape
        out = torch.empty_like(x)
        library.groupnorm(
            x, weight, bias, out, batch, channels, height * width, self.groups, self.eps
        )
        return out
