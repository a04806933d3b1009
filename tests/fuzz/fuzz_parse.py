"""Mutates the formats' own examples and checks what must hold for every text.

No exception, spans inside the text, a status that fits what was found, arguments that are JSON, and
the same result for any way of cutting the text into pieces, each within half a second of CPU time;
now and then a text is repeated to a hundred times its length, and time must grow with length only.

    python tests/fuzz/fuzz_parse.py --runs 2000000

Bare random text seldom holds a marker, so nothing is made from nothing: see `mutated`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from parsers import ParsedMessage, ParseStatus, StreamParser, parse
from parsers.drafts import Examples
from parsers.formats import load_all
from parsers.lexer import lexer

LIMIT_S = 0.5
"""CPU time that the reading of one text may take, whole and in pieces together."""
LONGEST = 4000
"""Characters of a mutated text; what happens to long ones is asked apart."""
EVERY = 5000
"""Texts between two that are asked whether time grows with length only."""
TOOLS = [
    {
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": properties, "required": required},
        }
    }
    for name, properties, required in (
        ("get_weather", {"city": {"type": "string"}, "days": {"type": "integer"}}, ["city"]),
        ("set_alarm", {"time": {"type": "string"}}, ["time"]),
        ("send", {"mail": {"type": "object"}}, ["mail"]),
        ("f", {}, []),
    )
]
TOOL_LISTS = (None, [], TOOLS, TOOLS[:1])
MODES = ("auto", "auto", "auto", "open", "off")
NOISE = (
    *"{}[]()<>\"'`,:;=|\\/ \n\t\r\x00a0-._#",
    "\\\"", "\\u", "\\ud800", "\ud800", "\u2028", "é", "漢", "😀", "```", "```json\n", "null",
    "True", "NaN", "1e999", "9" * 400, '{"name": ', '"arguments": ', '"}]}', "\nUser:", "f(a=1)",
    "<![CDATA[", "</", "<|", "|>", "\n\n", " " * 40, "a" * 300,
)  # fmt: skip


class BrokenPromiseError(AssertionError):
    """A text for which something does not hold that must hold for every text."""


def seeds() -> list[str]:
    """The texts that are mutated: every example of every format."""
    return [getattr(one.examples, part.name) for one in load_all() for part in fields(Examples)]


def mutated(texts: Sequence[str], dice: random.Random) -> str:
    """One text, changed in one to six places, often with parts of other texts and with marks."""
    marks = tuple(lexer().roles)
    text = dice.choice(texts)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, len(text))
        to = min(len(text), at + int(dice.expovariate(0.15)))
        kind = dice.randrange(8)
        if kind == 0:
            text = text[:at] + text[to:]
        elif kind == 1:
            text = text[:at] + dice.choice(NOISE) + text[to:]
        elif kind == 2:
            text = text[:at] + dice.choice(marks) + text[at:]
        elif kind == 3:
            other = dice.choice(texts)
            cut = dice.randint(0, len(other))
            text = text[:at] + (other[cut:] if dice.random() < 0.5 else other[:cut]) + text[to:]
        elif kind == 4:
            text = text[:at] + text[at:to] * dice.randint(2, 12) + text[to:]
        elif kind == 5:
            text = text[:at]
        elif kind == 6:
            text = f"{text}{dice.choice(NOISE)}{dice.choice(texts)}"
        elif text:
            spot = min(at, len(text) - 1)
            text = text[:spot] + chr(ord(text[spot]) ^ (1 << dice.randrange(5))) + text[spot + 1 :]
    return text[:LONGEST]


def check(text: str, dice: random.Random) -> ParsedMessage:
    """What `parse` says of a text, once all that must hold of it does.

    Raises:
        BrokenPromiseError: something does not hold.
    """
    tools, mode = dice.choice(TOOL_LISTS), dice.choice(MODES)
    start = time.process_time()
    turn = parse(text, tools, mode)
    check_turn(turn, text)
    cuts = sorted(dice.randint(0, len(text)) for _ in range(dice.randint(0, 6)))
    stream = StreamParser(tools, mode)
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        for event in stream.feed(text[begin:end]):
            if event.kind not in ("name", "arguments", "call", "withdrawn"):
                raise BrokenPromiseError(f"an event of kind {event.kind!r}")
    if stream.close() != turn:
        raise BrokenPromiseError(f"cut at {cuts} it reads otherwise, mode {mode}")
    taken = time.process_time() - start
    if taken > LIMIT_S:
        raise BrokenPromiseError(f"took {taken:.2f} s of CPU time, mode {mode}")
    return turn


def check_turn(turn: ParsedMessage, text: str) -> None:
    """Returns if a turn agrees with itself and with its text.

    Raises:
        BrokenPromiseError: it does not.
    """
    repairs = [repair for call in turn.calls for repair in call.repairs]
    for part in (*turn.calls, *turn.faults, *repairs):
        if not 0 <= part.span[0] <= part.span[1] <= len(text):
            raise BrokenPromiseError(f"the span {part.span} is outside of the text")
    if (turn.status is ParseStatus.CALLS) != bool(turn.calls):
        raise BrokenPromiseError(f"{turn.status} with {len(turn.calls)} calls")
    if turn.status is ParseStatus.MALFORMED and not turn.faults:
        raise BrokenPromiseError("malformed for no reason")
    if bool(turn.feedback()) != bool(turn.faults) or not turn.trace:
        raise BrokenPromiseError("feedback or trace do not fit the faults")
    for call in turn.calls:
        json.dumps(call.arguments, allow_nan=False)


def check_growth(text: str) -> None:
    """Returns if the time for a text that is repeated grows with the length only.

    Raises:
        BrokenPromiseError: it grows faster.
    """
    if not text:
        return
    taken = []
    for size in (50_000, 200_000):
        long = text * (size // len(text) + 1)
        best = 9.0
        for _ in range(2):
            start = time.process_time()
            parse(long, TOOLS)
            best = min(best, time.process_time() - start)
        taken.append(best)
    # A quadratic step would cost sixteen times as much; the floor keeps timer noise out.
    if taken[1] > 8 * max(taken[0], 0.012):
        raise BrokenPromiseError(f"{taken[0]:.3f} s for 50 KB but {taken[1]:.3f} s for 200 KB")


def fuzz(runs: int, seed: int) -> dict[str, int]:
    """How often each status came up in so many runs.

    Raises:
        BrokenPromiseError: a text broke a promise; the message has the text.
    """
    texts = seeds()
    counts = {status.value: 0 for status in ParseStatus}
    for run in range(runs):
        dice = random.Random(f"{seed}:{run}")
        text = mutated(texts, dice)
        try:
            counts[check(text, dice).status.value] += 1
            if run % EVERY == EVERY - 1:
                check_growth(text)
        except Exception as error:  # whatever it is, the text that did it is what is needed
            raise BrokenPromiseError(f"seed {seed}, run {run}: {error!r}\n{text!a}") from error
    return counts


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every text kept every promise, else 1."""
    parser = argparse.ArgumentParser(description="Fuzzes parsers.parse by mutated examples.")
    parser.add_argument("--runs", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    start = time.process_time()
    try:
        counts = fuzz(given.runs, given.seed)
    except BrokenPromiseError as error:
        print(error)
        return 1
    taken = time.process_time() - start
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    print(f"{given.runs} texts in {taken:.0f} s of CPU time, every promise kept: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
