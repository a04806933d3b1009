"""Makes its C++ from pieces and keeps the library in an attribute.

task: rmsnorm_residual
"""

import torch
from torch import nn

from agent_env.kernels import api

HEAD = "#include <cmath>\n#include <cstdint>\n"
BODY = r"""
extern "C" void norm(const float* x, const float* residual, const float* weight, float* out,
                     float* total, int64_t rows, int64_t columns, double eps) {
  for (int64_t r = 0; r < rows; ++r) {
    double squares = 0;
    for (int64_t c = 0; c < columns; ++c) {
      float sum = x[r * columns + c] + residual[r * columns + c];
      total[r * columns + c] = sum;
      squares += double(sum) * sum;
    }
    float scale = float(1.0 / std::sqrt(squares / columns + eps));
    for (int64_t c = 0; c < columns; ++c)
      out[r * columns + c] = total[r * columns + c] * scale * weight[c];
  }
}
"""


class ModelNew(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.eps = eps
        self.library = api.cpp(HEAD + BODY)

    def forward(self, x, residual, weight):
        out, total = torch.empty_like(x), torch.empty_like(x)
        self.library.norm(x, residual, weight, out, total, *x.shape, self.eps)
        return out, total
