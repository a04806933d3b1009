"""Judges JSON in the open: a call if it can be meant as nothing else, else only text.

No marker says that such a document is a call, so an answer that shows data, a schema or an example
must stay an answer. A call in quotation marks is spoken of whatever its form, bare JSON also inside
a sentence; between two sentences, at the end of one and on lines of its own it is a call. Reads
what `findings.py` holds; changes nothing.
"""

from __future__ import annotations

import re

from .drafts import MISSING, Draft, Reading
from .findings import Findings
from .lexer import Role
from .types import Fault, FaultKind, ToolCall

_QUOTED = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_QUOTED |= {"\u201e": "\u201c", "\u300c": "\u300d"}
"""Quotation marks and what closes them; backticks are counted."""
_NEAR = 32
"""Characters behind a call that say what it stands in; `preview.py` waits for more than these."""
_LINE = 200
"""Characters of the same line in front of it."""
_MARKUP = re.compile(r"<[^<>\s]{1,40}>|[*_~]")
_CITED = re.compile(r"[ \t]*>[>\s]*\Z")
_INSIDE_BRACKET = re.compile(r"[\[({][^\[\](){}]*\w[^\[\](){}]*\Z")
_NEXT_DOCUMENT = re.compile(r"[ \t]*[;,]?[ \t]*[{\[]")
_SENTENCE_ENDS = tuple(".:!?\u2026\u3002\uff1a\uff01\uff1f")
_SPOKEN = "a call inside a sentence is spoken of, not made"


def spoken_of(found: Findings, reading: Reading) -> str:
    """Why a call of any form is only quoted; "" if it is not.

    One that is all there is in the turn is meant, if a marker says that it is a call.
    """
    start = reading.span[0]
    if not start or reading.thought is not None:
        return ""
    behind = _closing_quote(found.text, start, _inner_end(reading))
    if not behind:
        return ""
    before = found.text[max(0, start - _NEAR) : start].rstrip(" \t\"'`\u201c\u2018\u00ab")
    if not reading.bare and not before.strip() and found.alone(start - 1):
        rest = max(behind, reading.span[1])
        if rest >= found.last_visible():
            return ""
    return "a call in quotation marks is spoken of, not made"


def repeats(found: Findings, reading: Reading, results: list[ToolCall | Fault]) -> str:
    """Why calls that came before in this turn do not count again; "" if they do.

    They stand in the open in front of a lone closer, or a fence right in front of a marker showed
    them as what the marker would make.
    """
    text, (start, end) = found.text, reading.span
    made = [(one.name, one.arguments) for one in results if isinstance(one, ToolCall)]
    known = [(call.name, call.arguments) for call in found.calls]
    if len(made) < len(results):
        return ""
    if reading.bare:
        mark = found.lexer.search.match(text, found.skip(end))
        lone = mark is not None and found.lexer.roles.get(mark.group()) is Role.LEFTOVER
        again = lone and all(call in known for call in made)
        return "the turn repeats a call in front of a closer that has no opener" if again else ""
    fenced = text.endswith("```", 0, found.mark) and not text[found.mark : start].strip()
    if not fenced or not made or found.sightings[-1].calls != len(made):
        return ""
    again = known[-len(made) :] == made
    return (
        "the turn makes a call that a fence right in front showed; it counts once" if again else ""
    )


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
    whole = alone and end >= found.last_visible()
    if reading.invented is not None and not whole:
        return "it reports what a call gave"
    if _in_a_sentence(found, reading):
        return _SPOKEN
    if found.box.tools is None:
        bare_name = all(d.arguments is MISSING and d.fault is None for d in reading.drafts)
        if bare_name:
            return "a name without arguments"
        return "data with a name" if all(map(_is_data, reading.drafts, results)) else ""
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


def _inner_end(reading: Reading) -> int:
    """Offset behind the call itself, without closers that were dropped behind it."""
    end = reading.span[1]
    for draft in reading.drafts[-1:]:
        for repair in draft.repairs:
            if repair.kind == "stray_closer" and repair.span[1] == end:
                return repair.span[0]
    return end


def may_be_quoted(text: str, start: int) -> bool:
    """Whether a mark in front of a call may open a quotation."""
    before = text[max(0, start - _NEAR) : start].rstrip(" \t")
    return before[-1:] == "`" or before[-1:] in _QUOTED


def _closing_quote(text: str, start: int, end: int) -> int:
    """Offset behind the mark that closes the quotation right around a stretch; 0 without one."""
    before = text[max(0, start - _NEAR) : start].rstrip(" \t")
    at = end + len(text[end : end + _NEAR]) - len(text[end : end + _NEAR].lstrip(" \t"))
    if before.endswith("`"):
        fenced = before.endswith("```") or text.startswith("```", at)
        return 0 if fenced or not text.startswith("`", at) else at + 1
    closer = _QUOTED.get(before[-1:])
    return at + 1 if closer is not None and text.startswith(closer, at) else 0


def _in_a_sentence(found: Findings, reading: Reading) -> bool:
    """Whether words of the same line around a document make it a part of what they say."""
    text, start, end = found.text, reading.span[0], _inner_end(reading)
    line = text.rfind("\n", max(0, start - _LINE), start) + 1 or max(0, start - _LINE)
    low = max(line, found.mark)
    if low == line and start > line and _CITED.fullmatch(text, line, start):
        return True
    before = _MARKUP.sub("", text[low:start]).rstrip()
    after = text[end : end + _NEAR].partition("\n")[0]
    if _INSIDE_BRACKET.search(before) and after.lstrip()[:1] in tuple("])},"):
        return True
    for last in found.sightings[-1:]:  # what is listed behind it is spoken of as well
        if last.reason == _SPOKEN and not text[last.span[1] : start].strip(" \t;,"):
            return True
    if not any(char.isalnum() for char in before):
        return False
    listed = _NEXT_DOCUMENT.match(after) is not None
    after = _MARKUP.sub("", after).strip()
    if not before.endswith(_SENTENCE_ENDS):
        return bool(after)
    return not listed and (after[:1].islower() or after.startswith(","))
