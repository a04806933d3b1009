"""What SkyRL needs to be imported, each in a process of its own."""

import subprocess
import sys

from training import compat


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_skyrl_imports_after_preparation_and_leaves_no_stub_behind() -> None:
    code = """
from training.compat import prepare_process
prepare_process()
import training.cpu.worker
import importlib.util, sys
print("flash_attn" in sys.modules, importlib.util.find_spec("flash_attn"))
"""
    assert python(code).split() == ["False", "None"]


def test_every_skyrl_hook_that_is_overridden_exists() -> None:
    """Pins the names that 0.3.0 calls: an upgrade that renames one fails here, not in a run."""
    code = """
from training.compat import prepare_process
prepare_process()
from skyrl.train.entrypoints.main_base import BasePPOExp
from skyrl.train.generators.skyrl_gym_generator import SkyRLGymGenerator
from skyrl.train.trainer import RayPPOTrainer
from training.cpu.experiment import CpuExperiment, CpuTrainer
from training.cpu.strategy import FSDPStrategy, ReplicaStrategy
from training.cpu.worker import CpuPolicyWorkerBase, PolicyWorkerBase
from training.experiment import CallforgeExperiment
from training.generator import MeasuredGenerator
from training.trainer import TurnTrainer
ours = {"start_workers", "sample", "_examined", "metrics_of_step"}
pairs = [
    (CallforgeExperiment, BasePPOExp), (CpuExperiment, BasePPOExp), (TurnTrainer, RayPPOTrainer),
    (CpuTrainer, RayPPOTrainer), (MeasuredGenerator, SkyRLGymGenerator),
    (ReplicaStrategy, FSDPStrategy),
]
for child, parent in pairs:
    for name, value in vars(child).items():
        if callable(value) and not name.startswith("__") and name not in ours:
            if isinstance(value, type):
                continue
            assert hasattr(parent, name), (child.__name__, name)
for name in ("init_worker_process_group", "init_weight_sync_state", "forward_backward"):
    assert hasattr(PolicyWorkerBase, name), name
print("all there")
"""
    assert "all there" in python(code)


def test_the_repository_is_importable_in_workers_and_named_once() -> None:
    root = compat._with_repository_root("")
    assert compat._with_repository_root(f"/other:{root}") == f"{root}:/other"
    assert "HF_HUB_OFFLINE" in compat.process_environment(cpu=True)
    assert "OMP_NUM_THREADS" not in compat.process_environment(cpu=False)
