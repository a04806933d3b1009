"""`parse`: one turn of model text in, one `ParsedMessage` out, whatever the text.

    text → fast path for prose → one pass (scan.py) → repetition → content and reasoning → status
No model is named and none is needed. Tools and settings are the caller's and wrong ones raise; the
text is the model's and never does. It prints nothing: `DEBUG_PARSER=1` turns on the log of
`trace.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from . import trace
from .degeneration import LEAST_COVERED, find_loop
from .reasoning import MODES
from .spans import without
from .turns import ROLE_AT_START
from .types import Fault, FaultKind, ParsedMessage, ParseStatus, Span, ToolCall

if TYPE_CHECKING:
    from .lexer import Lexer
    from .scan import Scan
    from .tools import Toolbox

_LONGEST_LONE_FENCE = 2000
_FRAMING = re.compile(r"(?:[\s{}\[\](),;]|```\w*)*")
"""What calls were put between, and nobody reads."""


def parse(
    text: str, tools: Sequence[Mapping[str, Any]] | None = None, reasoning: str = "auto"
) -> ParsedMessage:
    """What an assistant turn says: calls to run, a message for a person, or what was wrong with it.

    Args:
        text: What the model wrote, special tokens kept or skipped.
        tools: OpenAI function schemas; None takes every well-formed call whatever its name.
        reasoning: "auto" finds thoughts from the text, "open" says that the prompt ended inside
            one, "off" takes thought markers for plain text.

    Raises:
        TypeError: the text is no str, or the tools are no list of schemas.
        ValueError: a tool's schema is wrong, or there is no such reasoning mode.
    """
    if not isinstance(text, str):
        raise TypeError(f"parse needs the model's text as str, got {type(text).__name__}")
    check_mode(reasoning)
    new_scan, table, toolbox = _machinery()
    box = toolbox(tools)
    message = _prose(text, table) if reasoning != "open" else None
    if message is None:
        message = _read(new_scan(text=text, box=box, lexer=table), reasoning)
    if trace.enabled():
        trace.log(message)
    return message


def check_mode(reasoning: str) -> None:
    """Returns if there is such a reasoning mode.

    Raises:
        ValueError: there is none.
    """
    if reasoning not in MODES:
        raise ValueError(f"reasoning must be one of {', '.join(MODES)}, got {reasoning!r}")


@cache
def _machinery() -> tuple[type[Scan], Lexer, Callable[..., Toolbox]]:
    """What the first parse needs and an import does not; loading it takes longer than the rest."""
    from .lexer import lexer
    from .scan import Scan
    from .tools import toolbox

    return Scan, lexer(), toolbox


def _prose(text: str, table: Lexer) -> ParsedMessage | None:
    """The result for a text that can hold nothing but prose; None sends it to the full pass."""
    if not table.silent(text):
        return None
    if "`" in text or not text or text.isspace() or find_loop(text, len(text)) is not None:
        return None
    if table.role_line.search(text) or ROLE_AT_START.match(text.lstrip()):
        return None
    return ParsedMessage(
        status=ParseStatus.MESSAGE,
        calls=(),
        content=text,
        reasoning="",
        faults=(),
        format="message",
        text=text,
    )


def _read(scan: Scan, mode: str) -> ParsedMessage:
    text = scan.text
    scan.run(mode)
    stop = _cut_at_loop(scan) if scan.stop == len(text) else scan.stop
    content = without(text, scan.removed, stop)
    thought = _joined(text, scan.thoughts) if scan.thoughts else ""
    calls = tuple(scan.calls)
    faults = list(scan.faults)
    for call in calls:
        faults.extend(call.faults)
    if calls and _FRAMING.fullmatch(content):
        content = ""
    status = _status(scan, calls, content, faults)
    if status is ParseStatus.MALFORMED and not faults:
        what = "only thoughts" if thought else "nothing"
        message = f"the turn holds {what}: neither a call nor a message"
        faults.append(Fault(kind=FaultKind.EMPTY_RESPONSE, span=(0, len(text)), message=message))
    return ParsedMessage(
        status=status,
        calls=calls,
        content=content,
        reasoning=thought,
        faults=tuple(sorted(faults, key=_start)) if faults else (),
        format=_format(status, calls, scan),
        text=text,
        sightings=tuple(scan.sightings),
    )


def _start(fault: Fault) -> Span:
    return fault.span


def _joined(text: str, thoughts: list[Span]) -> str:
    """What the model thought: its thoughts without the blanks around them, one below the other."""
    return "\n".join(filter(None, (text[start:end].strip() for start, end in thoughts)))


def _cut_at_loop(scan: Scan) -> int:
    """Where the content ends: at a loop, if the text ends in one; drops the calls behind it."""
    if len(scan.text) < LEAST_COVERED:
        return len(scan.text)
    loop = find_loop(scan.text, scan.last_visible())
    if loop is None:
        return len(scan.text)
    cut = loop.start + loop.period
    # A loop may begin in the end of what stands in front; then its first copy ends behind the cut.
    scan.calls = [call for call in scan.calls if call.span[0] < cut]
    scan.faults = [fault for fault in scan.faults if fault.span[0] < cut]
    message = f"the turn ends in a loop: {loop.period} characters repeated {loop.repeats} times"
    scan.faults.append(
        Fault(kind=FaultKind.REPETITION, span=(loop.start, loop.end), message=message)
    )
    return cut


def _status(
    scan: Scan, calls: tuple[ToolCall, ...], content: str, faults: list[Fault]
) -> ParseStatus:
    if calls:
        return ParseStatus.CALLS
    if any(fault.kind is not FaultKind.INVENTED_TURN for fault in faults):
        return ParseStatus.MALFORMED
    if not content.strip() or _is_lone_fence(content):
        return ParseStatus.MALFORMED
    return ParseStatus.MESSAGE


def _is_lone_fence(content: str) -> bool:
    """Whether there is nothing but code fences with nothing in them."""
    if "```" not in content or len(content) > _LONGEST_LONE_FENCE:
        return False
    lines = (line.strip() for line in content.splitlines())
    return all(
        not line or (line.startswith("```") and " " not in line and len(line) < 20)
        for line in lines
    )


def _format(status: ParseStatus, calls: tuple[ToolCall, ...], scan: Scan) -> str:
    """The layer that won; of a malformed turn the one that came nearest."""
    if calls:
        return calls[0].format
    if status is ParseStatus.MESSAGE:
        return "message"
    return scan.sightings[0].layer if scan.sightings else "none"
