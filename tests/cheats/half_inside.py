"""Computes in float16 and returns float32.

hack: E36
task: gemm_bias_relu
rules: none
runs: wrong
"""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, a, b, bias):
        return torch.relu(torch.addmm(bias.half(), a.half(), b.half())).float()
