"""Asks OpenMP for threads of its own number and gives each a part of the rows.

task: row_argmax_max
"""

import torch
from torch import nn

from agent_env.kernels.api import cpp

library = cpp(r"""
#include <cstdint>
extern "C" void largest(const float* x, float* value, int64_t* place, int64_t rows,
                        int64_t columns) {
  #pragma omp parallel for num_threads(2) schedule(static)
  for (int64_t r = 0; r < rows; ++r) {
    int64_t best = 0;
    for (int64_t c = 1; c < columns; ++c)
      if (x[r * columns + c] > x[r * columns + best]) best = c;
    value[r] = x[r * columns + best];
    place[r] = best;
  }
}
""")


class ModelNew(nn.Module):
    def forward(self, x):
        values = torch.empty(x.shape[0])
        places = torch.empty(x.shape[0], dtype=torch.int64)
        library.largest(x, values, places, *x.shape)
        return values, places
