"""The example of the package's README runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import parsers


def test_the_readmes_example_runs() -> None:
    text = (Path(parsers.__file__).parent / "README.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], "README.md", "exec"), {})


def test_the_readme_names_every_public_function() -> None:
    text = (Path(parsers.__file__).parent / "README.md").read_text("utf-8")
    for name in ("parse", "render", "StreamParser", "list_formats", "ParseStatus"):
        assert name in parsers.__all__
        assert name in text
