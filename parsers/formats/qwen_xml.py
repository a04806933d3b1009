"""Qwen3-Coder XML: `<function=NAME><parameter=KEY>VALUE</parameter></function>` in `<tool_call>`.

Grammar: one function in each tag, usually a line for each element; the outer tag is often missing.
A value is text: exactly one line break on each side is framing and nothing is unescaped; the tool's
schema gives it a type. A value ends at the closer in front of the next parameter or of the end of
the function, so it may hold a literal `</parameter>`; a missing closer is a repair if the next
parameter follows. Emitted by Qwen3-Coder, Qwen 3.5, Nemotron 3 and Step 3.5.
Source: tokenizer files of Qwen/Qwen3-Coder-480B-A35B-Instruct, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import Draft, Examples, Pairs, Reading, WireFormat, faulty
from ..types import FaultKind, Repair

_OUTER_OPEN, _OUTER_CLOSE = "<tool_call>", "</tool_call>"
_OPEN, _CLOSE = "<function=", "</function>"
_KEY, _KEY_END = "<parameter=", "</parameter>"
_HEAD = re.compile(r"\s*<function=([^<>\n]{1,200})>")
_BEHIND_VALUE = re.compile(
    r"</parameter>\s*(?=<parameter=|</function>|</tool_call>|\Z)|\n<parameter="
)
_PARAMETER = re.compile(r"\s*<parameter=([^<>\n]{1,200})>")
_CLOSERS = re.compile(r"\s*(?:</function>\s*(?:</tool_call>)?|</tool_call>)")
_BLANK = re.compile(r"\s*")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call of one tag, or None when no function stands in it."""
    outer = text.startswith(_OUTER_OPEN, start)
    at = payload if outer else start
    head = _HEAD.match(text, at)
    if head is None:
        opened = _BLANK.match(text, at)
        if opened is None or not text.startswith(_OPEN, opened.end()):
            return None
        return _given_up(text, start, opened.end(), "the function's name is not closed by '>'")
    return _body(text, start, head.group(1).strip(), head.end())


def _body(text: str, start: int, name: str, at: int) -> Reading:
    arguments: dict[str, str] = {}
    repairs: list[Repair] = []
    while key := _PARAMETER.match(text, at):
        behind = _BEHIND_VALUE.search(text, key.end())
        if behind is None:
            return _given_up(text, start, key.end(), f"a parameter of {name} is not closed", name)
        if key.group(1) in arguments:
            return _given_up(text, start, key.end(), f"a parameter of {name} is given twice", name)
        value_end, at = behind.start(), behind.end()
        if not behind.group().startswith("<"):
            message = f"read {key.group(1)} up to the next parameter, without its closer"
            repairs.append(Repair(kind="missing_closer", span=behind.span(), message=message))
            at = behind.start()
        arguments[key.group(1)] = _unframed(text[key.end() : value_end])
    return _closed(
        text, start, at, Draft(name=name, arguments=arguments, span=(start, at), repairs=repairs)
    )


def _closed(text: str, start: int, at: int, draft: Draft) -> Reading:
    """The call with its closers; without any of them at the end of the turn it was cut off."""
    closers = _CLOSERS.match(text, at)
    if closers is None:
        return _given_up(text, start, at, f"the call of {draft.name} is not closed", draft.name)
    draft.span = (start, closers.end())
    draft.untyped = True
    return Reading(drafts=[draft], span=draft.span)


def _given_up(text: str, start: int, at: int, why: str, name: str = "") -> Reading:
    """A fault up to the closer of the tag; at the end of the text the call was cut off."""
    close = text.find(_OUTER_CLOSE, at)
    following = text.find(_OUTER_OPEN, at, close if close >= 0 else len(text))
    end = close + len(_OUTER_CLOSE) if close >= 0 and following < 0 else max(following, -1)
    kind = FaultKind.MALFORMED_CALL if end >= 0 else FaultKind.TRUNCATED
    end = end if end >= 0 else len(text)
    return Reading(drafts=[faulty(kind, (start, end), why, name)], span=(start, end))


def _unframed(value: str) -> str:
    """The value without the one line break on each side that the format adds."""
    if value.startswith("\n"):
        value = value[1:]
    return value[:-1] if value.endswith("\n") else value


def render(calls: Pairs) -> str:
    """One tag for each call; texts as they are, everything else as JSON.

    The format has no types: other values read back as their JSON text unless a schema types them.
    """
    blocks = []
    for name, arguments in calls:
        lines = [_OUTER_OPEN, f"{_OPEN}{name}>"]
        for key, value in arguments.items():
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            lines.append(f"{_KEY}{key}>\n{shown}\n{_KEY_END}")
        blocks.append("\n".join([*lines, _CLOSE, _OUTER_CLOSE]))
    return "\n".join(blocks)


_ONE = render([("get_weather", {"city": "Paris", "days": 3})])
FORMAT = WireFormat(
    name="qwen_xml",
    markers=(_OUTER_OPEN, _OPEN),
    closers=(_OUTER_CLOSE, _CLOSE),
    rank=30,
    typed=False,
    read=read,
    render=render,
    examples=Examples(
        none="I can look up the weather for you.",
        one=_ONE,
        two=_ONE + "\n" + render([("set_alarm", {"time": "07:30"})]),
        reasoning="<think>\nThey want the weather.\n</think>\n\n" + _ONE,
        nested=render(
            [("send", {"mail": {"to": ["a@example.com"], "body": "a </parameter> in text"}})]
        ),
        truncated=_ONE[: _ONE.index("ris")],
        malformed="<tool_call>\n<function=get_weather\n<parameter=city>P</parameter>\n</tool_call>",
    ),
)
