"""One text read once by one side, under a clock and a time limit.

`parsers_side_by_side.py` counts what comes out of here; `peer_parsers.py` has the sides that are
not ours. This file does not judge what was read.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peer_parsers import Peer, Read, Tools

from parsers import ParseStatus, parse

LIMIT_S, HANG_S = 2.0, 1.0
"""CPU time after which a row is cut off, and above which it counts as a hang.

Not wall time: on a busy machine that would cut off a different row in each run.
"""
AGAIN_S = 0.05
"""A peer's bare `except:` may swallow the cut, so it is repeated."""


class CutOffError(BaseException):
    """The time limit of a row passed; no `except Exception` of a peer takes it for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that a parser found."""

    name: str
    arguments: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one side made of one row.

    Attributes:
        status: What it took the turn for.
        calls: What it would run.
        by_peer: Whether it comes from a parser that knows no malformed turns.
        lost: It raised or was cut off, and so is wrong.
        raised: How many parsers raised.
        hung: How many took more than `HANG_S`, or were cut off.
        seconds: CPU time.
    """

    status: ParseStatus
    calls: tuple[Any, ...] = ()
    by_peer: bool = False
    lost: bool = False
    raised: int = 0
    hung: int = 0
    seconds: float = 0.0


def ours(row: Mapping[str, Any], tools: Tools | None) -> Reading:
    """What `parsers.parse` makes of a row."""

    def read(text: str) -> Any:
        return parse(text, tools, row.get("reasoning") or "auto")

    turn, seconds, raised, hung = timed(read, row["text"])
    if turn is None:
        return Reading(
            status=ParseStatus.MALFORMED, lost=True, raised=raised, hung=hung, seconds=seconds
        )
    return Reading(status=turn.status, calls=turn.calls, hung=hung, seconds=seconds)


def theirs(peer: Peer, row: Mapping[str, Any], tools: Tools | None) -> dict[str, Reading]:
    """What each parser of a peer makes of a row."""
    readings = {}
    for name, prepare in peer.readers.items():
        try:
            read: Read = prepare(tools or ())
        # Nor is a parser trusted to be built for these tools; that it raised is counted.
        except Exception:
            found, seconds, raised, hung = None, 0.0, 1, 0
        else:
            found, seconds, raised, hung = timed(
                lambda text, read=read: list(read(text)), row["text"]
            )
        calls = tuple(Call(name=called, arguments=decoded(text)) for called, text in found or ())
        readings[name] = Reading(
            status=ParseStatus.CALLS if calls else ParseStatus.MESSAGE,
            calls=calls,
            by_peer=True,
            lost=found is None,
            raised=raised,
            hung=hung,
            seconds=seconds,
        )
    return readings


def decoded(arguments: str) -> Any:
    """The value of arguments, or their text when they are no JSON."""
    try:
        return json.loads(arguments)
    except (ValueError, TypeError, RecursionError):
        return arguments


def in_turn(readings: Mapping[str, Reading]) -> Reading:
    """The readings up to the first with calls, as one; lost only if none of them is an answer."""
    raised, hung, seconds, lost = 0, 0, 0.0, True
    calls: tuple[Any, ...] = ()
    for reading in readings.values():
        raised, hung = raised + reading.raised, hung + reading.hung
        seconds += reading.seconds
        lost = lost and reading.lost
        calls = reading.calls
        if calls:
            break
    status = ParseStatus.CALLS if calls else ParseStatus.MESSAGE
    return Reading(
        status=status,
        calls=calls,
        by_peer=True,
        lost=lost,
        raised=raised,
        hung=hung,
        seconds=seconds,
    )


def timed(read: Any, text: str) -> tuple[Any, float, int, int]:
    """The answer (None without one), its CPU time, and whether it raised and whether it hung."""
    armed, cut_off = True, False

    def cut(*_: object) -> None:
        nonlocal cut_off
        cut_off = True
        if armed:
            raise CutOffError

    before = signal.signal(signal.SIGPROF, cut)
    answer, raised, began = None, 0, time.process_time()
    try:
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S, AGAIN_S)
        answer = read(text)
        armed = False
    except CutOffError:
        answer = None
    # Peers raise whatever they like on what a model wrote; the column counts it.
    except Exception:
        raised = 1
    finally:
        armed = False
        seconds = time.process_time() - began
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return answer, seconds, raised, int(cut_off or seconds > HANG_S)
