"""The wire formats; this folder is the registry. A new format is one new file with a `FORMAT`.

Nothing is imported until a parse needs the table of markers, or a caller names one format. The
file name is the format's name with underscores.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from ..drafts import WireFormat


@cache
def names() -> tuple[str, ...]:
    """The names of all formats, without importing any of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def load(name: str) -> WireFormat:
    """The format of this name.

    Raises:
        ValueError: there is none; the message lists those that exist.
    """
    if name not in names():
        raise ValueError(f"no wire format {name!r}; known are: {', '.join(names())}")
    found = import_module(f".{name}", __name__).FORMAT
    if not isinstance(found, WireFormat) or found.name != name:
        raise TypeError(f"formats/{name}.py must define FORMAT, a WireFormat named {name!r}")
    return found


@cache
def load_all() -> tuple[WireFormat, ...]:
    """Every format, in the order in which formats that share a marker are tried."""
    return tuple(sorted(map(load, names()), key=lambda one: (one.rank, one.name)))
