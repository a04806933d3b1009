"""Makes a whole wire format, examples included, of a `Dialect` and how its calls are laid out.

For formats of `xml_params.py` that need nothing beyond their dialect; a file under `formats/` gives
the data and this the rest. It reads no text itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from .dialects import Dialect
from .drafts import Examples, Pairs, WireFormat
from .xml_params import FieldReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How calls are written, as templates with `{name}`, `{key}` and `{value}`.

    Attributes:
        open: In front of all calls.
        call: Opens a call.
        field: One field.
        end: Closes a call.
        joint: Stands between calls.
        close: Behind all calls.
    """

    call: str
    field: str
    end: str
    open: str = ""
    joint: str = ""
    close: str = ""

    def render(self, calls: Pairs) -> str:
        """The calls; texts as they are, everything else as JSON.

        There are no types: other values read back as their JSON text unless a schema types them.
        """
        blocks = []
        for name, arguments in calls:
            parts = [self.call.replace("{name}", name)]
            for key, value in arguments.items():
                shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                front, back = self.field.replace("{key}", key).split("{value}")
                parts.append(f"{front}{shown}{back}")
            blocks.append("".join([*parts, self.end]))
        return f"{self.open}{self.joint.join(blocks)}{self.close}"


def field_format(
    name: str,
    dialect: Dialect,
    layout: Layout,
    markers: tuple[str, ...],
    *,
    closers: tuple[str, ...] = (),
    rank: int = 40,
) -> WireFormat:
    """The whole format of one untyped dialect.

    Args:
        name: The format's name, which is its file's name.
        dialect: How it reads.
        layout: How it writes.
        markers: Literal openers of wrappers and calls.
        closers: Literals that may be left over besides those of the dialect.
        rank: Where it stands among formats with the same marker.
    """
    return WireFormat(
        name=name,
        markers=markers,
        closers=(*dialect.outer_end, dialect.call_end, *closers),
        rank=rank,
        typed=False,
        read=FieldReader(dialect).read,
        render=layout.render,
        examples=field_examples(layout.render, dialect.value_end),
    )


def field_examples(render: Callable[[Pairs], str], closer: str) -> Examples:
    """Examples of a format with named fields.

    Args:
        render: How it writes calls.
        closer: Closes a field; one text holds it literally.
    """
    one = render([("get_weather", {"city": "Paris", "days": 3})])
    twice = render([("get_weather", {"city": "Paris", "c1ty": "Rome"})])
    mail = {"to": ["a@example.com"], "body": f"a {closer} in text"}
    return Examples(
        none="I can look up the weather for you.",
        one=one,
        two=render([("get_weather", {"city": "Paris"}), ("set_alarm", {"time": "07:30"})]),
        reasoning=f"<think>\nThey want the weather.\n</think>\n\n{one}",
        nested=render([("send", {"mail": mail})]),
        truncated=one[: one.index("ris")],
        malformed=twice.replace("c1ty", "city"),
    )
