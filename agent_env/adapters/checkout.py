"""Finds a checkout of another project and imports single modules of it.

Place in the flow: an adapter names the modules that hold tools, tasks and data. Their packages are
entered without running the packages' own `__init__`, which would import model clients and whatever
else those need.

What it does not do: `sys.path` is not touched, and what was imported is taken out of `sys.modules`
again, so that a program may import the same project by itself, from elsewhere.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import ModuleType

_IMPORTING = Lock()


class CheckoutError(ValueError):
    """A checkout that is not there, is another project, or cannot be imported."""


def find_checkout(
    project: str,
    path: str | None,
    variable: str,
    landmarks: Sequence[str],
    installed: Callable[[], Path | None] = lambda: None,
) -> Path:
    """The checkout's folder.

    Args:
        project: What it is a checkout of, with where it is had from.
        path: Where it is; None asks the environment variable.
        variable: The environment variable.
        landmarks: Files that it must hold, from its folder on.
        installed: Asked last; finds the checkout from which the project was installed.

    Raises:
        CheckoutError: No path is given, or what is there is no such checkout.
    """
    given = path or os.environ.get(variable) or installed()
    if not given:
        raise CheckoutError(
            f"{project} is not part of this package; clone it and give its folder with the "
            f"option path=... or the environment variable {variable}."
        )
    folder = Path(given).expanduser()
    absent = [mark for mark in landmarks if not (folder / mark).exists()]
    if absent:
        raise CheckoutError(
            f"{folder} is no checkout of {project}: it has no {absent[0]}; give the folder that "
            "`git clone` made."
        )
    return folder.resolve()


def import_modules(
    project: str,
    source: Path,
    entered: Sequence[str],
    names: Sequence[str],
    doubles: Mapping[str, ModuleType] | None = None,
) -> dict[str, ModuleType]:
    """The modules of those names, imported from the source folder.

    Args:
        project: What the modules belong to, for the error.
        source: The folder that holds the top package.
        entered: Packages that are entered without running their `__init__`; the first is the top
            package.
        names: What to import.
        doubles: Modules to take instead of the checkout's own.

    Raises:
        CheckoutError: A module is not there, or needs something that is not installed.
    """
    with _IMPORTING:
        top = entered[0]
        before = {name: module for name, module in sys.modules.items() if _is_of(top, name)}
        for name in before:
            del sys.modules[name]
        try:
            for name in entered:
                package = ModuleType(name)
                package.__path__ = [str(source / name.replace(".", "/"))]
                sys.modules[name] = package
            sys.modules.update(doubles or {})
            return {name: importlib.import_module(name) for name in names}
        except (ImportError, SyntaxError) as error:
            raise CheckoutError(
                f"{project} at {source} cannot be imported under Python "
                f"{sys.version_info.major}.{sys.version_info.minor}: {error}."
            ) from error
        finally:
            for name in [name for name in sys.modules if _is_of(top, name)]:
                del sys.modules[name]
            sys.modules.update(before)


def _is_of(top: str, name: str) -> bool:
    return name == top or name.startswith(f"{top}.")
