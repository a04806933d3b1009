"""Finds calls in JSON documents: `{"tool_calls": …}`, `{"name", "arguments"}`, arrays of either.

Shared by every format whose payload is JSON. A document that does not decode goes to `salvage.py`.
Names and arguments are taken as written; nothing is checked against tools here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .drafts import MISSING, Draft, faulty
from .lenient_json import NotJsonError, decode, decode_exactly, skip_space
from .salvage import salvage
from .twice import Ambiguous, said_twice, same
from .types import FaultKind, Repair, Span

MAX_CALLS = 128
"""Calls that one turn may hold. Precedent: the OpenAI API takes 128 tools; real turns hold < 20."""

_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_STATED = frozenset((*_NAMES, *_ARGUMENTS))
_KNOWN = frozenset(
    (*_NAMES, *_ARGUMENTS, "id", "type", "index", "function", "tool_call_id", "call_id")
)
_ARRAY_HEAD = re.compile(r'(?:\{\s*"tool_calls"\s*:\s*)?\[')
_AFTER_WRECK = re.compile(r"\n(?=\n|\{\s*\"tool_calls\")")
# A lone round bracket or quote may belong to the prose around, unless the line ends there.
_STRAY_CLOSERS = re.compile(r"[ \t]*(?:[\]}][\]})\"']*|[\"')][\]})\"']*(?=[ \t]*(?:\n|<|\Z)))")


@dataclass(slots=True, kw_only=True)
class Document:
    """One JSON document of a turn.

    Attributes:
        drafts: The calls it states; None when it is readable JSON that states none.
        end: Offset behind it.
        envelope: It is a `tool_calls` object, which is never plain data.
        damaged: It did not decode and was salvaged.
        cut: The text ended inside it.
        call_like: It has the shape of a call even without a marker around it.
        invented: Where the model answered its own call inside the document.
        unread: It was given up at `end`; what follows there still belongs to it.
    """

    drafts: list[Draft] | None
    end: int
    envelope: bool = False
    damaged: bool = False
    cut: bool = False
    call_like: bool = False
    invented: Span | None = None
    unread: bool = False


def end_of_wreck(text: str, document: Document) -> int:
    """Where a document without a closing tag ends that was given up: with its paragraph."""
    if not document.unread:
        return document.end
    return len(text) if document.cut else wreck_end(text, document.end)


def wreck_end(text: str, pos: int) -> int:
    """Where garbage that began before `pos` ends; nothing in it may be taken for a call."""
    following = _AFTER_WRECK.search(text, pos)
    return following.start() if following else len(text)


def read_document(text: str, pos: int, primary: str = "arguments") -> Document:
    """The document that starts at `pos`, with its calls.

    Args:
        text: The whole turn.
        pos: Where the document starts.
        primary: The arguments key that the format uses; another one is a `key_alias` repair.
    """
    try:
        value = decode(text, pos, ambiguous=True)
    except NotJsonError as error:
        return _damaged(text, pos, error)
    document = _readable(text, pos, value.value, value.end, primary)
    for draft in document.drafts or ():
        draft.repairs.extend(value.repairs)
        if value.ambiguous and not draft.conflict:
            draft.conflict = _twice(draft.arguments)
    if document.drafts is not None:
        _take_stray_closers(text, document)
    return document


def _take_stray_closers(text: str, document: Document) -> None:
    """Counts brackets that stand right behind a complete document to it."""
    stray = _STRAY_CLOSERS.match(text, document.end)
    if stray is None or not document.drafts:
        return
    span = (document.end, stray.end())
    document.end = stray.end()
    message = f"dropped {text[span[0] : span[1]].strip()[:12]!r} behind a complete call"
    document.drafts[-1].repairs.append(Repair(kind="stray_closer", span=span, message=message))


def _damaged(text: str, pos: int, error: NotJsonError) -> Document:
    rest = salvage(text, pos)
    envelope = text.find('"tool_calls"', pos, pos + 64) >= 0
    if not rest.drafts:
        cut = error.cut or rest.cut
        end = max(error.pos, rest.end, pos + 1)
        return Document(drafts=[], end=end, damaged=True, cut=cut, unread=envelope)
    return Document(
        drafts=rest.drafts,
        end=rest.end,
        envelope=envelope,
        damaged=True,
        cut=rest.cut,
        call_like=rest.arguments_seen,
        invented=rest.invented,
        unread=rest.failed,
    )


def _readable(text: str, pos: int, value: Any, end: int, primary: str) -> Document:
    if isinstance(value, dict) and "tool_calls" in value:
        entries = value["tool_calls"]
        entries = entries if isinstance(entries, list) else [] if entries is None else [entries]
        said = value.get("content")
        if not entries and isinstance(said, str) and said.strip():
            return Document(drafts=None, end=end)  # a message object that calls nothing
        invented = (pos, end) if "tool_response" in value else None
        drafts = _drafts(text, pos, end, entries, primary)
        return Document(drafts=drafts, end=end, envelope=True, call_like=True, invented=invented)
    if isinstance(value, list):
        if not value or not any(isinstance(entry, dict) for entry in value):
            return Document(drafts=None, end=end)
        call_like = all(_shaped_like_call(entry) for entry in value)
        return Document(
            drafts=_drafts(text, pos, end, value, primary), end=end, call_like=call_like
        )
    if type(value) is dict and len(value) == 2 and "name" in value and primary in value:
        # What models write nearly always needs none of the questions below.
        usual = Draft(name=value["name"], arguments=value[primary], span=(pos, end))
        return Document(drafts=[usual], end=end, call_like=_is_usual_call(value, primary))
    draft = entry_draft(value, (pos, end), primary)
    if draft is None:
        return Document(drafts=None, end=end)
    return Document(drafts=[draft], end=end, call_like=_shaped_like_call(value))


def _drafts(text: str, pos: int, end: int, entries: list[Any], primary: str) -> list[Draft]:
    spans = _entry_spans(text, pos, len(entries)) or [(pos, end)] * len(entries)
    drafts: list[Draft] = []
    for entry, span in zip(entries[: MAX_CALLS + 1], spans, strict=False):
        draft = _usual_entry(entry, span, primary) or entry_draft(entry, span, primary)
        if draft is None:
            message = 'expected {"name": …, "arguments": {…}} for each call'
            draft = faulty(FaultKind.MALFORMED_CALL, span, message)
        drafts.append(draft)
    return drafts


def _entry_spans(text: str, pos: int, count: int) -> list[Span]:
    """Where each entry of an array stands; empty if there is one entry or it cannot be told."""
    head = _ARRAY_HEAD.match(text, pos)
    if head is None or not 1 < count <= MAX_CALLS:
        return []
    spans: list[Span] = []
    at = skip_space(text, head.end())
    try:
        for _ in range(count):
            stop = decode_exactly(text, at)[1]
            spans.append((at, stop))
            at = skip_space(text, skip_space(text, stop) + 1)
    except NotJsonError:
        return []
    return spans


_AROUND = frozenset(("function", "id", "type", "index"))
"""Keys of an envelope's entry that say nothing of the call but its id."""


def _usual_entry(entry: Any, span: Span, primary: str) -> Draft | None:
    """The call of an entry that states nothing twice and nothing beside it, as nearly all do."""
    inner = entry.get("function") if type(entry) is dict else None
    if not isinstance(inner, dict) or type(inner) is not dict or len(inner) != 2:
        return None
    if "name" not in inner or primary not in inner or not entry.keys() <= _AROUND:
        return None
    given = entry.get("id")
    given = given if isinstance(given, str) else ""
    return Draft(name=inner["name"], arguments=inner[primary], span=span, id=given)


def entry_draft(entry: Any, span: Span, primary: str = "arguments") -> Draft | None:
    """The call that one decoded value states, or None if it states none."""
    if not isinstance(entry, dict):
        return None
    inner = entry.get("function")
    holder = inner if isinstance(inner, dict) else entry
    names = [key for key in _NAMES if key in holder]
    if not names and isinstance(inner, str):
        names = ["function"]
    if not names:
        return None
    key = next((key for key in _ARGUMENTS if key in holder), "")
    source = holder
    if not key and holder is inner:
        key, source = next((key for key in _ARGUMENTS if key in entry), ""), entry
    draft = Draft(name=holder[names[0]], arguments=source[key] if key else MISSING, span=span)
    if names[0] == "function":
        draft.repairs.append(
            Repair(kind="key_alias", span=span, message='read "function" as "name"')
        )
    if key and key != primary:
        message = f'read "{key}" as "{primary}"'
        draft.repairs.append(Repair(kind="key_alias", span=span, message=message))
    given = entry.get("id")
    draft.id = given if isinstance(given, str) else ""
    if len(holder) + len(entry) > 2:
        if key:
            draft.beside = tuple(name for name in (*holder, *entry) if name not in _KNOWN)
        stated = len(holder.keys() & _STATED) + len(entry.keys() & _STATED) * (holder is inner)
        plain = type(entry) is dict and type(holder) is dict and not isinstance(inner, str)
        if not plain or stated != 1 + bool(key):  # nearly never, so the long look is worth it
            draft.conflict = _conflict(entry, holder)
    return draft


def _conflict(entry: dict[str, Any], holder: dict[str, Any]) -> str:
    """What an entry states twice and differently about its call; "" if nothing."""
    parts = (entry,) if holder is entry else (entry, holder)
    for part in parts:
        twice = part.twice if isinstance(part, Ambiguous) else ()
        for key in twice:
            if key in (*_NAMES, *_ARGUMENTS, "function"):
                return said_twice(key)
    inner = entry.get("function")
    names = [part[key] for part in parts for key in _NAMES if part.get(key) is not None]
    names.extend([inner] if isinstance(inner, str) else [])
    if not _agree(names):
        return f"it has two names, {str(names[0])[:40]!r} and {str(names[-1])[:40]!r}"
    if not _agree([part[key] for part in parts for key in _ARGUMENTS if part.get(key) is not None]):
        return "different arguments stand beside each other"
    return ""


def _agree(values: list[Any]) -> bool:
    return all(same(values[0], value) for value in values[1:])


def _twice(value: Any) -> str:
    """The sentence about the first key in a value that has two values; "" if there is none."""
    if isinstance(value, Ambiguous):
        return said_twice(value.twice[0])
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(_twice, inside)), "")


def _is_usual_call(entry: dict[str, Any], primary: str) -> bool:
    parameters = entry[primary] if primary == "parameters" else None
    return not (isinstance(parameters, dict) and _is_schema(parameters, described=False))


def _shaped_like_call(entry: Any) -> bool:
    """Whether a value without any marker has the shape of a call (and not of a tool's schema)."""
    if not isinstance(entry, dict):
        return False
    inner = entry.get("function")
    holder = inner if isinstance(inner, dict) else entry
    if not any(key in holder for key in _NAMES):
        return isinstance(inner, str) and any(key in holder for key in _ARGUMENTS)
    schema = holder.get("parameters")
    if isinstance(schema, dict) and _is_schema(schema, described="description" in holder):
        return False
    return holder is inner or len(holder) == 1 or any(key in holder for key in _ARGUMENTS)


def _is_schema(parameters: dict[str, Any], *, described: bool) -> bool:
    """Whether these parameters describe arguments instead of giving them."""
    if described:
        return "properties" in parameters or "type" in parameters
    return parameters.get("type") == "object" and isinstance(parameters.get("properties"), dict)
