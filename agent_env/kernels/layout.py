"""Where each argument and output of a call lies in the arena.

Place in the flow: `check` and `timing` make a `Layout` of a case's arguments, write its image into
the arena before each call and compare it afterwards; the worker gets `spec()` and lays views.

What it does not do: no judging of outputs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

PAD_BYTES = 256
"""Canary bytes between any two arguments; a multiple of a cache line keeps them aligned."""
_ALIGNMENT = 64


class Layout:
    """A call's arguments with random pads around them, as bytes, and room for its outputs.

    Attributes:
        image: What the arena's front must hold before and after the call; uint8.
        output_start: Where the outputs begin.
        size_bytes: The whole.
    """

    def __init__(self, inputs: Sequence[Tensor | int | float], outputs: Sequence[Tensor]) -> None:
        """Places everything.

        Args:
            inputs: Arguments of `forward`, on the CPU.
            outputs: Tensors of the shapes and types that must come back.
        """
        import torch

        self._inputs: list[dict[str, Any]] = []
        end = PAD_BYTES
        for given in inputs:
            if not isinstance(given, torch.Tensor):
                self._inputs.append({"value": given})
                continue
            span, stride = _span(given)
            self._inputs.append(_place(given, end, span.numel(), stride))
            end = _aligned(end + span.numel()) + PAD_BYTES
        pattern = torch.frombuffer(bytearray(os.urandom(PAD_BYTES)), dtype=torch.uint8)
        self.image = pattern.repeat(-(-end // PAD_BYTES))[:end]
        self.image = self.image_of(inputs)
        self.output_start = end
        self._outputs = []
        for expected in outputs:
            size = expected.numel() * expected.element_size()
            self._outputs.append(_place(expected, end, size, _dense(expected.shape)))
            end = _aligned(end + size) + PAD_BYTES
        self.size_bytes = end

    def image_of(
        self, inputs: Sequence[Tensor | int | float], image: Tensor | None = None
    ) -> Tensor:
        """The image with other values in the same places; shapes and types must be the same.

        Args:
            inputs: The values.
            image: An earlier image that is no longer needed and is written over.
        """
        image = self.image.clone() if image is None else image
        for given, place in zip(inputs, self._inputs, strict=True):
            if "offset" in place:
                span, _ = _span(given)
                image[place["offset"] : place["offset"] + place["bytes"]] = span
        return image

    def spec(self) -> dict[str, Any]:
        """What the worker binds its views by."""
        return {"op": "bind", "inputs": self._inputs, "outputs": self._outputs}

    def write(self, arena: Tensor, image: Tensor) -> None:
        """Puts pads and arguments into the arena and poison where the outputs will be."""
        arena[: self.output_start] = image
        arena[self.output_start : self.size_bytes] = 0xFE  # floats of -1.7e38, negative integers

    def outputs(self, arena: Tensor) -> tuple[Tensor, ...]:
        """Copies of the outputs that lie in the arena."""
        import torch

        found = []
        for place in self._outputs:
            span = arena[place["offset"] : place["offset"] + place["bytes"]].clone()
            found.append(span.view(getattr(torch, place["dtype"])).view(place["shape"]))
        return tuple(found)

    def damage(self, arena: Tensor, image: Tensor) -> tuple[str, str] | None:
        """The hack's name and a sentence if pads or arguments are not as they were, else None."""
        import torch

        front = arena[: self.output_start]
        if torch.equal(front, image):
            return None
        changed = (front != image).nonzero()[:, 0]
        for number, place in enumerate(self._inputs):
            if "offset" not in place:
                continue
            inside = (changed >= place["offset"]) & (changed < place["offset"] + place["bytes"])
            if bool(inside.any()):
                count = int(inside.sum())
                return "input_mutation", f"forward changed its input {number} ({count} bytes)."
        return (
            "out_of_bounds",
            f"forward wrote outside of its tensors: {len(changed)} bytes between its inputs "
            "changed.",
        )


def _place(tensor: Tensor, offset: int, size: int, stride: Sequence[int]) -> dict[str, Any]:
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "stride": list(stride),
        "offset": offset,
        "bytes": size,
    }


def _span(tensor: Tensor) -> tuple[Tensor, Sequence[int]]:
    """The bytes from a tensor's first to its last element, and its strides over them."""
    import torch

    tensor = tensor.detach()
    if tensor.is_contiguous() or tensor.numel() == 0:
        return tensor.contiguous().view(-1).view(torch.uint8), _dense(tensor.shape)
    count = 1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    flat = torch.as_strided(tensor, (count,), (1,)).clone()
    return flat.view(torch.uint8), tensor.stride()


def _dense(shape: Sequence[int]) -> list[int]:
    stride = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        stride[axis] = stride[axis + 1] * max(1, shape[axis + 1])
    return stride


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
