"""Where a model's answer holds code: fenced blocks outside of its thoughts.

Place in the flow: `extract` calls `find_blocks` and chooses among what comes back.

One pass, left to right, over thought markers and fence lines:

* Thought opener: on to its closer; without one, nothing behind it counts.
* Thought closer that was never opened: the prompt had opened it, so all before it was the thought.
* Fence: a block up to the fence that closes it. Inside, markers are text, but for a closer that
  begins a line: no program has one there, an unfinished draft does.
* Fence with a language inside a block: the block before it was given up and a new one begins.

What it does not do: it reads no Python and prefers no block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from parsers.reasoning import CLOSERS, FAMILIES

PYTHON = frozenset(
    ("py", "python", "python3", "python3.11", "python3.12", "py3", "pytorch", "torch", "triton")
)
PLAIN = frozenset(("", "code", "text", "txt", "plaintext"))
"""Fences that do not say what they hold."""
_WRAPPERS = frozenset(("markdown", "md", "mdx"))
"""Fences around an answer that has fences of its own."""

MAX_MARKS = 500
"""Fences and thought markers of one answer; what stands behind more of them is not read."""
_HARMONY = {"<|channel|>analysis": "<|end|>"}
_THOUGHTS = {**FAMILIES, **_HARMONY}
_QUOTES = frozenset("`'\"")


def _any_of(literals: frozenset[str] | dict[str, str]) -> str:
    return "|".join(re.escape(one) for one in sorted(literals, key=len, reverse=True))


_MARK = re.compile(
    rf"(?P<opener>{_any_of(_THOUGHTS)})|(?P<closer>{_any_of(CLOSERS)})"
    r"|(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n`~]*)(?=[\r\n]|\Z)"
)
_INFO = re.compile(r"[\w+#.-]*")
_MARGIN = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?[ \t]*\Z")
"""What may stand before a fence that opens on a line of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block.

    Attributes:
        start: Where its first line begins in the answer.
        end: Behind its last character.
        language: The fence's word in lower case; empty without one.
        margin: Blanks before its opening fence.
        closed: Whether a fence closed it.
    """

    start: int
    end: int
    language: str
    margin: str = ""
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What one pass over an answer found.

    Attributes:
        blocks: In the order of the text, drafts in thoughts left out.
        visible: Offsets from and up to which the answer is no thought.
        unfinished: Whether the answer ends inside a thought.
    """

    blocks: tuple[Block, ...]
    visible: tuple[int, int]
    unfinished: bool


@dataclass(slots=True)
class _Pass:
    text: str
    found: list[Block] = field(default_factory=list)
    begin: int = 0
    end: int = 0
    unfinished: bool = False
    fence: re.Match[str] | None = None
    """The fence that is open."""

    def run(self, pos: int) -> None:
        self.begin, self.end = pos, len(self.text)
        for _ in range(MAX_MARKS):
            mark = _MARK.search(self.text, pos)
            if mark is None:
                break
            pos = self._at(mark)
        if self.fence is not None:
            self._close(len(self.text), closed=False)

    def _at(self, mark: re.Match[str]) -> int:
        if mark["fence"]:
            self._at_fence(mark)
        elif mark["closer"]:
            if self._counts(mark):
                self.found.clear()
                self.fence, self.begin = None, mark.end()
        elif self.fence is None and not self._quoted(mark):
            return self._past_thought(mark)
        return mark.end()

    def _counts(self, closer: re.Match[str]) -> bool:
        if self.fence is not None:
            return not self._line_before(closer).strip()
        return not self._quoted(closer)

    def _quoted(self, mark: re.Match[str]) -> bool:
        return mark.start() > 0 and self.text[mark.start() - 1] in _QUOTES

    def _past_thought(self, opener: re.Match[str]) -> int:
        closer = _THOUGHTS[opener.group()]
        close = self.text.find(closer, opener.end())
        if close < 0:
            self.end, self.unfinished = opener.start(), True
            return len(self.text)
        if not self.found and not self.text[self.begin : opener.start()].strip():
            self.begin = close + len(closer)
        return close + len(closer)

    def _line_before(self, mark: re.Match[str]) -> str:
        near = self.text[max(0, mark.start() - 400) : mark.start()]
        return near[max(near.rfind("\n"), near.rfind("\r")) + 1 :]

    def _at_fence(self, mark: re.Match[str]) -> None:
        word = _word(mark)
        if self.fence is None:
            alone = _MARGIN.match(self._line_before(mark))
            if (alone or word in PYTHON) and word not in _WRAPPERS:
                self.fence = mark
            return
        opened = self.fence["fence"]
        if word:
            if _MARGIN.match(self._line_before(mark)) and len(mark["fence"]) >= len(opened):
                self._close(mark.start(), closed=False)
                self.fence = mark
        elif mark["fence"][0] == opened[0] and len(mark["fence"]) >= len(opened):
            self._close(mark.start(), closed=True)

    def _close(self, end: int, *, closed: bool) -> None:
        fence = self.fence
        if fence is None:
            return
        self.fence = None
        start = min(_next_line(self.text, fence.end()), end)
        before = self._line_before(fence)
        margin = before if before.isspace() else ""
        block = Block(start=start, end=end, language=_word(fence), margin=margin, closed=closed)
        self.found.append(block)


def find_blocks(answer: str, reasoning: str = "auto") -> Blocks:
    """Every fenced block of an answer that is not inside a thought; linear, never raises.

    Args:
        answer: What the model wrote.
        reasoning: As of `parsers.parse`: "open" says that the prompt ended inside a thought.
    """
    scan = _Pass(answer)
    if reasoning == "open":
        close = re.search(_any_of(CLOSERS), answer)
        if close is None:
            return Blocks(blocks=(), visible=(0, 0), unfinished=True)
        scan.run(close.end())
    else:
        scan.run(0)
    visible = (min(scan.begin, scan.end), scan.end)
    return Blocks(blocks=tuple(scan.found), visible=visible, unfinished=scan.unfinished)


def _word(fence: re.Match[str]) -> str:
    found = _INFO.match(fence["info"].strip().lstrip("{.").strip())
    return found.group().lower() if found else ""


def _next_line(text: str, pos: int) -> int:
    if text.startswith("\r\n", pos):
        return pos + 2
    return min(pos + 1, len(text))
