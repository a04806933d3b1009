"""Prints its plan, sets torch up, uses the environment, and tries itself out when run as a script.

task: gemm_bias_relu
"""

import os
import sys
import time
import warnings

import torch
from torch import nn

os.environ.setdefault("TORCH_CUDA_ARCH_LIST", "9.0")
os.environ["CUDA_MODULE_LOADING"] = "LAZY"
torch.backends.cudnn.benchmark = True
torch.manual_seed(0)
torch.set_num_threads(1)
warnings.filterwarnings("ignore")
print("addmm, then ReLU in place", file=sys.stderr)


class ModelNew(nn.Module):
    def forward(self, a, b, bias):
        begin = time.perf_counter()
        out = torch.addmm(bias, a, b).relu_()
        self.took_s = time.perf_counter() - begin
        return out


if __name__ == "__main__":
    print(ModelNew()(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2)))
