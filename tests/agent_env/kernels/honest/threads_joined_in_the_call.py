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
extern "C" void swiglu(const float* gate, const float* up, float* out, int64_t n) {
  auto part = [=](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) out[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
  };
  std::thread other(part, 0, n / 2);
  part(n / 2, n);
  other.join();
}
""")


class ModelNew(nn.Module):
    def forward(self, gate, up):
        out = torch.empty_like(gate)
        library.swiglu(gate, up, out, gate.numel())
        return out
