"""MiniMax M3: nested elements, every tag behind the token `]<]minimax[>[`.

Grammar, ~ for that token: `~<tool_call>`, for each call `~<invoke name="NAME">`, an element named
by its key for each argument, `~</invoke>`, then `~</tool_call>`. Objects and arrays are nested
elements as in `nested_tags.py`; a key may be any name, `tool_call` too. The wrapper may be missing.
Source: the minimax_m3 parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..drafts import Draft, Pairs, Reading, WireFormat, faulty
from ..field_formats import field_examples
from ..json_calls import MAX_CALLS
from ..nested_tags import NotTagsError, read_elements, render_element, tag_pattern
from ..types import FaultKind

_PREFIX = "]<]minimax[>["
_OPEN, _CLOSE = f"{_PREFIX}<tool_call>", f"{_PREFIX}</tool_call>"
_CALL, _CALL_END = f'{_PREFIX}<invoke name="', f"{_PREFIX}</invoke>"
_BLANK = re.compile(r"(?:\s|<[be]os>)*")
_HEAD = re.compile(rf'{re.escape(_CALL)}(?P<name>[^"\n]{{1,200}})">')
_TAG = tag_pattern(_PREFIX)
_STOP = re.compile(f"(?P<closed>{re.escape(_CALL_END)})|{re.escape(_CALL)}|{re.escape(_OPEN)}")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one wrapper, or one bare call."""
    wrapped = text.startswith(_OPEN, start)
    at = _skip(text, payload) if wrapped else start
    drafts: list[Draft] = []
    end = at
    while text.startswith(_CALL, at) and len(drafts) <= MAX_CALLS:
        drafts.append(_call(text, at))
        end = drafts[-1].span[1]
        at = _skip(text, end)
        if not wrapped or drafts[-1].fault is not None:
            break
    if not drafts:
        return None if at < len(text) else _cut(start, at)
    if wrapped and text.startswith(_CLOSE, at):
        end = at + len(_CLOSE)
    if len(drafts) == 1:
        drafts[0].span = (start, end)
    return Reading(drafts=drafts, span=(start, end))


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _cut(start: int, end: int) -> Reading:
    draft = faulty(FaultKind.TRUNCATED, (start, end), f"the turn ends right behind {_OPEN}")
    return Reading(drafts=[draft], span=(start, end))


def _call(text: str, at: int) -> Draft:
    """The call at `at`, or a fault up to where it ends."""
    head = _HEAD.match(text, at)
    name = head["name"] if head else ""
    try:
        if head is None:
            raise NotTagsError("the name of the function is not closed", at + 1)
        root, end = read_elements(text, head.end(), _TAG, "invoke")
    except NotTagsError as error:
        stop = _STOP.search(text, max(error.pos, at + 1))
        end = len(text) if stop is None else stop.end() if stop["closed"] else stop.start()
        kind = FaultKind.TRUNCATED if stop is None else FaultKind.BAD_ARGUMENTS
        why = f"cannot read the arguments of {name}: {error.reason}" if name else error.reason
        return faulty(kind, (at, end), why, name)
    arguments = root.members()
    return Draft(name=name, arguments=arguments, span=(at, end), soft=True, untyped=True)


def render(calls: Pairs) -> str:
    """All calls in one wrapper."""
    lines = [f"{_OPEN}\n"]
    for name, arguments in calls:
        fields = "".join(render_element(key, value, _PREFIX) for key, value in arguments.items())
        lines.append(f'{_CALL}{name}">{fields}{_CALL_END}\n')
    return "".join([*lines, _CLOSE])


_EXAMPLES = field_examples(render, "</body>")
FORMAT = WireFormat(
    name="minimax_m3",
    markers=(_OPEN, _CALL),
    closers=(_CLOSE, _CALL_END),
    rank=40,
    typed=False,
    read=read,
    render=render,
    examples=replace(_EXAMPLES, malformed=_EXAMPLES.one.replace("</city>", "</town>")),
)
