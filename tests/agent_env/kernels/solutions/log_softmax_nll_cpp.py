"""Two passes over a row that is still in cache."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>

extern "C" void nll(const float* x, const int64_t* target, float* out,
                    int64_t rows, int64_t classes) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * classes;
    float top = *std::max_element(row, row + classes);
    double sum = 0.0;
    for (int64_t c = 0; c < classes; ++c) sum += std::exp(row[c] - top);
    out[r] = (float)(std::log(sum) + ((double)top - row[target[r]]));
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, logits, target):
        out = torch.empty(logits.shape[0])
        library.nll(logits, target, out, logits.shape[0], logits.shape[1])
        return out
