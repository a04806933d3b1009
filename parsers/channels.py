r"""Reads the headers of harmony and its kin: `<|start|>assistant<|channel|>NAME to=RECIPIENT …`.

A turn is a row of parts; each has a header up to `<|message|>` and a body up to an end token. The
header says who it is for: a channel (analysis is thinking, final and commentary are for a person)
and maybe a recipient, which is a tool unless it is one of the people here. The recipient may stand
in front of the channel or behind it, and the first header's beginning may lie in the prompt. What a
body for a tool holds is each format's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .drafts import Draft, Reading, faulty
from .lenient_json import skip_space
from .types import FaultKind

MARKERS = ("<|start|>assistant to=", "<|start|>assistant<|", "<|channel|>", "<|message|>")
"""Openers of a header. Every format with such headers lists them; the first that reads one wins."""

STARTS = (r"\s*to=(?=[\w.:/-])",)
"""The header when its beginning lies in the prompt."""

_HEADER = re.compile(
    r"(?:<\|start\|>assistant)?\s*(?:to=(?P<early>[^\s<]{1,200}))?\s?"
    r"(?:<\|channel\|>(?P<channel>[a-z_]{0,40}))?\s?(?:to=(?P<late>[^\s<]{1,200}))?\s?"
    r"(?:<\|constrain\|>)?(?P<type>[a-z_]{0,20})\s?<\|message\|>"
)
END = re.compile(r"<\|(?:end|call|return|eom|eot)\|>")
_THOUGHT_END = re.compile(r"<\|(?:end|return|eom|eot)\|>|(?=<\|start\|>)")
_PEOPLE = frozenset(("user", "all", "commentary", "final"))
_SILENT = frozenset(("self", "developer", "system"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One header: who the part is for, and the offset behind `<|message|>`."""

    recipient: str
    channel: str
    end: int

    @property
    def calls(self) -> bool:
        """Whether the part is a call."""
        return bool(self.recipient) and self.recipient not in _PEOPLE | _SILENT

    @property
    def thinks(self) -> bool:
        """Whether the part is thinking."""
        return self.recipient in _SILENT or (not self.recipient and self.channel == "analysis")


def read_header(text: str, start: int) -> Header | None:
    """The header at `start`, or None if there is none."""
    found = _HEADER.match(text, start)
    if found is None:
        return None
    recipient = found["late"] or found["early"] or ""
    return Header(recipient=recipient, channel=found["channel"] or "", end=found.end())


def read_other(text: str, start: int, header: Header) -> Reading:
    """A part that is no call: thinking, or the header in front of what a person reads."""
    if not header.thinks:
        return Reading(drafts=[], span=(start, header.end))
    end = _THOUGHT_END.search(text, header.end)
    if end is not None:
        return Reading(drafts=[], span=(start, end.end()), thought=(header.end, end.start()))
    last = text.rfind("<|channel|>", header.end)
    if last >= 0:  # without any end token only the last part can be more than a draft
        return Reading(drafts=[], span=(start, last), thought=(header.end, last))
    message = "the thought is never closed, so nothing in it or behind it counts"
    span = (start, len(text))
    return Reading(
        drafts=[faulty(FaultKind.UNFINISHED_REASONING, span, message)],
        span=span,
        thought=(header.end, len(text)),
    )


def close_part(text: str, draft: Draft, start: int, at: int) -> Reading:
    """The call that ends at `at`, with its end token."""
    end = END.match(text, skip_space(text, at))
    stop = end.end() if end else at
    draft.span = (start, stop)
    return Reading(drafts=[draft], span=draft.span)
