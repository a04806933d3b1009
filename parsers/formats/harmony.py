"""Harmony (gpt-oss): `<|channel|>commentary to=functions.NAME …json<|message|>{…}<|call|>`.

Headers and parts are those of `channels.py`: the recipient stands behind the channel or in the role
header in front of it, `<|constrain|>` is optional, and `<|start|>assistant` often lies in the
prompt. The analysis channel is thinking. A call's body is one JSON object. Where a server dropped
the special tokens, the names of the channels are left as words: `analysis…assistantcommentary
to=functions.NAME json{…}`. That is read at the beginning of a turn, if it names an offered tool.
Source: OpenAI's harmony response format guide, cookbook.openai.com, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..channels import MARKERS, STARTS, close_part, read_header, read_other
from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat
from ..json_calls import MAX_CALLS
from ..lenient_json import skip_space
from ..outside import read_arguments
from ..tagged import examples_of

_NEXT = re.compile(r"<\|start\|>|<\|channel\|>")
_CLOSED = re.compile(r"<\|(?:call|end|return)\|>|(?=<\|start\|>|<\|channel\|>)|\Z")


_BARE = re.compile(
    r"\s*(?:assistant)?(?:commentary|analysis) to=functions\.(?P<name>[\w.-]{1,200}?) ?"
    r"(?:json|code)?\s*(?=\{)"
)
_BARE_PART = "assistantcommentary to=functions."
_BARE_STARTS = (r"\s*(?:assistant)?(?:analysis|commentary to=functions\.)",)
_BARE_CLOSED = re.compile(r"\s*(?=assistant|<\||\Z)")


def _without_tokens(text: str, start: int) -> Reading | None:
    """The calls of a turn whose special tokens were dropped, with the thought in front of them."""
    word = text.find("analysis", start, start + 32)
    header = _BARE.match(text, start)
    first = start
    if header is None and word >= 0:
        first = text.find(_BARE_PART, word)
        header = _BARE.match(text, first) if first >= 0 else None
    drafts: list[Draft] = []
    end = start
    while header is not None and len(drafts) <= MAX_CALLS:
        span = (header.start(), header.end())
        draft = Draft(name=header["name"], arguments=MISSING, span=span)
        end = read_arguments(text, draft, header.end(), _BARE, _BARE_CLOSED)
        draft.span = (span[0], end)
        drafts.append(draft)
        header = _BARE.match(text, end)
    if not drafts:
        return None
    thought = (word + len("analysis"), first) if first > start else None
    return Reading(drafts=drafts, span=(start, end), bare=True, named_only=True, thought=thought)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The part whose header stands at `start`, or None when its body is another format's."""
    header = read_header(text, start)
    if header is None:
        return None if text.startswith("<|", start) else _without_tokens(text, start)
    if not header.calls:
        return read_other(text, start, header)
    at = skip_space(text, header.end)
    if text.startswith("<", at) and not _CLOSED.match(text, at):
        return None
    draft = Draft(name=header.recipient, arguments=MISSING, span=(start, header.end))
    end = read_arguments(text, draft, header.end, _NEXT, _CLOSED)
    return close_part(text, draft, start, end)


def render(calls: Pairs) -> str:
    """One part for each call."""
    return "<|start|>assistant".join(
        f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>"
        f"{json.dumps(arguments, ensure_ascii=False)}<|call|>"
        for name, arguments in calls
    )


FORMAT = WireFormat(
    name="harmony",
    markers=MARKERS,
    starts=(*STARTS, *_BARE_STARTS),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
