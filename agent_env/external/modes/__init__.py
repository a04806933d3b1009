"""The feedback modes: one module a mode, and the folder is the list.

Place in the flow: `feedback` finds a mode by name. A mode is a module of this folder with a
function of its own name, `(Attempt) -> str`; what such a function words stands in
`prompts/turn/external_*.md`.

What it does not do: no requests. The edits of `expert_edits` are asked for in `expert`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from agent_env.errors import UnknownNameError
from agent_env.external.attempt import Attempt

EXPERT = "expert_edits"
"""The one mode that asks somebody before it has anything to say."""


@cache
def list_modes() -> tuple[str, ...]:
    """The names of all modes, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


@cache
def find_mode(name: str) -> Callable[[Attempt], str]:
    """The function that words an attempt in that mode.

    Raises:
        UnknownNameError: There is no such mode.
    """
    if name not in list_modes():
        raise UnknownNameError("external.mode", name, list_modes())
    module = importlib.import_module(f"{__name__}.{name}")
    mode: Callable[[Attempt], str] = getattr(module, name)
    return mode
