"""Calls of a model on tensors that lie in the arena.

Place in the flow: `worker` hands it the judge's frames. A "bind" lays views over the arena as
`layout` placed the arguments; "go" calls and says where what came back lies, which the judge reads
while this process stands still. So a lazy or late tensor is bytes, or is wrong, by the time the
judge's clock stops, and a call does nothing but compute.

What it does not do: no comparing; it knows no expected value.
"""

from __future__ import annotations

import mmap
import struct
from typing import Any

from agent_env.kernels import linux
from agent_env.kernels.sanitize import Fences


class Calls:
    """A model and the arguments that it is called with."""

    def __init__(self, model: Any, memory: mmap.mmap, device: str, *, copies: bool) -> None:
        """Takes a built model.

        Args:
            model: Called with the bound arguments.
            memory: The arena.
            device: "cpu" or "cuda".
            copies: Whether outputs must be copied to the arena, for the judge cannot read them
                where they are.
        """
        import torch

        self._torch = torch
        self._bytes = torch.frombuffer(memory, dtype=torch.uint8)
        self._device = device
        self._model = model.cuda() if device == "cuda" else model
        self._tensor_type = torch.Tensor
        self._host: list[Any] = []
        self._arguments: list[Any] = []
        self._host_outputs: list[Any] = []
        self._outputs: list[Any] = []
        self._cold: Any = None
        self._lean = False
        self._copies = copies or device != "cpu"
        self._kept: Any = None
        self._fences = Fences(self._bytes.data_ptr(), self._bytes.numel())
        torch.set_grad_enabled(False)

    def command(self, data: dict[str, Any]) -> None:
        """Does what is not timed: "bind", "put", "take", "poison", "threads" or "lean"."""
        if data["op"] == "bind":
            self._bind(data)
        elif data["op"] == "put":
            self._put()
        elif data["op"] == "take":
            for host, output in zip(self._host_outputs, self._outputs, strict=True):
                host.copy_(output)
        elif data["op"] == "poison":
            linux.set_malloc_poison(data["byte"])
        elif data["op"] == "lean":
            self._lean = True
        elif data["op"] == "threads":
            self._torch.set_num_threads(data["count"])

    def _bind(self, data: dict[str, Any]) -> None:
        self._fences.put([*data["inputs"], *data["outputs"]])
        self._host = [self._view(one) if "dtype" in one else one for one in data["inputs"]]
        self._host_outputs = [self._view(one) for one in data["outputs"]]
        if self._device == "cuda":
            self._outputs = [output.cuda() for output in self._host_outputs]
            self._arguments = [
                one["value"] if isinstance(one, dict) else one.cuda() for one in self._host
            ]
        else:
            self._outputs = self._host_outputs
            self._arguments = [one["value"] if isinstance(one, dict) else one for one in self._host]

    def _view(self, spec: dict[str, Any]) -> Any:
        dtype = getattr(self._torch, spec["dtype"])
        span = self._bytes[spec["offset"] : spec["offset"] + spec["bytes"]].view(dtype)
        return self._torch.as_strided(span, spec["shape"], spec["stride"])

    def _put(self) -> None:
        """Moves the arguments to the GPU and leaves none of them in its L2 cache."""
        if self._cold is None:
            self._cold = self._torch.empty(256 << 20, dtype=self._torch.uint8, device="cuda")
        for host, argument in zip(self._host, self._arguments, strict=True):
            if isinstance(argument, self._tensor_type):
                argument.copy_(host)
        self._cold.zero_()
        self._torch.cuda.synchronize()

    def go(self) -> bytes | str:
        """One call: "done" and where its outputs lie, or what is wrong with their form.

        While it is checked and not timed, each output is copied to the arena at once, so that one
        that is written too late is wrong whoever has a core to spare; 0 stands for its address.

        Once calls are "lean" their form is not looked at: it was right before, the bytes tell the
        judge, and whatever a call does beside computing is time that a changed harness could save.
        An output then stays where it is until the next call, for the judge to read; only one that
        is not contiguous is copied.
        """
        self._kept = None  # the last call's memory is free again
        made = self._model(*self._arguments)
        outputs = made if isinstance(made, (tuple, list)) else (made,)
        self._kept = outputs
        if not self._lean:
            fault = self._fault(outputs)
            if fault:
                return fault
        if self._lean and not self._copies:
            addresses = map(_address, self._outputs, outputs)
            return struct.pack(f"<4s{len(outputs)}Q", b"done", *addresses)
        for place, output in zip(self._outputs, outputs, strict=False):
            place.copy_(output)
        if self._device == "cuda":
            self._torch.cuda.synchronize()
        return b"done" if self._copies else b"done" + bytes(8 * len(outputs))

    def _fault(self, outputs: Any) -> str:
        if len(outputs) != len(self._outputs):
            return f"forward returned {len(outputs)} outputs; {len(self._outputs)} were expected."
        for number, (output, place) in enumerate(zip(outputs, self._outputs, strict=True)):
            if type(output) is not self._tensor_type:
                return (
                    f"Output {number} is a {type(output).__name__}; exactly torch.Tensor was "
                    "expected."
                )
            if output.shape != place.shape:
                return (
                    f"Output {number} has the shape {tuple(output.shape)}; {tuple(place.shape)} "
                    "was expected."
                )
            if output.dtype != place.dtype:
                return f"Output {number} is {output.dtype}; {place.dtype} was expected."
            if output.device.type != self._device:
                return f"Output {number} is on {output.device}; {self._device} was expected."
        return ""


def _address(place: Any, output: Any) -> int:
    """Where an output's plain bytes lie; 0 once they are copied to its place."""
    if output.is_contiguous() and not output.is_neg() and not output.is_conj():
        return int(output.data_ptr())
    place.copy_(output)
    return 0
