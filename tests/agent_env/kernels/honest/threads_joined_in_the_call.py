"""Starts C++ threads in every call and waits for them before it returns.

task: ew_swiglu
"""

import torch
from torch import nn

from agent_env.kernels.api import cpp

library = cpp(r"""
#include <cmath>
#include <cstdint>
#include <thread>
extern "C" void swiglu(const float* x, float* out, int64_t rows, int64_t half) {
  auto part = [=](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; ++r)
      for (int64_t c = 0; c < half; ++c) {
        float gate = x[r * 2 * half + c];
        out[r * half + c] = gate / (1.0f + std::exp(-gate)) * x[r * 2 * half + half + c];
      }
  };
  std::thread other(part, 0, rows / 2);
  part(rows / 2, rows);
  other.join();
}
""")


class ModelNew(nn.Module):
    def forward(self, x):
        rows, half = x.shape[0], x.shape[1] // 2
        out = torch.empty(rows, half)
        library.swiglu(x, out, rows, half)
        return out
