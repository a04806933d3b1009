"""Reads arguments written as nested elements: `<key>text</key>`, objects and arrays by nesting.

Every tag carries a prefix that text never holds, so tags cannot be mistaken. An element without
children is text; `item` children make an array, others an object, repeated ones an array under
their key; which of them an element with only items or with nothing is, the schema says. One pass
with a stack. The calls around the elements and their markers are the format's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .lenient_json import MAX_DEPTH
from .literals import Soft, settle
from .schema import types_of

_ITEM = "item"
_TEXT = "$text"


class NotTagsError(ValueError):
    """The text at `pos` is no well-nested element; `cut` says that it ended too early."""

    def __init__(self, reason: str, pos: int, *, cut: bool = False) -> None:
        """Remembers what was wrong and where."""
        super().__init__(reason)
        self.reason, self.pos, self.cut = reason, pos, cut


@dataclass(slots=True, kw_only=True)
class Element(Soft):
    """One element as written: the text of its own, and its children in order."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def settled(self, rules: Mapping[str, Any]) -> Any:
        """The text, array or object that it is."""
        types = types_of(rules)
        if not self.children:
            if self.text.strip() or not types or "string" in types:
                return self.text
            return [] if "array" in types else {} if "object" in types else self.text
        listed = all(child.name == _ITEM for child in self.children) and not self.text.strip()
        if listed and ("array" in types or "object" not in types):
            return [settle(child, rules.get("items")) for child in self.children]
        found: dict[str, Any] = settle(self.members(), rules)
        if self.text.strip():
            found[_TEXT if _TEXT not in found else f"${_TEXT}"] = self.text
        return found

    def members(self) -> dict[str, Any]:
        """The children by name; those of one name as a list."""
        members: dict[str, Any] = {}
        for child in self.children:
            known = members.get(child.name)
            if known is None:
                members[child.name] = child
            elif isinstance(known, list):
                known.append(child)
            else:
                members[child.name] = [known, child]
        return members


def tag_pattern(prefix: str) -> re.Pattern[str]:
    """Finds a tag with this prefix; group 1 is "/" for a closing one, group 2 its name."""
    return re.compile(rf'{re.escape(prefix)}<(/?)([^<>"\n]{{1,200}})>')


def read_elements(text: str, pos: int, tag: re.Pattern[str], closer: str) -> tuple[Element, int]:
    """An element without a name that holds those up to a closing tag, and the offset behind that.

    Args:
        text: The whole turn.
        pos: Where the first element starts.
        tag: Finds tags, from `tag_pattern`.
        closer: The name of the closing tag that ends them.

    Raises:
        NotTagsError: the tags do not nest, or something else stands between them.
    """
    root = Element(name="")
    stack = [root]
    while found := tag.search(text, pos):
        between = text[pos : found.start()]
        stack[-1].text += between
        pos = found.end()
        if not found[1]:
            if len(stack) > MAX_DEPTH:
                raise NotTagsError(f"nested deeper than {MAX_DEPTH} levels", found.start())
            stack.append(Element(name=found[2]))
            stack[-2].children.append(stack[-1])
            continue
        if len(stack) == 1:
            if found[2] != closer or root.text.strip():
                raise NotTagsError("expected an element for each argument", found.start())
            return root, pos
        if stack.pop().name != found[2]:
            raise NotTagsError(f"</{found[2]}> closes nothing", found.start())
    raise NotTagsError("the elements are not closed", len(text), cut=True)


def render_element(name: str, value: Any, prefix: str) -> str:
    """The value as an element; numbers and the like as JSON."""
    if isinstance(value, dict):
        inner = "".join(render_element(key, item, prefix) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(render_element(_ITEM, item, prefix) for item in value)
    else:
        inner = value if isinstance(value, str) else json.dumps(value)
    return f"{prefix}<{name}>{inner}{prefix}</{name}>"
