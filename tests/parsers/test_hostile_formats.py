"""Each format's own marks, repeated without end: the time grows with the length only."""

from __future__ import annotations

import time
from typing import Any

import pytest

from parsers import parse
from parsers.formats import load_all

UNITS = sorted(
    {mark for one in load_all() for mark in (*one.markers, *one.closers)}
    | {one.examples.truncated for one in load_all()}
    | {one.examples.malformed for one in load_all()}
    | {
        "<|channel|>analysis<|message|>",
        "<|channel|>analysis<|message|>a<|end|>",
        "<|end|><|start|>assistant",
        "<|start|>assistant to=x",
        ">>>a\n",
        "Action: a\nAction Input: ",
        "Action: a\n",
        "functools[{",
        "to=a",
        "analysis",
        "a\n{",
    }
)


def seconds(text: str, tools: Any) -> float:
    start = time.process_time()
    parse(text, tools)
    parse(text, tools, "open")
    return time.process_time() - start


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: ascii(unit)[:40])
def test_time_grows_with_length_only(unit: str, tools: Any) -> None:
    small, large = ((unit * (size // len(unit) + 1))[:size] for size in (40_000, 160_000))
    # A quadratic step would cost sixteen times as much; the floor keeps timer noise out.
    assert min(seconds(large, tools) for _ in range(2)) < 8 * max(seconds(small, tools), 0.012)
