"""What a line of an evaluation's file must look like before anything is read from it.

Place in the flow: `ledger.digest` checks what the figures need, `rescore` what scoring again needs
on top: a file that an older version wrote may lack that and still count. A shape is written like
the data: a `dict` of the keys that must be there, `[shape]` for a list, or a function that says
what was expected.

What it does not do: no look at whether the numbers fit each other; keys beside the named ones are
let through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = "Mapping[str, Any] | list[Any] | Callable[[object], str]"
"""A dict or list of shapes, or a function: "" for a value that is right, else what is expected."""

_MOST = 1e12
"""No count, sum or duration of an episode comes near it, and millions of them can be added."""


def check(value: object, shape: Shape, where: str = "it") -> None:
    """Returns if the value has the shape.

    Raises:
        ValueError: It has not; the message names the first place that differs.
    """
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            raise ValueError(f"{where} is {_shown(value)}, not a JSON object")
        if missing := sorted(shape.keys() - value.keys() - _OPTIONAL):
            raise ValueError(f"{where} lacks {', '.join(missing)}")
        for key in shape.keys() & value.keys():
            check(value[key], shape[key], f"{where}.{key}" if where != "it" else key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} is {_shown(value)}, not a list")
        for number, one in enumerate(value):
            check(one, shape[0], f"{where}[{number}]")
    elif expected := shape(value):
        raise ValueError(f"{where} is {_shown(value)}, not {expected}")


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    try:
        shown = ascii(value)
    except ValueError:  # Python writes no number of thousands of digits.
        return "a huge number"
    return shown if len(shown) <= 40 else f"{shown[:40]}..."


def _number(value: object) -> str:
    return "" if _is_within(value, -_MOST) else "a finite number"


def _duration(value: object) -> str:
    return "" if _is_within(value, 0) else "a finite number from 0"


def _is_within(value: object, least: float) -> bool:
    """Whether it is a number from `least` to the most; nan is not, for it is not more than any."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= _MOST
    )


def _count(value: object) -> str:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return "" if right else "a whole number from 0"


def _positive(value: object) -> str:
    return "" if not _count(value) and value else "a whole number from 1"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "a text"


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _object(value: object) -> str:
    return "" if isinstance(value, dict) else "an object"


def _texts(value: object) -> str:
    right = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    return "" if right else "an object of texts"


def _numbers(value: object) -> str:
    right = isinstance(value, dict) and not any(map(_number, value.values()))
    return "" if right else "an object of finite numbers"


def _list(value: object) -> str:
    return "" if isinstance(value, list) else "a list"


def _text_or_null(value: object) -> str:
    return "" if value is None or isinstance(value, str) else "a text or null"


def _object_or_null(value: object) -> str:
    return "" if value is None or isinstance(value, dict) else "an object or null"


def _error(value: object) -> str:
    right = value is None or (
        isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _ERROR_KEYS)
    )
    return "" if right else "null or a failure with kind and message"


_ERROR_KEYS = ("kind", "message")
_OPTIONAL = frozenset(
    {
        "commit",
        "completion_tokens",
        "finish_reason",
        "infra_error",
        "is_rescue",
        "latency_s",
        "prompt_tokens",
        "retried",
    }
)
"""Keys that a record may do without."""

RECORD: Shape = {
    "settings": _object,
    "commit": _text_or_null,
    "task_number": _count,
    "trial": _count,
    "wall_s": _duration,
    "counts": _numbers,
    "requests": [
        {
            "latency_s": _duration,
            "prompt_tokens": _count,
            "completion_tokens": _count,
            "finish_reason": _text,
            "retried": [_text],
            "is_rescue": _flag,
        }
    ],
    "trajectory": {
        "task": {"id": _text},
        "success": _flag,
        "infra_error": _error,
        "turns": [{"calls": _list}],
    },
}
"""What the figures are made of."""

_CALLS: Shape = [{"name": _text, "arguments": _object}]

SCORED: Shape = {
    "settings": {"user": _object_or_null, "max_turns": _positive},
    "trajectory": {
        "domain": {"name": _text, "options": _object},
        "task": {
            "slots": _object,
            "facts": _texts,
            "gold_calls": _CALLS,
            "gold_diff": _object,
            "goals": [{"slots": _object, "wants": _object, "facts": [_text]}],
        },
        "messages": [{"role": _text, "content": _text}],
        "turns": [{"text": _text, "status": _text}],
        "reward": _number,
        "stop_reason": _text_or_null,
        "state_hash": _text,
        "told": [_text],
    },
}
"""What scoring again needs besides."""

SHOWN: Shape = {
    "messages": [{"role": _text, "content": _text}],
    "turns": [{"text": _text, "status": _text}],
    "reward": _number,
}
"""What a trajectory needs to be shown."""
