"""Two buffers in turn, borders by wrapped indices."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cstdint>
#include <vector>

extern "C" void stencil(const float* x, float* out, int64_t height, int64_t width, int64_t steps) {
  std::vector<float> now(x, x + height * width), next(height * width);
  for (int64_t step = 0; step < steps; ++step) {
    #pragma omp parallel for
    for (int64_t r = 0; r < height; ++r) {
      const float* here = &now[r * width];
      const float* above = &now[(r + height - 1) % height * width];
      const float* below = &now[(r + 1) % height * width];
      for (int64_t c = 0; c < width; ++c) {
        float beside = here[c ? c - 1 : width - 1] + here[c + 1 < width ? c + 1 : 0];
        float sides = above[c] + below[c] + beside;
        next[r * width + c] = 0.5f * here[c] + 0.125f * sides;
      }
    }
    now.swap(next);
  }
  std::copy(now.begin(), now.end(), out);
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, steps):
        out = torch.empty_like(x)
        library.stencil(x, out, x.shape[0], x.shape[1], steps)
        return out
