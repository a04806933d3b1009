"""SkyRL's policy worker on the CPU; it also samples, so that both cores decode.

Place in the flow: Ray actors made by the trainer. Forward, backward, loss, metrics and checkpoints
are SkyRL's; replaced are the device, the process group and the weight hand-over, which here is a
copy from the trained module to a second one that only samples.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import ray
import torch
import torch.distributed as dist

from training.compat import flash_attention_stub
from training.cpu.sampler import Sample, sample_batch
from training.cpu.strategy import ReplicaStrategy

with flash_attention_stub():
    from skyrl.backends.skyrl_train.distributed.dispatch import MeshRank
    from skyrl.backends.skyrl_train.workers.model_wrapper import HFModelWrapper
    from skyrl.backends.skyrl_train.workers.worker import PolicyWorkerBase

PROCESS_GROUP_TIMEOUT = timedelta(seconds=120)


def use_cpu_device() -> None:
    """Answer this process's calls to ``torch.cuda`` with the CPU.

    SkyRL's worker asks ``torch.cuda.current_device()`` where to put tensors; in a process of ours
    that never sees a GPU the honest answer is the CPU. Workers only: the driver keeps the real
    thing.
    """
    torch.cuda.current_device = lambda: torch.device("cpu")
    for name in ("set_device", "synchronize", "empty_cache", "manual_seed_all"):
        setattr(torch.cuda, name, lambda *_args, **_kwargs: None)


class CpuPolicyWorkerBase(PolicyWorkerBase):
    """One replica of the policy and one sampler with the weights of the last sync."""

    def init_worker_process_group(self) -> None:
        """Join the gloo group and describe a mesh of ``world_size`` data-parallel replicas."""
        use_cpu_device()
        torch.set_num_threads(1)
        if not dist.is_initialized():
            dist.init_process_group(backend="gloo", timeout=PROCESS_GROUP_TIMEOUT)
        self.device_mesh = dist.device_mesh.init_device_mesh(
            "cpu", mesh_shape=(self._world_size, 1), mesh_dim_names=("dp", "sp")
        )
        self.mesh_rank = MeshRank(
            dp=self._rank,
            sp=0,
            tp=0,
            pp=0,
            world_size=self._world_size,
            dp_size=self._world_size,
            pp_size=1,
        )

    def init_model(self, model_path: str, num_training_steps: int | None = None) -> None:
        """Load the checkpoint in float32 and make its optimiser and sampler."""
        strategy = ReplicaStrategy(
            fsdp_config=self.cfg.policy.fsdp_config,
            optimizer_config=self.cfg.policy.optimizer_config,
            model_config=self.cfg.policy.model,
            fsdp_strategy=self.cfg.strategy,
            seed=self.cfg.seed,
            micro_train_batch_size_per_gpu=self.cfg.micro_train_batch_size_per_gpu,
            num_training_steps=num_training_steps,
        )
        strategy.setup_distributed()
        self.strategy = strategy
        wrapped = HFModelWrapper(
            model_path,
            use_flash_attention_2=False,
            bf16=False,
            remove_microbatch_padding=False,
            logprobs_chunk_size=self.cfg.logprobs_chunk_size,
        )
        self.model, self.optimizer, self.scheduler = strategy.prepare((wrapped, None, None))
        self.sampler = copy.deepcopy(self.model.model).eval()

    async def init_weight_sync_state(
        self, inference_engine_client: Any, inference_engine_cfg: Any
    ) -> None:
        """Nothing to connect: trainer and sampler share this process."""

    async def broadcast_to_inference_engines(
        self, inference_engine_client: Any, inference_engine_cfg: Any, model_id: str | None = None
    ) -> None:
        """Copy the trained weights into the sampler."""
        self.sampler.load_state_dict(self.model.model.state_dict())
        dist.barrier()

    def sample(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        max_new_tokens: int,
        temperature: float,
        eos_id: int,
    ) -> list[Sample]:
        """Continuations under the weights of the last sync; see ``sample_batch``."""
        return sample_batch(
            self.sampler,
            prompts,
            seeds,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            eos_id=eos_id,
        )

    def offload_to_cpu(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing to do: it is there already."""

    def backload_to_gpu(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing to do: there is no GPU to load to."""

    def get_cuda_memory(self) -> dict[str, int]:
        """No GPU, no GPU memory."""
        return {"allocated": 0, "reserved": 0, "free": 0, "total": 0}

    def _set_pad_token_id(self, pad_token_id: int) -> None:
        self.model.model.config.pad_token_id = pad_token_id


CpuPolicyWorker = ray.remote(num_gpus=0)(CpuPolicyWorkerBase)
