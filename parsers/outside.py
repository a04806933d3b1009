"""Reads the JSON arguments of a call whose name stands outside of them.

Shared by every format of the shape `opener NAME separator {…} closer`, alone or many in a section.
The arguments are read by a string-aware decoder, so no closer inside of them cuts anything, and
nothing is ever guessed into them: what does not decode is a fault up to the call's own closer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .drafts import MISSING, Draft, Reading, faulty
from .json_calls import MAX_CALLS
from .lenient_json import NotJsonError, decode, skip_space
from .types import FaultKind, Repair

_FENCE = re.compile(r"```[a-z]{0,10}[ \t]*\n?")
_FENCE_END = re.compile(r"\s*```")
_STRAY = re.compile(r"[\s\]})\"']*")
_STRAY_TEXT = 200
"""Longest text between calls, or between arguments and their closer, that is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a format writes one call and the section around several.

    Attributes:
        header: From behind the opener to the arguments; group "name", and group "id" if there is
            one.
        opener: What opens each call.
        closer: What closes each call; never matches an opener.
        section_end: What closes the section.
    """

    header: re.Pattern[str]
    opener: re.Pattern[str]
    closer: re.Pattern[str]
    section_end: re.Pattern[str]


def read_arguments(
    text: str, draft: Draft, at: int, opener: re.Pattern[str], closer: re.Pattern[str]
) -> int:
    """Fills in the arguments that begin at `at`; returns the offset behind the call's closer.

    Args:
        text: The whole turn.
        draft: The call; gets its arguments, or a fault.
        at: Behind the name and its separator.
        opener: Opens the next call, which no fault may swallow.
        closer: What stands behind the arguments.
    """
    at = skip_space(text, at)
    fence = _FENCE.match(text, at)
    at = skip_space(text, fence.end()) if fence else at
    closed = closer.match(text, at)
    if closed is not None and closed.group():  # nothing stands between the name and the closer
        return closed.end()
    try:
        value = decode(text, at)
    except NotJsonError as error:
        return _refuse(text, draft, (at, error), opener, closer)
    draft.arguments = value.value
    draft.repairs.extend(value.repairs)
    return _closed(text, draft, value.end, opener, closer)


def _closed(
    text: str, draft: Draft, end: int, opener: re.Pattern[str], closer: re.Pattern[str]
) -> int:
    """Offset behind the closer, past stray brackets or text that are listed as a repair."""
    fence = _FENCE_END.match(text, end)
    at = fence.end() if fence else end
    found = closer.match(text, at) or closer.match(text, skip_space(text, at))
    if found is not None:
        return found.end()
    stray = _STRAY.match(text, end)
    behind = stray.end() if stray else end
    fence = _FENCE_END.match(text, behind)
    found = closer.match(text, skip_space(text, fence.end()) if fence else behind)
    if found is not None:
        message = f"dropped {text[end:behind].strip()[:12]!r} behind the arguments"
        draft.repairs.append(Repair(kind="stray_closer", span=(end, behind), message=message))
        return found.end()
    found = closer.search(text, end, end + _STRAY_TEXT)
    following = opener.search(text, end, end + _STRAY_TEXT)
    if found is not None and (following is None or found.start() < following.start()):
        message = "dropped text between the arguments and their closer"
        span = (end, found.start())
        draft.repairs.append(Repair(kind="trailing_text", span=span, message=message))
        return found.end()
    message = "read a call without its closer"
    draft.repairs.append(Repair(kind="missing_closer", span=(end, end), message=message))
    return end


def _refuse(
    text: str,
    draft: Draft,
    problem: tuple[int, NotJsonError],
    opener: re.Pattern[str],
    closer: re.Pattern[str],
) -> int:
    """Makes the draft a fault; returns where it ends."""
    at, error = problem
    following = opener.search(text, at)
    limit = following.start() if following else len(text)
    found = closer.search(text, at, limit)
    if found is not None and not found.group():  # only says what may follow, closes nothing
        found = None
    end = found.end() if found else limit
    cut = found is None and following is None and error.cut
    kind = FaultKind.TRUNCATED if cut else FaultKind.BAD_ARGUMENTS
    begin = "the turn ends inside" if cut else "cannot read"
    name = draft.name if isinstance(draft.name, str) else "a call"
    message = f"{begin} the arguments of {name}: {error.reason}"
    span = (draft.span[0], end)
    draft.fault = faulty(kind, span, message).fault
    return end


def read_call(text: str, start: int, at: int, shape: Shape) -> tuple[Draft, int] | None:
    """The call whose header begins at `at`, and the offset behind it; None without a header."""
    header = shape.header.match(text, at)
    if header is None:
        return None
    groups = header.groupdict()
    draft = Draft(name=groups["name"].strip(), arguments=MISSING, span=(start, header.end()))
    draft.id = (groups.get("id") or "").strip()
    end = read_arguments(text, draft, header.end(), shape.opener, shape.closer)
    draft.span = (start, end)
    return draft, end


def read_section(text: str, start: int, payload: int, shape: Shape) -> Reading | None:
    """All calls of the section that begins at `start`; None if its first call has another shape."""
    drafts: list[Draft] = []
    at = payload
    for _ in range(MAX_CALLS + 1):
        opener = shape.opener.search(text, at, at + _STRAY_TEXT)
        end = shape.section_end.search(text, at, opener.start() if opener else at + _STRAY_TEXT)
        if end is not None:
            return _section(text, start, (at, end.start(), end.end()), drafts)
        if opener is None:
            return _section(text, start, (at, at, at), drafts, cut=True)
        call = read_call(text, opener.start(), opener.end(), shape)
        if call is None:
            if not drafts:
                return None
            call = _headless(text, opener, shape)
        draft, at = call
        drafts.append(draft)
    return Reading(drafts=drafts, span=(start, at))


def _headless(text: str, opener: re.Match[str], shape: Shape) -> tuple[Draft, int]:
    """The fault of a later call that has no readable header."""
    following = shape.opener.search(text, opener.end())
    limit = following.start() if following else len(text)
    closer = shape.closer.search(text, opener.end(), limit)
    end = closer.end() if closer else limit
    kind = FaultKind.MALFORMED_CALL if closer or following else FaultKind.TRUNCATED
    message = "a call needs a name and its arguments"
    return faulty(kind, (opener.start(), end), message), end


def _section(
    text: str, start: int, rest: tuple[int, int, int], drafts: list[Draft], *, cut: bool = False
) -> Reading:
    """The section up to its end; one that holds text but no call is a fault."""
    low, high, end = rest
    if drafts:
        return Reading(drafts=drafts, span=(start, end))
    if cut and skip_space(text, low) < len(text):
        high = end = min(len(text), low + _STRAY_TEXT)
    if text[low:high].strip() or cut:
        kind = FaultKind.TRUNCATED if cut and end >= len(text) else FaultKind.MALFORMED_CALL
        message = "a section of calls that holds no readable call"
        drafts = [faulty(kind, (start, max(end, low)), message)]
    return Reading(drafts=drafts, span=(start, max(end, low)))
