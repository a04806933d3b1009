"""Reads calls written as Python: `name(key=value, …)`, in a list or on lines of their own.

Nothing is evaluated; the arguments are read by `python_literals.py`. A positional argument, an
expression or a name is no literal, and that call is a fault; the next one is read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .drafts import Draft, Examples, Pairs, Reading, faulty
from .json_calls import MAX_CALLS
from .python_literals import Literals, NotPythonError, skip
from .types import FaultKind

NAME = r"[A-Za-z_][\w.:/-]{0,199}"
_HEAD = re.compile(rf"(?P<name>{NAME})[ \t]*\(")
_RESUME = re.compile(rf"\)\s*[,;\n]\s*(?={NAME}[ \t]*\()")
_MOST_BAD = 8


def read_calls(text: str, pos: int, stop: int) -> tuple[list[Draft], int]:
    """The calls of a list at `pos`, or those on lines of their own, and the offset behind them.

    A call that does not read is a fault in its place, and the next one is read again.

    Args:
        text: The whole turn.
        pos: Where the list or the first call starts.
        stop: No call is looked for from there on once one was bad.

    Raises:
        NotPythonError: the first thing is no call at all.
    """
    listed = text.startswith("[", pos)
    at = skip(text, pos + listed)
    drafts: list[Draft] = []
    bad = 0
    while not (text.startswith("]", at) if listed else drafts and not _HEAD.match(text, at)):
        start = at
        try:
            draft, at = read_call(text, at)
            at = skip(text, at)
            if listed and at >= len(text):
                raise NotPythonError("the list of calls is not closed", at, cut=True)
            if listed and not text.startswith((",", "]"), at):
                raise NotPythonError("expected ',' or ']' behind a call", at, name=draft.name)
        except NotPythonError as error:
            if not error.name and not drafts:
                raise
            bad += 1
            following = None if error.cut else _RESUME.search(text, error.pos, stop)
            end = following.end() if following else max(error.pos, start)
            drafts.append(error.fault(start, end))
            if following is None or bad > _MOST_BAD:
                return drafts, len(text) if error.cut else end
            at = end
            continue
        drafts.append(draft)
        if len(drafts) > MAX_CALLS:
            return drafts, draft.span[1]
        if text.startswith((",", ";"), at):
            at = skip(text, at + 1)
    return drafts, at + 1 if listed else drafts[-1].span[1]


def read_call(text: str, pos: int) -> tuple[Draft, int]:
    """The call that starts at `pos`, and the offset behind it.

    Raises:
        NotPythonError: it is no call with literals.
    """
    head = _HEAD.match(text, pos)
    if head is None:
        cut = re.compile(rf"(?:{NAME})?\s*\Z").match(text, pos) is not None
        raise NotPythonError("expected name(key=value, …)", pos, cut=cut)
    name = head.group("name")
    draft = Draft(name=name, arguments={}, span=(pos, pos))
    reader = Literals(text=text, name=name, repairs=draft.repairs)
    try:
        end = reader.arguments(head.end(), draft.arguments)
    except NotPythonError as error:
        error.name = name
        raise
    draft.span = (pos, end)
    return draft, end


def render_call(name: str, arguments: dict[str, Any]) -> str:
    """The call as Python; keys that are no identifiers stand in a dict behind `**`."""
    plain = {key: value for key, value in arguments.items() if _IDENTIFIER.fullmatch(key)}
    parts = [f"{key}={value!r}" for key, value in plain.items()]
    if len(plain) != len(arguments):
        parts = [f"**{arguments!r}"]
    return f"{name}({', '.join(parts)})"


def render_calls(calls: Pairs) -> list[str]:
    """Each call as Python."""
    return [render_call(name, arguments) for name, arguments in calls]


_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)


def tagged_python(opener: str, closer: str) -> Callable[[str, int, int], Reading | None]:
    """A reader for `opener CALLS closer`; the closer may be missing behind complete calls.

    Args:
        opener: The literal in front, to find the next calls behind broken ones.
        closer: The literal behind.
    """
    limit = re.compile(f"(?P<closed>{re.escape(closer)})|{re.escape(opener)}")

    def read(text: str, start: int, payload: int) -> Reading | None:
        """The calls of one tag, or None when something else stands in it."""
        at = skip(text, payload)
        if not _OPENS.match(text, at):
            return None
        drafts: list[Draft]
        try:
            drafts, end = read_calls(text, at, len(text))
        except NotPythonError as error:
            drafts, end = [error.fault(start, error.pos)], error.pos
        bad = [draft for draft in drafts if draft.fault is not None]
        behind = skip(text, end)
        if text.startswith(closer, behind):
            end = behind + len(closer)
        elif bad:
            found = limit.search(text, bad[-1].span[0])
            end = len(text) if found is None else found.start()
            if found is not None and found.group("closed"):
                end = found.end()
                drafts = [_closed(draft) for draft in drafts]
        if not drafts:
            drafts = [faulty(FaultKind.MALFORMED_CALL, (start, end), "there is no call in it")]
        if len(drafts) == 1:
            drafts[0].span = (start, end)
        return Reading(drafts=drafts, span=(start, max(end, start + 1)))

    return read


def _closed(draft: Draft) -> Draft:
    """The draft; in front of a closer nothing was cut off, it was wrong."""
    if draft.fault is None or draft.fault.kind is not FaultKind.TRUNCATED:
        return draft
    return faulty(FaultKind.BAD_ARGUMENTS, draft.span, draft.fault.message, draft.name)


_OPENS = re.compile(rf"\[\s*(?:\]|{NAME}|\Z)|{NAME}[ \t]*\(|{NAME}\Z|\Z")


def python_examples(render: Callable[[Pairs], str], closer: str) -> Examples:
    """Examples of a format with Python calls.

    Args:
        render: How it writes calls.
        closer: Stands behind calls; one text holds it literally.
    """
    one = render([("get_weather", {"city": "Paris", "days": 3})])
    mail = {"to": ["a@example.com"], "body": f"it's a ) and a ] and {closer} in text"}
    return Examples(
        none="I can look up the weather for you.",
        one=one,
        two=render([("get_weather", {"city": "Paris"}), ("set_alarm", {"time": "07:30"})]),
        reasoning=f"<think>\nThey want the weather.\n</think>\n\n{one}",
        nested=render([("send", {"mail": mail})]),
        truncated=one[: one.index("ris")],
        malformed=one.replace("'Paris'", "os.environ"),
    )
