"""How long a parse takes: ours, the floor, and the parsers of vLLM and SGLang where installed.

The floor is `json.loads` of the bare payload, which knows where the call is and checks nothing. All
sides read all texts in the same run, in turns, so that a busy machine slows all of them and a busy
second slows no median; what is printed are medians of CPU time and their ratios. Hostile texts show
how time grows from 12.5 KB to 1 MB: an exponent of 1 is linear. What a parser made of a text is
scored in `score_parsers.py`.

    python benchmarks/parse_latency.py
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from parsers import parse

ARGUMENTS = {"order_id": "#W2378156", "reason": "ordered by mistake", "count": 2}
PAYLOAD = json.dumps({"name": "return_items", "arguments": ARGUMENTS})
CALL = f"<tool_call>\n{PAYLOAD}\n</tool_call>"
ENVELOPE = json.dumps(
    {"tool_calls": [{"function": {"name": "return_items", "arguments": json.dumps(ARGUMENTS)}}]}
)
# Each sentence differs from the others: the same one over and over would be a loop.
LONG = "".join(
    f"Item {index * 7919 % 1000} of the order costs {index * 31 % 97} euros, so I look at it. "
    for index in range(200)
)[:10_000]
GATES_US = {"hermes call": 20, "openai call": 25, "10 KB thought + call": 60, "10 KB message": 15}
SAMPLE_S = 0.005
"""Length of one sample, far above what reading the clock takes."""
HOSTILE_MS, EXPONENT = 20, 1.1
SMALL, MIDDLE, LARGE = 12_500, 100_000, 1_000_000

HOSTILE = {
    # What made other parsers exponential or quadratic, as unit that is repeated.
    "open tag": "<tool_call>",
    "open function": "<function=a>",
    "open tag and brace": '<tool_call>{"',
    "open invoke": '<invoke name="a"><parameter name="b">',
    "open argument key": "<tool_call>f\n<arg_key>a</arg_key>",
    "open parameter": "<tool_call>\n<function=a>\n<parameter=b>\n",
    "open pythonic call": "[f(a=0, b=",
    "pythonic calls": "[f(a0=0, a1=1, a2=2, a3=3)] ",
    "misquoted calls": "[f(a='b'c\\') \n",
    "open braces": "{",
    "open brackets": "[",
    "nested objects": '{"a":',
    "unfinished calls": '<tool_call>{"name": "x", "arguments": {',
    "unfinished envelopes": '{"tool_calls": [{"function": {"name": "x", "arguments": {',
    "bare objects": '{"a": 1} ',
    "fence openers": "```json\n",
    "fenced objects": '```json\n{"a": 1}\n```\n',
    "thought openers": "<think>",
    "thought closers": "</think>",
    "end tokens": "<|im_end|>",
    "angle brackets": "<",
    "quotes": '"',
    "backslashes": "\\",
    "digits": "[1111111111",
    "blank lines": "\n\t",
    "complete calls": f"{CALL}\n",
}


def tools(count: int = 16) -> list[dict[str, Any]]:
    """This many tools; the one that is called is the last."""
    properties = {
        "order_id": {"type": "string"},
        "reason": {"type": "string"},
        "count": {"type": "integer"},
    }
    names = [*(f"tool_{index}" for index in range(count - 1)), "return_items"]
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return [
        {"type": "function", "function": {"name": name, "parameters": schema}} for name in names
    ]


def texts() -> dict[str, str]:
    """The turns that are timed."""
    return {
        "hermes call": CALL,
        "openai call": ENVELOPE,
        "10 KB thought + call": f"<think>\n{LONG}\n</think>\n\n{CALL}",
        "10 KB message": LONG,
    }


def floors() -> dict[str, Callable[[], Any]]:
    """What `json.loads` alone does for the calls among those turns."""

    def envelope() -> Any:
        return json.loads(json.loads(ENVELOPE)["tool_calls"][0]["function"]["arguments"])

    def bare() -> Any:
        return json.loads(PAYLOAD)

    return {"hermes call": bare, "openai call": envelope, "10 KB thought + call": bare}


def vllm_side() -> Callable[[str], Any]:
    """The parser for hermes of vLLM.

    Raises:
        ImportError: vLLM is not installed.
    """
    from vllm.tool_parsers.hermes_tool_parser import Hermes2ProToolParser

    class Tokenizer:
        def get_vocab(self) -> dict[str, int]:
            return {"<tool_call>": 1, "</tool_call>": 2}

    parser = Hermes2ProToolParser(Tokenizer())
    return lambda text: parser.extract_tool_calls(text, None)


def sglang_side() -> Callable[[str], Any]:
    """The parser for hermes of SGLang.

    Raises:
        ImportError: SGLang is not installed.
    """
    from sglang.srt.entrypoints.openai.protocol import Function, Tool
    from sglang.srt.function_call.qwen25_detector import Qwen25Detector

    offered = [Tool(type="function", function=Function(**one["function"])) for one in tools()]
    detector = Qwen25Detector()
    return lambda text: detector.detect_and_parse(text, offered)


def others() -> dict[str, Callable[[str], Any]]:
    """The other parsers that are installed; a line is printed for each that is not."""
    found = {}
    for name, make in (("vLLM hermes", vllm_side), ("SGLang qwen25", sglang_side)):
        try:
            found[name] = make()
        except ImportError as error:
            print(f"{name}: not measured, it is not installed ({error})")
    return found


def median_us(sides: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """Median CPU time of each side in microseconds; the sides take turns within a round."""
    loops = []
    for side in sides:
        for _ in range(20):  # the first calls load modules and fill caches
            side()
        start = time.perf_counter()
        side()
        loops.append(max(1, int(SAMPLE_S / max(time.perf_counter() - start, 1e-7))))
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for index, side in enumerate(sides):
            start = time.process_time_ns()
            for _ in range(loops[index]):
                side()
            taken[index].append((time.process_time_ns() - start) / loops[index] / 1000)
    return [statistics.median(times) for times in taken]


def turns(rounds: int) -> list[str]:
    """Prints the table of ordinary turns; returns the gates that were missed."""
    offered, floor = tools(), floors()
    readers = {"ours": lambda text: parse(text, offered), **others()}
    sides: dict[tuple[str, str], Callable[[], Any]] = {}
    for name, text in texts().items():
        for who, read in readers.items():
            sides[name, who] = lambda text=text, read=read: read(text)
        if name in floor:
            sides[name, "json.loads"] = floor[name]
    taken = dict(zip(sides, median_us(list(sides.values()), rounds), strict=True))
    missed = []
    print(f"\n{'turn':24}{'ours':>10}{'gate':>8}{'json.loads':>12}{'ours/floor':>12}")
    for name in texts():
        ours, least = taken[name, "ours"], taken.get((name, "json.loads"))
        base = f"{least:9.1f} us{ours / least:11.1f}x" if least else " " * 24
        print(f"{name:24}{ours:7.1f} us{GATES_US[name]:5} us{base}")
        for peer in list(readers)[1:]:
            other = taken[name, peer]
            print(f"{'  ' + peer:24}{other:7.1f} us{'':20}{other / ours:8.1f}x ours")
        if ours > GATES_US[name]:
            missed.append(f"{name}: {ours:.1f} us, the gate is {GATES_US[name]} us")
    return missed


def seconds(text: str, offered: list[dict[str, Any]]) -> float:
    """The best of some runs: CPU time of one parse of a hostile text."""
    best = math.inf
    for _ in range(2 if len(text) > MIDDLE else 5):
        start = time.process_time_ns()
        parse(text, offered)
        best = min(best, (time.process_time_ns() - start) / 1e9)
    return best


def hostile() -> list[str]:
    """Prints the table of hostile texts; returns the gates that were missed."""
    offered, missed = tools(), []
    print(f"\n{'hostile text':24}{'12.5 KB':>12}{'100 KB':>12}{'1 MB':>12}{'exponent':>10}")
    for name, unit in HOSTILE.items():
        small, middle, large = (
            seconds((unit * (size // len(unit) + 1))[:size], offered) * 1000
            for size in (SMALL, MIDDLE, LARGE)
        )
        # Below a tenth of a millisecond the small text measures the clock.
        grown = math.log(large / max(small, 0.1)) / math.log(LARGE / SMALL)
        print(f"{name:24}{small:9.2f} ms{middle:9.2f} ms{large:9.2f} ms{grown:10.2f}")
        if middle > HOSTILE_MS:
            missed.append(f"{name}: {middle:.1f} ms at 100 KB, the gate is {HOSTILE_MS} ms")
        if grown > EXPONENT:
            missed.append(f"{name}: grows with exponent {grown:.2f}, the gate is {EXPONENT}")
    return missed


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every gate is kept, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--rounds", type=int, default=51, help="rounds of each turn, median taken")
    parser.add_argument("--no-hostile", action="store_true", help="ordinary turns only")
    given = parser.parse_args(argv)
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    missed = turns(max(1, given.rounds))
    missed += [] if given.no_hostile else hostile()
    print()
    print("\n".join(f"over: {line}" for line in missed) or "every gate is kept")
    return 1 if missed else 0


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the module's docstring."""


if __name__ == "__main__":
    sys.exit(main())
