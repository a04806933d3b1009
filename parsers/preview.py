"""The pass of `scan.py`, resumed with every piece of a turn that is still being written.

It goes on where it stopped and takes a step only when a later piece can no longer change it:

    in …            it waits for
    prose           the next mark; only the last few characters are searched again
    a thought       its closer
    a call          its last bracket or its closer; name and arguments are told on the way
    a token         the characters behind it, which say whose turn it opens
It may stop early (a budget keeps all attempts together linear), and what `parse` says of the whole
turn always stands: `close` tells what is left of it and withdraws what it does not say. A complete
call is told once nothing that may follow can change it, but for a thought that ends without having
begun; which calls have to wait for that says `_sure`. It keeps no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .findings import MAX_MARKS
from .json_track import JsonTrack
from .lexer import Role, lexer
from .open_json import may_be_quoted
from .reasoning import FAMILIES
from .spans import rstripped, without
from .steps import Steps
from .told import Told
from .tools import Toolbox
from .turns import ROLE_AT_START
from .types import StreamEvent, ToolCall
from .undecided import HOLD, undecided

_AHEAD = 40
"""Characters behind a mark after which nothing changes what it is."""
_REST = 128
"""The same behind a call that may go on, such as with the next one of its section."""
_BEHIND_FENCE = 8
"""The same where only the end of a fence can belong to a call."""
_FREE, _PER_CHARACTER = 65_536, 6
"""What attempts to read an open call may cost together: this, and this for each character."""
_ENDINGS = "}>])"
_FENCE = re.compile(r"(?:```[ \t]*\w*\s*|``?)\Z")
_MAY_BEGIN = re.compile(r"\w[\w.\-]*[ \t]*\n?|\Z|[UH][A-Za-z]*[ \t]*|Tool [Rr]?[a-z]*[ \t]*")
"""The beginning of a turn that may become a role line, or a call that has no marker."""
_NAME_AFTER_MARK = re.compile(
    r"[\s\"'<|:=/\[\]]*(?:(?:invoke|functions?|call|name|to|tool)[\s\"'<|:=.]+)*"
    r"([A-Za-z_][\w.\-]{0,199})[^\w.\-]"
)
"""The first word behind a marker that is none of those which formats put in front of a name."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A call that has begun.

    Attributes:
        bare: Nothing but an offered name and arguments says that it is a call.
        begun: Names that were told without their call so far, by index.
        told: Calls that were told.
        retry_at: Length of the text at which another look is worth it.
        closed_at: Its length when the last bracket had come; 0 before.
        waiting: A name that is not told until arguments follow it.
    """

    start: int
    bare: bool
    closers: tuple[str, ...]
    track: JsonTrack | None = None
    head: str = ""
    begun: dict[int, str] = field(default_factory=dict)
    told: int = 0
    retry_at: int = 0
    closed_at: int = 0
    waiting: str = ""


class Preview:
    """The state of one pass over one turn."""

    def __init__(self, box: Toolbox, mode: str) -> None:
        """Prepares for one turn; `mode` as for `parse`."""
        self._scan = Steps(text="", box=box, lexer=lexer(), auto=mode == "auto")
        self._mode = mode
        self._window = ""
        self._pos = self._need = self._marks = self._spent = 0
        self._opened = self._over = False
        self._closer = ""
        self._open: _Open | None = None
        self._told = Told()

    def wants(self, chunk: str, length: int) -> bool:
        """Whether the whole text, now `length` characters long, has to be looked at."""
        window = self._window + chunk
        self._window = window[-HOLD:]
        if self._over or length < self._need:
            return False
        if self._mode == "open" and not self._opened:
            return self._scan.lexer.thought_closers.search(window) is not None
        if self._open is not None:
            return self._follow(self._open, chunk, window, length)
        if self._need or self._scan.began >= 0:
            return True
        if self._closer:
            return self._closer in window
        if self._scan.lexer.search.search(window) is not None:
            return True
        self._pos = max(self._pos, length - HOLD)
        return False

    def content(self, text: str) -> str:
        """The content of `text`, all that was fed, up to what a later piece may still change."""
        waits = self._over or self._need or self._closer or self._scan.began >= 0
        reach = self._pos if waits or self._open is not None else undecided(text, self._pos)
        fence = _FENCE.search(text, max(0, reach - HOLD), reach)  # it may belong to a call
        return without(text, self._scan.removed, fence.start() if fence else reach)

    def events(self) -> list[StreamEvent]:
        """What was settled since the last time."""
        return self._told.take()

    def close(self, calls: tuple[ToolCall, ...]) -> list[StreamEvent]:
        """The events after which exactly these calls, those of the whole turn, stand."""
        if self._open is not None:
            self._told.hold(self._open.begun)
        return self._told.close(calls)

    def advance(self, text: str) -> None:
        """Takes every step that the text so far allows."""
        scan = self._scan
        scan.text, scan.stop, scan.tail, self._need = text, len(text), -1, 0
        while self._marks < MAX_MARKS and scan.budget > 0 and not self._over:
            self._marks += 1
            if scan.began >= 0:
                if not self._begin(text):
                    break
                continue
            found = scan.lexer.search.search(text, self._pos)
            if found is None:
                self._pos = max(self._pos, len(text) - HOLD)
                break
            if not self._step(text, found):
                break
        else:
            self._over = True
        self._window = text[max(self._pos, len(text) - HOLD) :]

    def _begin(self, text: str) -> bool:
        """Looks at the place where the turn begins; False when more text is needed for that."""
        scan = self._scan
        if self._mode == "open" and not self._opened:
            self._opened = True
            self._pos = scan.open_thought()
            return True
        pos = scan.began
        at = scan.skip(pos)
        if not scan.calls and scan.alone(pos) and scan.lexer.starts.match(text, pos):
            if self._open is None:
                self._open = self._opened_at(pos, text[pos:], (), bare=False)
            return self._settle(text, lambda: scan.read_beginning(pos), self._open)
        if len(text) < at + _AHEAD and _MAY_BEGIN.fullmatch(text, at):
            # A turn of nothing but blanks is not looked at again for every blank.
            self._need = at + (1 if at < len(text) else max(1, (at - pos) // 4))
            return False
        scan.began = -1
        self._pos = max(self._pos, pos)
        self._over = scan.alone(pos) and ROLE_AT_START.match(text, at) is not None
        return True

    def _step(self, text: str, found: re.Match[str]) -> bool:
        """Acts on one mark; False when it has to wait for more text."""
        start, end = found.span()
        role = self._scan.lexer.roles.get(found.group())
        if role is Role.FORMAT or (role is None and text[start] != "\n"):
            return self._call(text, found, role)
        if self._mode == "off" and role in (Role.THOUGHT_OPENER, Role.THOUGHT_CLOSER):
            self._pos = end
            return True
        self._closer = ""
        opens = role is Role.THOUGHT_OPENER and self._scan.opens_thought(found)
        if opens and text.find(FAMILIES[found.group()], end) < 0:
            self._closer, self._pos = FAMILIES[found.group()], start
            return False
        if len(text) < end + _AHEAD:
            self._need, self._pos = end + _AHEAD, start
            return False
        scan = self._scan
        self._pos = scan.at_literal(role, found) if role else scan.at_pattern(found)
        if self._told.calls and not scan.calls:
            self._told.void()
        if self._scan.stop < len(text):
            self._over, self._pos = True, self._scan.stop
        return True

    def _call(self, text: str, found: re.Match[str], role: Role | None) -> bool:
        """Opens a call, or settles one that was opened before."""
        start, end = found.span()
        if self._open is None or self._open.start != start:
            owners = self._scan.lexer.by_marker[found.group()] if role else ()
            closers = tuple(closer for owner in owners for closer in owner.closers)
            bare = role is None and '"tool_calls"' not in found.group()
            self._open = self._opened_at(start, text[end if role else start :], closers, bare=bare)
        read = self._scan.at_marker if role else self._scan.at_pattern
        return self._settle(text, lambda: read(found), self._open)

    def _opened_at(
        self, start: int, payload: str, closers: tuple[str, ...], *, bare: bool
    ) -> _Open:
        """A call that begins here, with what its text says already."""
        opened = _Open(start=start, bare=bare, closers=closers)
        self._read_on(opened, payload)
        if opened.track is not None and opened.track.closed:
            opened.closed_at = start + len(payload)
        return opened

    def _follow(self, opened: _Open, chunk: str, window: str, length: int) -> bool:
        """Reads the next piece of an open call; whether it may be complete now."""
        was_closed = opened.track is not None and opened.track.closed
        self._read_on(opened, chunk)
        if opened.track is not None and opened.track.closed and not was_closed:
            opened.closed_at = length
            return True
        longest = max(map(len, opened.closers), default=1)
        recent = window[-(len(chunk) + longest - 1) :]
        if any(closer in recent for closer in opened.closers):
            return True
        untracked = not opened.closers and (opened.track is None or opened.told > 0)
        return length >= opened.retry_at or (untracked and any(end in chunk for end in _ENDINGS))

    def _read_on(self, opened: _Open, piece: str) -> None:
        """Tells the name and the arguments as far as this piece shows them."""
        if opened.track is None:
            if opened.begun or len(opened.head) > 4 * HOLD:
                return
            opened.head = (opened.head + piece).lstrip()
            if opened.head[:1] not in ("{", "["):
                named = _NAME_AFTER_MARK.match(opened.head)
                # Without tools nothing says that this word is a tool's name.
                if named and self._scan.box.tools is not None:
                    self._name(opened, named.group(1))
                return
            opened.track, piece = JsonTrack(), opened.head
        for kind, value in opened.track.feed(piece):
            if kind == "name":
                opened.waiting = value
                if not opened.bare:
                    self._name(opened, value)
                continue
            if opened.bare and opened.waiting and self._scan.box.tools is not None:
                self._name(opened, opened.waiting)
            if opened.begun and not opened.waiting:
                index = max(opened.begun)
                self._told.part(index, opened.begun[index], value)

    def _name(self, opened: _Open, written: str) -> None:
        """Tells that a call has begun, if its tool is offered."""
        name, tool = self._scan.box.find(written)
        if name and (tool is not None or self._scan.box.tools is None):
            opened.begun[self._told.name(name)] = name
            opened.waiting = ""

    def _settle(self, text: str, read: Callable[[], int], opened: _Open) -> bool:
        """Reads an open call if that is affordable, and keeps what it says if that is certain."""
        scan, start = self._scan, opened.start
        self._pos = start
        cost = len(text) - start + len(text) // 16
        if self._spent + cost > _FREE + _PER_CHARACTER * len(text):
            return False
        self._spent += cost
        before = scan.state()
        known = len(scan.calls), len(scan.faults)
        scan.began = -1
        pos = read()
        voided = len(scan.calls) < known[0]
        calls = scan.calls[0 if voided else known[0] :]
        clean = len(scan.faults) <= known[1]
        exact = bool(calls) and clean and not any(call.repairs for call in calls)
        sure = exact and not voided and _sure(text, pos, opened)
        behind, rest = scan.skip(pos), _REST if opened.closers else _AHEAD
        if sure:  # nothing but a fence can follow that belongs to it
            fenced = _FENCE.search(text, max(0, start - HOLD), start)
            final = pos + (_BEHIND_FENCE if fenced else -1) < len(text)
        else:
            if may_be_quoted(text, start):  # there it is a call only if it is all there is
                behind = scan.skip(behind + 1)
            behind = behind if calls else max(behind, opened.closed_at)
            final = behind + rest < len(text) and scan.last_visible() > behind
        if final and voided:
            self._told.void()
        if final or sure:
            self._tell(opened, calls)
        if final:
            whole = bool(calls) or (opened.track is not None and opened.track.closed)
            self._leave(opened, pos, certain=voided or (clean and whole))
            return True
        scan.restore(before)
        if sure:
            opened.retry_at = len(text) + 1 + _BEHIND_FENCE
        elif exact and behind < len(text) <= behind + rest:
            opened.retry_at = behind + rest + 1
        else:
            wait = max(_AHEAD, behind - pos if exact else (len(text) - start) // 2)
            opened.retry_at = len(text) + 1 + wait
        return False

    def _leave(self, opened: _Open, pos: int, *, certain: bool) -> None:
        """Goes on at `pos`, behind a call; what was begun there and never became one is withdrawn.

        Where it was not certain what it is, it may end elsewhere, and what follows be a part of it.
        """
        self._pos, self._open = pos, None
        if self._scan.stop < len(self._scan.text):
            self._over, self._pos = True, self._scan.stop
        self._told.give_up(opened.begun)
        self._told.held = self._told.held or not certain

    def _tell(self, opened: _Open, calls: list[ToolCall]) -> None:
        """Tells those calls of a reading that were not told before, unless they have to wait.

        A call that came before may be part of a loop, and without tools a call that no marker
        announces may count only if it is all there is.
        """
        for call in calls[opened.told :]:
            alone_only = opened.bare and self._scan.box.tools is None
            if self._told.held or alone_only or self._told.knows(call):
                self._told.hold(opened.begun)
                return
            opened.told += 1
            self._told.call(opened.begun, call)
            # Where nothing closes a call the next one may follow it directly.
            opened.track = JsonTrack()


def _sure(text: str, pos: int, opened: _Open) -> bool:
    """Whether nothing that may follow changes the calls that end at `pos`.

    They have their closer right behind their last bracket: fields of text may still grow over what
    looked like their end, and what has no closer may turn out to be part of a sentence. In
    quotation marks a call is not made, if the sentence goes on.
    """
    if may_be_quoted(text, opened.start):
        return False
    end = pos
    if text.endswith("```", 0, end):
        pos = end = rstripped(text, end - len("```"))
    while closer := next((one for one in opened.closers if text.endswith(one, 0, end)), ""):
        end = rstripped(text, end - len(closer))
    return end < pos and text[opened.start : end].endswith(("}", "]", ")"))
