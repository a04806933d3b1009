"""Words a fault for the model that made it: what was wrong, where, and what would have been right.

The excerpt has a caret under the fault, as compilers print it. Nothing here is a prompt: whoever
talks to the model decides what stands around it.
"""

from __future__ import annotations

from .types import Fault, FaultKind, ParsedMessage, ParseStatus

_BEFORE, _AFTER = 30, 50
_MOST = 3

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
    if not message.faults:
        return ""
    lines: list[str] = []
    for fault in message.faults[:_MOST]:
        said = fault.message
        if fault.kind is not FaultKind.INVALID_ARGUMENTS:  # that one begins with an argument's name
            said = said[:1].upper() + said[1:]
        lines.append(f"{said.rstrip('.')}.")
        shown = excerpt(message.text, fault)
        if shown:
            lines.append(shown)
        lines.append(RIGHT[fault.kind])
    if len(message.faults) > _MOST:
        lines.append(f"({len(message.faults) - _MOST} more faults.)")
    if message.status is ParseStatus.MALFORMED:
        lines.append("Nothing was run.")
    return "\n".join(lines)
