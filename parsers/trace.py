"""Says what each layer saw and why it lost: as data in `ParsedMessage.trace`, as a log on request.

With DEBUG_PARSER=1 in the environment every parse writes to the logger "parsers" on stderr. The
variable is read at the first parse, not at import, and a log that is off costs one comparison.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from .types import LayerTrace, ParsedMessage, ParseStatus

if TYPE_CHECKING:
    from logging import Logger

_state: list[bool] = []


@cache
def logger() -> Logger:
    """The logger "parsers"; `logging` is only imported for those who want the log."""
    import logging

    return logging.getLogger("parsers")


def enabled() -> bool:
    """Whether DEBUG_PARSER asks for the log; looked up once, and then the log has a place to go."""
    if not _state:
        on = os.environ.get("DEBUG_PARSER", "0") not in ("", "0", "false", "no")
        if on and not logger().handlers:  # who already listens decides where the log goes
            import logging

            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
            logger().addHandler(handler)
            logger().setLevel(logging.DEBUG)
            logger().propagate = False
        _state.append(on)
    return _state[0]


def spell_out(message: ParsedMessage) -> tuple[LayerTrace, ...]:
    """One entry for every layer: the formats in the order of trial, then the plain message."""
    from .formats import load_all

    layers = [_of_format(message, one.name) for one in load_all()]
    won = message.status is ParseStatus.MESSAGE
    kinds = ", ".join(sorted({fault.kind.value for fault in message.faults}))
    reason = (
        "" if won else "there are calls" if message.calls else f"nothing to show a person: {kinds}"
    )
    layers.append(
        LayerTrace(
            layer="message", seen=1, calls=0, won=won, confidence=1.0 if won else 0.0, reason=reason
        )
    )
    return tuple(layers)


def _of_format(message: ParsedMessage, layer: str) -> LayerTrace:
    sightings = [sighting for sighting in message.sightings if sighting.layer == layer]
    calls = [call for call in message.calls if call.format == layer]
    if not sightings:
        reason = "its markers do not occur outside of thoughts and other calls"
        return LayerTrace(layer=layer, seen=0, calls=0, won=False, confidence=0.0, reason=reason)
    reasons = "; ".join(dict.fromkeys(sighting.reason for sighting in sightings if sighting.reason))
    repairs = sum(len(call.repairs) + len(call.faults) for call in calls)
    confidence = len(calls) / len(sightings) / (1 + repairs / 4) if calls else 0.0
    return LayerTrace(
        layer=layer,
        seen=len(sightings),
        calls=len(calls),
        won=bool(calls),
        confidence=round(min(1.0, confidence), 3),
        reason=reasons,
    )


def log(message: ParsedMessage) -> None:
    """Writes one block: what won, every layer that saw something, and every fault."""
    debug = logger().debug
    size = len(message.text)
    debug(
        "%s by %s, %d calls, %d characters",
        message.status.value,
        message.format,
        len(message.calls),
        size,
    )
    layers = spell_out(message)
    for layer in layers:
        if layer.seen:
            state = "won" if layer.won else "lost"
            count = f"saw {layer.seen}, calls {layer.calls}"
            debug("  %s %s: %s. %s", layer.layer, state, count, layer.reason)
    # The reason is the same for all of these: one line each would bury the others.
    unseen = ", ".join(layer.layer for layer in layers if not layer.seen)
    debug("  lost, because their markers do not occur outside of thoughts and calls: %s", unseen)
    for call in message.calls:
        fixes = ", ".join(repair.kind for repair in call.repairs) or "none"
        debug("  call %s at %s, repairs: %s", call.name, call.span, fixes)
    for fault in message.faults:
        debug("  fault %s at %s: %s", fault.kind.value, fault.span, ascii(fault.message))
