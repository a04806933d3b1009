"""Four shifted copies, weighted and added."""

from torch import nn


class ModelNew(nn.Module):
    def forward(self, x, weight, bias):
        out = x * weight[:, 3:] + bias[:, None]
        for shift in range(1, min(4, x.shape[-1])):
            out[..., shift:] += x[..., :-shift] * weight[:, 3 - shift : 4 - shift]
        return out
