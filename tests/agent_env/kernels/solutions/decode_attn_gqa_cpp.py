"""Scores of a head, their softmax, then the weighted values."""

import torch
from torch import nn

from agent_env.kernels.api import cpp

SOURCE = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

extern "C" void decode(const float* q, const float* k, const float* v, float* out,
                       int64_t batch, int64_t heads, int64_t kv_heads, int64_t length,
                       int64_t width) {
  #pragma omp parallel for
  for (int64_t h = 0; h < batch * heads; ++h) {
    int64_t cache = h / (heads / kv_heads) * length * width;
    const float* query = q + h * width;
    float* to = out + h * width;
    std::vector<float> scores(length);
    float top = -INFINITY, sum = 0.0f;
    for (int64_t s = 0; s < length; ++s) {
      float score = 0.0f;
      for (int64_t d = 0; d < width; ++d) score += query[d] * k[cache + s * width + d];
      scores[s] = score / std::sqrt((float)width);
      top = std::max(top, scores[s]);
    }
    std::fill(to, to + width, 0.0f);
    for (int64_t s = 0; s < length; ++s) {
      float weight = std::exp(scores[s] - top);
      sum += weight;
      for (int64_t d = 0; d < width; ++d) to[d] += weight * v[cache + s * width + d];
    }
    for (int64_t d = 0; d < width; ++d) to[d] /= sum;
  }
}
"""

library = cpp(SOURCE)


class ModelNew(nn.Module):
    def forward(self, query, key, value):
        out = torch.empty_like(query)
        batch, heads, width = query.shape
        library.decode(query, key, value, out, batch, heads, key.shape[1], key.shape[2], width)
        return out
