r"""The file for vLLM's `--tool-parser-plugin`; loading it registers the parser `callforge`.

    vllm serve MODEL --enable-auto-tool-choice \
        --tool-parser-plugin path/to/parsers/integrations/vllm_plugin.py \
        --tool-call-parser callforge

vLLM loads it by its path, as a module of no package, so it brings the package around it along,
whatever that is called and whether it is installed or not. Imported as a part of the package it
does nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def load_and_register() -> None:
    """Imports the package that this file lies in, unless that is done, and registers its parser.

    Raises:
        ImportError: vLLM is not installed, or something else has the name of the package.
    """
    folder = Path(__file__).resolve().parent.parent
    name, entry = folder.name, folder / "__init__.py"
    loaded = sys.modules.get(name)
    if loaded is None:
        spec = spec_from_file_location(name, entry, submodule_search_locations=[str(folder)])
        if spec is None or spec.loader is None:
            raise ImportError(f"there is no package at {folder}")
        loaded = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(loaded)
    elif Path(loaded.__file__ or "").resolve() != entry:
        raise ImportError(f"{name!r} is {loaded.__file__} already; rename the folder {folder}")
    import_module(f"{name}.integrations.vllm").register()


if not __package__:
    load_and_register()
