"""SkyRL's FSDP strategy with the sharding left out: whole replicas, gradients averaged over gloo.

Place in the flow: owned by each policy worker. Optimiser, scheduler, clipping and checkpoint files
are inherited from SkyRL; only what needs a GPU is replaced.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

from training.compat import flash_attention_stub

with flash_attention_stub():
    from skyrl.backends.skyrl_train.distributed.fsdp_strategy import FSDPStrategy


class ReplicaStrategy(FSDPStrategy):
    """Data parallelism by replication, for models that fit many times into one process."""

    def setup_distributed(self) -> None:
        """Seed every generator alike; the process group already exists."""
        self.set_seed(self.seed)
        self.world_size = dist.get_world_size()

    def _fsdp_init_model(
        self, model: Any, is_train: bool = True, is_wrapped: bool = False
    ) -> torch.nn.Module:
        """The module as it is: nothing is sharded on the CPU."""
        return model.model if is_wrapped else model

    def optimizer_step(
        self, optimizer: Any, model: Any, scheduler: Any, name: str = "model", **kwargs: Any
    ) -> Any:
        """Average the gradients over the replicas, then SkyRL's own clipping and step.

        FSDP averages during backward; plain replicas would silently drift apart without this.
        """
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        if self.world_size > 1 and gradients:
            flat = torch.cat([grad.reshape(-1) for grad in gradients])
            dist.all_reduce(flat, op=dist.ReduceOp.SUM)
            flat /= self.world_size
            for grad, mean in zip(
                gradients, flat.split([grad.numel() for grad in gradients]), strict=True
            ):
                grad.copy_(mean.view_as(grad))
        return super().optimizer_step(optimizer, model, scheduler, name=name, **kwargs)

    def offload_to_cpu(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing to do: it is there already."""

    def backload_to_gpu(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing to do: there is no GPU to load to."""

    def save_hf_model(
        self, model: Any, output_dir: str, tokenizer: Any = None, **_kwargs: Any
    ) -> None:
        """Write a folder that ``transformers`` loads, from rank 0."""
        if self.is_rank_0():
            self._unwrap_model(model).save_pretrained(output_dir)
            if tokenizer is not None:
                tokenizer.save_pretrained(output_dir)
        dist.barrier()
