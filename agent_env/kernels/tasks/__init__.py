"""Our own kernel tasks, one a file; the folder is the registry.

Place in the flow: `load_task("row_softmax_masked")` imports the file of that name and returns its
`TASK`, a problem for the judge.

What it does not do: listing imports no task, and so no torch.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from agent_env.errors import UnknownNameError

if TYPE_CHECKING:
    from agent_env.kernels.task import KernelTask


def list_tasks() -> tuple[str, ...]:
    """The names of the tasks, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def load_task(name: str, device: str = "cpu") -> KernelTask:
    """The task of that name, as it is posed on a device.

    Args:
        name: One of `list_tasks()`.
        device: "cpu" times a small shape, "cuda" the H200's.

    Raises:
        UnknownNameError: No such task or device.
    """
    if name not in list_tasks():
        raise UnknownNameError("kernel task", name, list_tasks())
    if device not in ("cpu", "cuda"):
        raise UnknownNameError("device", device, ("cpu", "cuda"))
    task: KernelTask = importlib.import_module(f"{__name__}.{name}").TASK
    return task.on(device)
