"""Reads a JSON payload between an opener and a closer; shared by every format of that shape.

The payload is read by a string-aware decoder, so a closer inside an argument cuts nothing. A
payload that is no JSON object or array is another format's, or none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .drafts import Draft, Examples, Pairs, Reading, WireFormat, faulty
from .json_calls import MAX_CALLS, Document, read_document
from .lenient_json import skip_space
from .types import FaultKind, Repair

_FENCE = re.compile(r"[\s\u200b\ufeff]*(?P<fence>```[a-z]{0,10}\s*(?=[\[{]))?")
"""Blanks, seen or not, and a code fence that a model puts around the payload."""
_AROUND = "`\u200b\ufeff"
_FENCE_END = re.compile(r"\s*```")


def tagged_json(
    opener: str,
    closer: str,
    primary: str = "arguments",
    starts: str = "{[",
    document: Callable[[str, int, str], Document] = read_document,
) -> Callable[[str, int, int], Reading | None]:
    """A reader for `opener JSON closer`.

    Args:
        opener: The literal in front, to find the next call behind a broken one.
        closer: The literal behind; "" if the format has none.
        primary: The arguments key that the format uses.
        starts: First characters of a payload of this format.
        document: What reads the JSON at an offset.
    """
    reader = document

    def read(text: str, start: int, payload: int) -> Reading | None:
        """The calls of one tag, or None when its payload is no JSON."""
        at = skip_space(text, payload)
        fence = None
        if at < len(text) and text[at] in _AROUND and (fence := _FENCE.match(text, at)):
            at = fence.end()
        if at >= len(text):
            message = f"the turn ends right behind {opener}"
            return Reading(
                drafts=[faulty(FaultKind.TRUNCATED, (start, at), message)], span=(start, at)
            )
        if text[at] not in starts:
            return None
        document = reader(text, at, primary)
        if fence and fence.group("fence") and (end := _FENCE_END.match(text, document.end)):
            document.end = end.end()
        if document.drafts is None:
            message = 'expected {"name": …, "arguments": {…}}'
            document.drafts = [faulty(FaultKind.MALFORMED_CALL, (at, document.end), message)]
        elif closer:
            _read_on(text, document, starts, lambda pos: reader(text, pos, primary))
        return _closed(text, start, document, opener, closer)

    return read


def _read_on(
    text: str, document: Document, starts: str, read_at: Callable[[int], Document]
) -> None:
    """Adds the calls of the documents that stand behind the first one in the same tag."""
    for _ in range(MAX_CALLS):
        at = skip_space(text, document.end)
        if text.startswith((",", ";"), at):
            at = skip_space(text, at + 1)
        if document.damaged or not document.drafts or at >= len(text) or text[at] not in starts:
            return
        following = read_at(at)
        if not following.drafts:
            return
        document.drafts += following.drafts
        document.end, document.damaged, document.cut = (
            following.end,
            following.damaged,
            following.cut,
        )


def tagged_format(
    name: str,
    opener: str,
    closer: str,
    *,
    array: bool = False,
    rank: int = 40,
    keys: tuple[str, str] = ("name", "arguments"),
    aliases: tuple[str, ...] = (),
    joint: str = "\n",
) -> WireFormat:
    """The whole format of calls between two literals, its examples included.

    Args:
        name: The format's name, which is its file's name.
        opener: The literal in front of a call.
        closer: The literal behind it; "" if there is none.
        array: All calls stand in one array in one pair of tags, instead of one pair for each.
        rank: Where it stands among formats with the same marker.
        keys: The keys of a call's name and arguments.
        aliases: Other literals that open a call.
        joint: What stands between two pairs of tags.
    """

    def render(calls: Pairs) -> str:
        """The calls between their tags."""
        entries = [{keys[0]: called, keys[1]: arguments} for called, arguments in calls]
        groups: list[Any] = [entries] if array else list(entries)
        written = (json.dumps(group, ensure_ascii=False) for group in groups)
        return joint.join(f"{opener}{group}{closer}" for group in written)

    mail = {"to": ["a@example.com"], "body": f"a }} and a ] and {closer} in text"}
    return WireFormat(
        name=name,
        markers=(opener, *aliases),
        closers=(closer,) if closer else (),
        rank=rank,
        read=tagged_json(opener, closer, keys[1]),
        render=render,
        examples=examples_of(
            render, '{"city": "Paris", "days": 3}', nested=render([("send", {"mail": mail})])
        ),
    )


def examples_of(render: Callable[[Pairs], str], arguments: str, nested: str = "") -> Examples:
    """The texts that show a format with JSON arguments, made by its own `render`.

    Args:
        render: Writes calls.
        arguments: How the format writes the arguments city "Paris" and days 3.
        nested: A call that holds the format's own marks in an argument; made here if empty.
    """
    weather = ("get_weather", {"city": "Paris", "days": 3})
    mail = {"to": ["a@example.com"], "body": "a } and a ] in text"}
    one = render([weather])
    return Examples(
        none="I can look up the weather for you.",
        one=one,
        two=render([weather, ("set_alarm", {"time": "07:30"})]),
        reasoning=f"<think>\nThey want the weather.\n</think>\n\n{one}",
        nested=nested or render([("send", {"mail": mail})]),
        truncated=one[: one.index("ris")],
        malformed=one.replace(arguments, "{city is Paris}"),
    )


def _closed(text: str, start: int, document: Document, opener: str, closer: str) -> Reading:
    """The reading with its closer, and the repairs that the way to it needed."""
    drafts = document.drafts or []
    behind = skip_space(text, document.end)
    repair: Repair | None = None
    failed = document.damaged and (not drafts or drafts[-1].fault is not None)
    if not closer or text.startswith(closer, behind):
        end = behind + len(closer) if closer else document.end
    else:
        end, repair = _find_end(text, document.end, opener, closer, skip=failed)
    if document.damaged:
        closed = bool(closer) and text.endswith(closer, start, end)
        drafts = _judged(drafts, (start, end), closed=closed, cut=document.cut)
    for draft in drafts:
        if repair is not None:
            draft.repairs.append(repair)
    if len(drafts) == 1:
        drafts[0].span = (start, end)
    return Reading(drafts=drafts, span=(start, end), invented=document.invented)


def _find_end(
    text: str, at: int, opener: str, closer: str, *, skip: bool
) -> tuple[int, Repair | None]:
    """Where a tag without its closer at `at` ends: behind stray text or at the next opener."""
    close = text.find(closer, at)
    following = text.find(opener, at, close if close >= 0 else len(text))
    own = close >= 0 and following < 0
    if own and (skip or len(text[at:close].strip()) <= _STRAY_TEXT):
        message = "dropped text between the call and its closer"
        repair = Repair(kind="trailing_text", span=(at, close), message=message)
        return close + len(closer), repair
    if skip:
        return (following if following >= 0 else len(text)), None
    rest = text[at : at + len(closer) + 8].strip()
    end = len(text) if rest and closer.startswith(rest) else at
    return end, Repair(
        kind="missing_closer", span=(end, end), message=f"read a call without its {closer}"
    )


_STRAY_TEXT = 200
"""Longest text between a call and its closer that is dropped with it, such as a comment."""


def _judged(drafts: list[Draft], span: tuple[int, int], *, closed: bool, cut: bool) -> list[Draft]:
    """The drafts of a damaged payload; behind a closer nothing was cut off, it was wrong."""
    if not drafts:
        kind = FaultKind.TRUNCATED if cut and not closed else FaultKind.MALFORMED_CALL
        why = (
            "the turn ends inside a call"
            if kind is FaultKind.TRUNCATED
            else "this is no readable call"
        )
        return [faulty(kind, span, why)]
    for index, draft in enumerate(drafts):
        if closed and draft.fault is not None and draft.fault.kind is FaultKind.TRUNCATED:
            message = draft.fault.message.replace("the turn ends inside", "cannot read")
            drafts[index] = faulty(FaultKind.BAD_ARGUMENTS, draft.fault.span, message, draft.name)
    return drafts
