"""Takes its input however it lies in memory and checks alignment before it chooses a path.

task: transpose_bias_2d
"""

import torch
from torch import nn

from agent_env.kernels.api import cpp

library = cpp(r"""
#include <cstdint>
extern "C" void turn(const float* x, const float* bias, float* out, int64_t rows,
                     int64_t columns) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r) out[c * rows + r] = x[r * columns + c] + bias[c];
}
""")


class ModelNew(nn.Module):
    def forward(self, x, bias):
        x = x if x.is_contiguous() and x.data_ptr() % 16 == 0 else x.clone()
        flat = torch.empty(x.numel())
        view = flat.view(x.shape[1], x.shape[0])
        library.turn(x, bias, flat, *x.shape)
        return view
