"""Plain Python values as JSON text and back, between a caged function and its judge.

Place in the flow: `functions` writes arguments with `to_text` and reads results with `from_text`;
`function_worker` does the reverse inside the cage. What JSON has not is tagged:

    [1, 2]  -> {"l": [1, 2]}     (1, 2) -> {"t": [1, 2]}    {1, 2} -> {"s": [1, 2]}
    {1: 2}  -> {"d": [[1, 2]]}   2.5    -> {"f": "2.5"}     b"a"   -> {"b": "61"}

Only the built-in kinds are values: an object of a class of the candidate's own is none, so that it
cannot claim to be equal to anything.

What it does not do: `from_text` builds no object but these kinds, whatever the text.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Plain: TypeAlias = Any
"""None, bool, int, float, str, bytes, and list, tuple, set, frozenset and dict of plain values."""

_GROUPS = {"l": list, "t": tuple, "s": set}


class NotPlainError(ValueError):
    """A value or a text that is none of the plain kinds."""


def to_text(value: Plain) -> str:
    """The value as JSON text.

    Raises:
        NotPlainError: It holds something that is not plain, itself perhaps.
    """
    try:
        return json.dumps(_tagged(value), ensure_ascii=True)
    except RecursionError:
        raise NotPlainError("the value is nested too deeply") from None


def from_text(text: str | bytes) -> Plain:
    """The value in a text; equal to the one that was written, its containers of the base kinds.

    Raises:
        NotPlainError: Nothing that `to_text` writes.
    """
    try:
        return _plain(json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise NotPlainError(f"the text is no plain value: {type(error).__name__}") from None


def _tagged(value: Plain) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"f": repr(float(value))}
    if isinstance(value, bytes | bytearray):
        return {"b": bytes(value).hex()}
    if isinstance(value, dict):
        return {"d": [[_tagged(key), _tagged(one)] for key, one in value.items()]}
    for tag, kinds in (("l", list), ("t", tuple), ("s", set | frozenset)):
        if isinstance(value, kinds):
            return {tag: [_tagged(one) for one in value]}
    raise NotPlainError(f"a value of type {type(value).__name__[:80]} cannot be compared")


def _plain(data: Any) -> Plain:
    if not isinstance(data, dict):
        if isinstance(data, list | float):
            raise TypeError("untagged")
        return data
    ((tag, held),) = data.items()
    if tag == "f":
        return float(held)
    if tag == "b":
        return bytes.fromhex(held)
    if tag == "d":
        return {_plain(key): _plain(one) for key, one in held}
    return _GROUPS[tag](_plain(one) for one in held)
