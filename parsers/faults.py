"""Words a fault for the model that made it: what was wrong, where, and what would have been right.

The excerpt has a caret under the fault, as compilers print it. Nothing here is a prompt: whoever
talks to the model decides what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .types import Fault, FaultKind, ParsedMessage, ParseStatus

_BEFORE, _AFTER = 30, 50
_MOST = 3
_LOOKED_AT = 64
"""Faults that are compared with each other; far more than a turn of real life has."""
_OF_A_TOOL = re.compile(r"\S+ of ")
_OF_A_WHOLE = (FaultKind.MALFORMED_CALL, FaultKind.TRUNCATED)

RIGHT: dict[FaultKind, str] = {
    FaultKind.UNKNOWN_TOOL: "Call one of the offered tools by its exact name.",
    FaultKind.BAD_ARGUMENTS: 'Write the arguments as one JSON object, e.g. {"key": "value"}.',
    FaultKind.TRUNCATED: "Write the whole call again, to its last bracket.",
    FaultKind.INVENTED_TURN: "End your turn after the call or the message and wait for the answer.",
    FaultKind.INVALID_ARGUMENTS: "Call again with arguments that fit the tool's schema.",
    FaultKind.EMPTY_RESPONSE: "Write a message or call a tool.",
    FaultKind.REPETITION: "Say it once, then stop.",
    FaultKind.UNFINISHED_REASONING: "Close the thought, then write the call or the message.",
    FaultKind.MALFORMED_CALL: 'A call is one JSON object with "name" and "arguments".',
}


def excerpt(text: str, fault: Fault) -> str:
    """One line of the text around the fault and a caret under its beginning."""
    start = min(max(fault.span[0], 0), len(text))
    low, high = max(0, start - _BEFORE), min(len(text), start + _AFTER)
    line = "".join(char if char.isprintable() else " " for char in text[low:high])
    if not line.strip():
        return ""
    width = max(1, min(fault.span[1], high) - start)
    return f"  {line}\n  {' ' * (start - low)}{'^' * width}"


def feedback(message: ParsedMessage) -> str:
    """Up to three faults in words; "" when there is nothing to say."""
    faults = _distinct(message.faults)
    lines: list[str] = []
    for fault in faults[:_MOST]:
        lines.append(f"{_sentence(fault).rstrip('.')}.")
        shown = excerpt(message.text, fault)
        if shown:
            lines.append(shown)
        advice = _advice(message, fault)
        if advice not in lines:
            lines.append(advice)
    if len(faults) > _MOST:
        lines.append(f"({len(faults) - _MOST} more faults.)")
    if faults and message.status is ParseStatus.MALFORMED:
        lines.append("Nothing was run.")
    return "\n".join(lines)


def _sentence(fault: Fault) -> str:
    """What a fault says, with a capital letter unless it begins with the name of an argument."""
    said = fault.message
    named = fault.kind is FaultKind.INVALID_ARGUMENTS or _OF_A_TOOL.match(said)
    return said if named else said[:1].upper() + said[1:]


def _distinct(faults: Sequence[Fault]) -> list[Fault]:
    """The faults without those that say of a whole what another one says of its part."""
    told: list[Fault] = []
    for fault in faults[:_LOOKED_AT]:
        if fault.kind not in _OF_A_WHOLE:
            told.append(fault)
            continue
        alike = [other for other in told if other.kind is fault.kind]
        if any(_inside(other, fault) for other in alike):
            continue
        told = [other for other in told if other not in alike or not _inside(fault, other)]
        told.append(fault)
    return [*told, *faults[_LOOKED_AT:]]


def _inside(inner: Fault, outer: Fault) -> bool:
    return outer.span[0] <= inner.span[0] and inner.span[1] <= outer.span[1]


def _advice(message: ParsedMessage, fault: Fault) -> str:
    """What would have been right, in the format that the model used where that is no JSON."""
    if fault.kind not in (FaultKind.MALFORMED_CALL, FaultKind.BAD_ARGUMENTS):
        return RIGHT[fault.kind]
    from .render import list_formats, render

    layer = next(
        (seen.layer for seen in message.sightings if seen.span[0] <= fault.span[0] < seen.span[1]),
        message.format,
    )
    if layer not in list_formats():
        return RIGHT[fault.kind]
    example = render([("tool", {"key": "value"})], layer)
    as_json = '"name"' in example or (fault.kind is FaultKind.BAD_ARGUMENTS and '"key"' in example)
    return RIGHT[fault.kind] if as_json else f"A call is written like this:\n{example.strip()}"
