"""A strict comparison keeps the first of equals."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <cstdint>

extern "C" void argmax(const float* x, float* values,
                       int64_t* places, int64_t rows, int64_t columns) {
  #pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * columns;
    int64_t best = 0;
    for (int64_t c = 1; c < columns; ++c)
      if (row[c] > row[best]) best = c;
    values[r] = row[best];
    places[r] = best;
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, x):
        values = torch.empty(x.shape[0])
        places = torch.empty(x.shape[0], dtype=torch.int64)
        library.argmax(x, values, places, x.shape[0], x.shape[1])
        return values, places
