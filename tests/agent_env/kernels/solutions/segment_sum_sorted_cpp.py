"""Rows go to their group as they come."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void segment_sum(const float* x, const int64_t* ids, float* out,
                            int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < width; ++c) out[ids[r] * width + c] += x[r * width + c];
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x, ids, segments):
        out = torch.zeros(segments, x.shape[1])
        library.segment_sum(x, ids, out, x.shape[0], x.shape[1])
        return out
