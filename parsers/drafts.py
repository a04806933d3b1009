"""What a wire format hands over: drafts of calls, not yet checked against the offered tools.

Formats turn text into drafts; `resolve.py` turns drafts into calls or faults. A format never
judges names or argument types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .types import Fault, FaultKind, Repair, Span

MISSING: Any = object()
"""The arguments of a call that wrote none (which is not the same as null)."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """One call as written.

    Attributes:
        fault: Set when this is no call at all; nothing else but the name and the span counts then.
        untyped: The arguments are text because the format has no types, so typing them is no
            repair.
        beside: Keys that stand next to the arguments. If the tool has parameters of these names,
            the arguments were closed too early and what is inside is only a part of them.
        conflict: What it states twice and differently; such a call is refused, never chosen.
    """

    name: Any
    arguments: Any
    span: Span
    repairs: list[Repair] = field(default_factory=list)
    fault: Fault | None = None
    id: str = ""
    untyped: bool = False
    beside: tuple[str, ...] = ()
    open_end: bool = False
    soft: bool = False
    wrapping: tuple[str, ...] = ()
    conflict: str = ""


@dataclass(slots=True, kw_only=True)
class Reading:
    """Everything one format read at one marker; `span` covers the wrappers too.

    Attributes:
        bare: No marker says that this is a call, so an unknown name may just be data.
        broken: Why a bare document could not be read at all, "cut" or "damaged"; "" otherwise.
        invented: The model answered its own call inside the same document.
        named_only: The shape alone says too little: it counts only if it names an offered tool, or
            with no tools given if it is all there is in the turn and has a mark of its own.
        thought: A stretch of it that is reasoning, in formats that have channels for that.
    """

    drafts: list[Draft]
    span: Span
    bare: bool = False
    broken: str = ""
    invented: Span | None = None
    named_only: bool = False
    thought: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Texts of a format for the tests that walk the registry."""

    none: str
    one: str
    two: str
    reasoning: str
    nested: str
    truncated: str
    malformed: str


Pairs = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    """One way to write calls.

    Attributes:
        name: What `ToolCall.format` says.
        markers: Literal openers, or for bare forms patterns (see `patterns`).
        closers: Literals that may be left over without an opener and are no content.
        rank: Formats that share a marker are tried in this order.
        read: `(text, start, payload)` → what was read, or None when the text at `start` is another
            format's.
        render: Writes calls; `parse` reads them back with no repair.
        examples: Texts for the tests.
        typed: The text itself says what is a number; otherwise only a schema does.
        patterns: Regular expressions for openers without a fixed literal; they must begin with a
            literal character (not a class).
        starts: Regular expressions that open a call only where a turn begins, which is also behind
            its thought or its own header. What stands there may be any text.
        ends_thought: Markers of calls that are real even in a thought that never closes.
    """

    name: str
    read: Callable[[str, int, int], Reading | None]
    render: Callable[[Pairs], str]
    examples: Examples
    markers: tuple[str, ...] = ()
    closers: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    rank: int = 50
    typed: bool = True
    starts: tuple[str, ...] = ()
    ends_thought: tuple[str, ...] = ()


def faulty(kind: FaultKind, span: Span, message: str, name: Any = "") -> Draft:
    """A draft that is no call, only a fault."""
    return Draft(
        name=name,
        arguments=MISSING,
        span=span,
        fault=Fault(kind=kind, span=span, message=message),
    )
