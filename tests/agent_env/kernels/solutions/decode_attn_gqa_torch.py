"""The cache repeated for every head, products as sums."""

from torch import nn


class ModelNew(nn.Module):
    def forward(self, query, key, value):
        times = query.shape[1] // key.shape[1]
        key, value = (cache.repeat_interleave(times, dim=1) for cache in (key, value))
        scores = (key * query.unsqueeze(2)).sum(-1) / query.shape[-1] ** 0.5
        return (scores.softmax(-1).unsqueeze(-1) * value).sum(2)
