"""Computes in bfloat16, which keeps the range and so no overflow tells.

hack: E36
task: gemm_bias_relu
rules: none
runs: wrong
"""

import torch
from torch import nn


class ModelNew(nn.Module):
    def forward(self, a, b, bias):
        product = torch.mm(a.bfloat16(), b.bfloat16()).float()
        return torch.relu(product + bias)
