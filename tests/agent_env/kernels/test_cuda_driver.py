"""Launches on a GPU, by a driver that only writes down what it was asked."""

import pytest
import torch

from agent_env.kernels import api, cuda_launch
from agent_env.kernels.arguments import converter
from agent_env.kernels.c_source import Parameter


class FakeDriver:
    """Answers as libcuda does, and writes down what it was asked."""

    def __init__(self, refuse=""):
        self.calls = []
        self.refuse = refuse

    def __getattr__(self, name):
        def answer(*given):
            if name == "cuGetErrorString":
                given[1]._obj.value = b"out of resources"
                return 0
            self.calls.append((name, given))
            return 701 if name == self.refuse else 0

        return answer


def on_gpu(tmp_path, fake, shared=0):
    (tmp_path / "k.cubin").write_bytes(b"cubin")
    run = cuda_launch._on_gpu(tmp_path / "k.cubin", fake)
    run({"name": "f", "symbol": "_Z1fPf"}, "pointers", (1, 2, 3, 4, 5, 6), shared)
    return run


def test_a_cubin_is_loaded_once_and_launched_by_its_symbol(tmp_path):
    fake = FakeDriver()
    run = on_gpu(tmp_path, fake)
    run({"name": "f", "symbol": "_Z1fPf"}, "pointers", (1, 1, 1, 1, 1, 1), 100_000)
    run({"name": "f", "symbol": "_Z1fPf"}, "pointers", (1, 1, 1, 1, 1, 1), 90_000)
    names = [name for name, _ in fake.calls]
    launches = [given for name, given in fake.calls if name == "cuLaunchKernel"]
    assert names[:3] == ["cuModuleLoadData", "cuModuleGetFunction", "cuLaunchKernel"]
    assert names[3:] == ["cuFuncSetAttribute", "cuLaunchKernel", "cuLaunchKernel"]
    assert fake.calls[1][1][2] == b"_Z1fPf"
    assert launches[0][1:8] == (1, 2, 3, 4, 5, 6, 0)


@pytest.mark.parametrize("refuse", ["cuModuleLoadData", "cuModuleGetFunction", "cuLaunchKernel"])
def test_what_the_driver_refuses_is_said_in_its_words(tmp_path, refuse):
    with pytest.raises(api.KernelError, match=rf"{refuse}: out of resources \(CUDA error 701\)"):
        on_gpu(tmp_path, FakeDriver(refuse))


def test_tensors_must_be_where_the_kernel_runs():
    parameter = Parameter(name="x", type="float32", pointer=True)
    with pytest.raises(api.KernelError, match="is on cpu; give a tensor on the GPU"):
        converter("f", 0, parameter, "cuda")(torch.zeros(1))
