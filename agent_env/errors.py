"""Who is told about a failure: the model, the operator, or the programmer.

Place in the flow: tools raise `ToolError`; `boundary()` turns any other exception of a tool, a
customer or a domain into `EnvError`, which the episode records as `infra_error`. Everything else is
a fault of the calling program and is raised as it is.

    ToolError         the model reads the message and can act on it; the episode goes on
    EnvError          the environment failed; the episode ends without a reward and says why
    UnknownNameError  a name that does not exist; the message holds the nearest real one

What it does not do: no logging, no retries.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import TracebackType
from typing import Literal


class ToolError(Exception):
    """A refusal or failure that the model is meant to read, as one sentence."""


class UnknownNameError(ValueError):
    """A name that is not among the known ones."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        """Words the message from the nearest known name.

        Args:
            what: What kind of thing was looked for, such as "domain".
            name: What was given.
            known: Every name that would have been right.
        """
        names = list(known)
        near = difflib.get_close_matches(str(name), names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"There is no {what} {name!r}.{hint} Known: {', '.join(names)}.")


class EnvError(Exception):
    """A failure of the environment itself, kept as data so that it crosses process borders.

    Attributes:
        kind: The name of the exception's class.
        message: Where it happened and what it said.
        retryable: Whether the same episode may well succeed when run again.
    """

    def __init__(self, kind: str, message: str, retryable: bool = False) -> None:
        """Keeps the three facts; positional, so that the exception can be pickled."""
        super().__init__(kind, message, retryable)
        self.kind = kind
        self.message = message
        self.retryable = retryable

    def to_dict(self) -> dict[str, object]:
        """The failure as JSON-able data."""
        return {"kind": self.kind, "message": self.message, "retryable": self.retryable}


class boundary:  # noqa: N801 - read as a word of the with statement
    """Turns every exception of foreign code inside the block into an `EnvError`.

    `ToolError` passes, for it is an answer and no failure; so does an `EnvError`, and what is no
    `Exception`, such as Ctrl-C.
    """

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        """Names the block.

        Args:
            where: What is running, such as "tool get_order"; opens the message.
        """
        self._where = where

    def __enter__(self) -> None:
        """Does nothing; the block begins."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        """Lets the block end as it did, unless foreign code failed in it.

        Raises:
            EnvError: The block raised anything but a `ToolError`.
        """
        if not isinstance(error, Exception) or isinstance(error, ToolError | EnvError):
            return False
        # The contract: foreign code may raise anything, and no episode may crash a run.
        retryable = isinstance(error, ConnectionError | TimeoutError)
        raise EnvError(type(error).__name__, f"{self._where}: {error}", retryable) from error
