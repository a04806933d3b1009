"""Judges JSON in the open: a call if it can be meant as nothing else, else only text.

No marker says that such a document is a call, so an answer that shows data, a schema or an example
must stay an answer. Reads what `findings.py` holds; changes nothing.
"""

from __future__ import annotations

from .drafts import MISSING, Draft, Reading
from .findings import Findings
from .types import Fault, FaultKind, ToolCall


def only_text(found: Findings, reading: Reading, results: list[ToolCall | Fault]) -> str:
    """Why a document in the open is no attempt at a call; "" if it is one."""
    start, end = reading.span
    alone = found.alone(start)
    if reading.broken:
        named = found.box.tools is not None and _named(found, reading)
        return (
            ""
            if alone or named
            else "no readable JSON, and nothing says that it was meant as a call"
        )
    if not results:
        return "JSON, but no call"
    if reading.named_only and not _named(found, reading):
        return "it names no offered tool"
    if _in_inline_code(found.text, start, end):
        return "a call in inline code is spoken of, not made"
    if found.box.tools is None:
        bare_name = all(d.arguments is MISSING and d.fault is None for d in reading.drafts)
        if bare_name:
            return "a name without arguments"
        return "data with a name" if all(map(_is_data, reading.drafts, results)) else ""
    whole = alone and end >= found.last_visible()
    if any(
        _meant(found, *pair, whole=whole) for pair in zip(reading.drafts, results, strict=False)
    ):
        return ""
    return "JSON, but no call to an offered tool"


def _named(found: Findings, reading: Reading) -> bool:
    """Whether a reading names an offered tool, or with no tools given is all there is and whole."""
    if found.box.tools is None:
        whole = found.alone(reading.span[0]) and reading.span[1] >= found.last_visible()
        return whole and all(draft.fault is None for draft in reading.drafts)
    return any(
        isinstance(draft.name, str) and found.box.find(draft.name)[1] for draft in reading.drafts
    )


def _meant(found: Findings, draft: Draft, result: ToolCall | Fault, *, whole: bool) -> bool:
    """Whether an object in the open can only be meant as a call to one of the tools.

    Args:
        found: What the pass has found so far.
        draft: What was written.
        result: What became of it.
        whole: There is nothing else in the turn.
    """
    written = draft.arguments is not MISSING
    if isinstance(result, ToolCall):
        tool = found.box.find(result.name)[1]
        return written or (tool is not None and not tool.parameters)
    if result.kind is not FaultKind.UNKNOWN_TOOL:
        return written or draft.fault is not None
    if not written or not isinstance(draft.name, str):
        return False
    return whole or found.box.is_misspelling(draft.name)


def _is_data(draft: Draft, result: ToolCall | Fault) -> bool:
    """Whether an object with a name and such a key as "input" holds no arguments at all."""
    aliased = any(repair.kind == "key_alias" for repair in draft.repairs)
    return isinstance(result, Fault) and draft.fault is None and aliased


def _in_inline_code(text: str, start: int, end: int) -> bool:
    """Whether single backticks stand right around a stretch."""
    quoted = text[start - 1 : start] == "`" and text[end : end + 1] == "`"
    return quoted and not text.startswith("``", end)
