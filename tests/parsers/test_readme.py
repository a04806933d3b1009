"""The examples of the package's README run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import parsers


def blocks() -> list[str]:
    text = (Path(parsers.__file__).parent / "README.md").read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_readmes_example_runs() -> None:
    exec(compile(blocks()[0], "README.md", "exec"), {})


def test_the_readmes_agent_answers_faults_and_runs_calls(tools: Any) -> None:
    names: dict[str, Any] = {}
    exec(compile(blocks()[1], "README.md", "exec"), names)
    said = iter(
        [
            '<tool_call>{"name": "get_wether", "arguments": {"city": "Paris"}}</tool_call>',
            '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>',
            "It is sunny in Paris.",
        ]
    )
    seen: list[list[dict[str, Any]]] = []

    def ask(messages: list[dict[str, Any]]) -> str:
        seen.append(list(messages))
        return next(said)

    answer = names["run_agent"](
        ask, tools, {"get_weather": lambda city: f"{city}: sunny"}, "How is the weather?"
    )
    assert answer == "It is sunny in Paris."
    assert "did you mean get_weather?" in seen[1][-1]["content"]
    assert seen[2][-1] == {"role": "tool", "tool_call_id": "call_0", "content": '"Paris: sunny"'}


def test_the_readmes_agent_gives_up(tools: Any) -> None:
    names: dict[str, Any] = {}
    exec(compile(blocks()[1], "README.md", "exec"), names)
    assert names["run_agent"](lambda messages: "", tools, {}, "Hi", most_turns=3) is None
    assert len(blocks()[1].strip().splitlines()) <= 22


def test_the_readme_names_every_public_function() -> None:
    text = (Path(parsers.__file__).parent / "README.md").read_text("utf-8")
    for name in ("parse", "render", "StreamParser", "list_formats", "ParseStatus"):
        assert name in parsers.__all__
        assert name in text
