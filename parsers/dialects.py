"""How a format with named fields writes calls, as data that `xml_params.py` reads by.

A dialect is what opens and closes wrappers, calls and fields, and how far their text may be taken
for more than text. Nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOISE = r"(?:\s|<[be]os>)*"
"""What may stand between the parts of a call: blanks, and tokens that a server left over."""

_QUOTED = r'[^"\n]{1,200}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one format writes calls with named fields. Expressions are marked, all else is literal.

    Attributes:
        call_start: Expression for the fixed beginning of a call.
        call_rest: Expression behind it, with the group `name`.
        call_end: Closes a call.
        key_start: Expression for the fixed beginning of a field.
        key_rest: Expression behind it, with the group `key` and maybe `type`.
        value_end: Closes a field.
        outer: Wrappers around calls, openers.
        outer_end: Their closers.
        framed: One line break on each side of a text belongs to the format, if the call is laid
            out in lines.
        compact: Texts are framed in a call that is not laid out in lines, too.
        gap: Expression for what may stand between calls and fields.
        value: `(text, type)` → the argument; None keeps the text.
        wrapping: Keys whose object, standing alone, is the whole of the arguments.
        unclosed: A call needs no closer; the end of the turn will do.
        shared: Other formats begin with the same literal, so an odd beginning is theirs.
        cut: Expression for a beginning behind `call_start` that the end of the turn cut off.
        cdata: A text may stand in a CDATA section, which may hold anything.
        escaped: Names and keys are escaped as in XML attributes.
        elsewhere: Expression for what is another format's call, though it begins like one of these.
        spoken: A wrapper in the middle of a sentence is spoken of, not opened.
        repair: Noted for every call of a dialect that is a damaged form of another one.
    """

    call_start: str
    call_rest: str
    call_end: str
    key_start: str
    key_rest: str
    value_end: str
    outer: tuple[str, ...] = ()
    outer_end: tuple[str, ...] = ()
    framed: bool = False
    compact: bool = False
    gap: str = NOISE
    value: Callable[[str, str], Any] | None = None
    wrapping: tuple[str, ...] = ()
    unclosed: bool = False
    shared: bool = False
    cut: str = ""
    cdata: bool = False
    escaped: bool = False
    elsewhere: str = ""
    spoken: bool = False
    repair: tuple[str, str] | None = None


def invoke_dialect(
    prefix: str = "",
    *,
    close_prefix: str = "",
    call: str = "invoke",
    key: str = "parameter",
    outer: tuple[str, ...] = (),
    **more: Any,
) -> Dialect:
    """The dialect of `<invoke name="…"><parameter name="…">…</parameter></invoke>`.

    Args:
        prefix: Stands in front of every name, such as a namespace with its colon.
        close_prefix: The same in closers, if it is another one.
        call: The element of a call.
        key: The element of a field.
        outer: The elements that wrap calls, without the prefix.
        more: Other attributes of the dialect.
    """
    closing = close_prefix or prefix
    return Dialect(
        call_start=re.escape(f'<{prefix}{call} name="'),
        call_rest=rf'(?P<name>{_QUOTED})"\s*>',
        call_end=f"</{closing}{call}>",
        key_start=re.escape(f'<{prefix}{key} name="'),
        key_rest=rf'(?P<key>{_QUOTED})"(?:\s+string="(?P<type>true|false)")?\s*>',
        value_end=f"</{closing}{key}>",
        **{
            "outer": tuple(f"<{prefix}{one}>" for one in outer),
            "outer_end": tuple(f"</{closing}{one}>" for one in outer),
            **more,
        },
    )
