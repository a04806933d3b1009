"""What a parse returns: statuses, faults, repairs, calls and the message.

Every other module of the package builds these; nothing here reads model text. All of it is frozen
data, so a result can be kept, compared and shared between threads. Model faults are data with
offsets into the original text; this module raises only for programmer faults (`if status:`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessage

Span = tuple[int, int]


class ParseStatus(Enum):
    """What the caller has to do with a turn."""

    CALLS = "calls"
    """At least one call can be run."""
    MESSAGE = "message"
    """Nothing to run; `content` is for a person."""
    MALFORMED = "malformed"
    """Neither: answer the model with `feedback()`, never a person."""

    def __bool__(self) -> NoReturn:
        """Never returns: a status has three values, so its truth would be a guess.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "a ParseStatus has no truth value; compare it, e.g. status is ParseStatus.CALLS"
        )


class FaultKind(Enum):
    """What was wrong with a turn or with one call of it."""

    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    TRUNCATED = "truncated"
    INVENTED_TURN = "invented_turn"
    INVALID_ARGUMENTS = "invalid_arguments"
    EMPTY_RESPONSE = "empty_response"
    REPETITION = "repetition"
    UNFINISHED_REASONING = "unfinished_reasoning"
    MALFORMED_CALL = "malformed_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, where, and a sentence the model can act on."""

    kind: FaultKind
    span: Span
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One deterministic correction that was made to read a call; `kind` names the rule."""

    kind: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call to an offered tool, ready to run unless `faults` holds `invalid_arguments`."""

    name: str
    arguments: dict[str, Any]
    span: Span
    format: str
    repairs: tuple[Repair, ...] = ()
    faults: tuple[Fault, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One thing that a piece of text settled.

    Attributes:
        kind: "name" when a call to an offered tool has begun, "arguments" for the next part of its
            arguments as written, "call" when it is complete, "withdrawn" when it turned out to be
            none.
        index: Which call, counted over all that were begun; the same for all events of one call.
        name: The tool.
        text: The part, for "arguments"; repairs and coercions are only in the complete call.
        call: The complete call, for "call" and for the withdrawal of one.
    """

    kind: str
    index: int
    name: str
    text: str = ""
    call: ToolCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTrace:
    """What one layer saw in a turn and why it lost, for people who debug a lost call."""

    layer: str
    seen: int
    calls: int
    won: bool
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place where a layer claimed text: how many calls it gave, and why it gave no more."""

    layer: str
    span: Span
    calls: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """A whole assistant turn, read.

    `faults` holds every fault of the turn in text order, those of its calls included. `sightings`
    is the raw material of `trace`, which is only spelled out when somebody looks.
    """

    status: ParseStatus
    calls: tuple[ToolCall, ...]
    content: str
    reasoning: str
    faults: tuple[Fault, ...]
    format: str
    text: str
    sightings: tuple[Sighting, ...] = ()

    @property
    def trace(self) -> tuple[LayerTrace, ...]:
        """One entry for every layer, in the order in which they are tried."""
        from .trace import spell_out

        return spell_out(self)

    def feedback(self) -> str:
        """One short text for the model: what was wrong, where, what would be right; or ""."""
        from .faults import feedback

        return feedback(self)

    def to_openai(self) -> ChatCompletionMessage:
        """The same turn as the openai library's message type.

        Raises:
            ImportError: the optional `openai` package is not installed.
        """
        from .render import to_openai

        return to_openai(self)
