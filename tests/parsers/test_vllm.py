"""The plugin under the real vLLM: found by its option, every format read and streamed.

Marked `vllm`: the interface is vLLM's own, so it runs where that is installed (the `gpu` extra) and
is deselected elsewhere; `test_integrations.py` has a stand-in that runs everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from parsers import parse
from parsers.formats import load_all
from parsers.integrations import vllm as bridge

pytestmark = pytest.mark.vllm
PLUGIN = Path(bridge.__file__).with_name("vllm_plugin.py")
FORMATS = load_all()
EOS = 1


@pytest.fixture(scope="module")
def parser_class() -> Any:
    """What vLLM finds by `--tool-call-parser callforge` once it has loaded the plugin's file."""
    from vllm.tool_parsers import ToolParserManager

    ToolParserManager.import_tool_parser(str(PLUGIN))
    return ToolParserManager.get_tool_parser("callforge")


@pytest.fixture(scope="module")
def request_of() -> Any:
    """Makes vLLM's own request object."""
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

    def make(tools: list[Any]) -> Any:
        return ChatCompletionRequest(
            model="m", messages=[{"role": "user", "content": "Hi"}], tools=tools
        )

    return make


def tokenizer() -> Any:
    """As much of a tokenizer as vLLM's base class asks for."""
    return SimpleNamespace(get_vocab=lambda: {"</s>": EOS}, eos_token_id=EOS)


def offered(text: str) -> list[dict[str, Any]]:
    names = {call.name for call in parse(text).calls} or {"get_weather"}
    return [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
        for name in sorted(names)
    ]


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format_is_extracted_and_streamed_as_it_is_parsed(
    one: Any, parser_class: Any, request_of: Any
) -> None:
    examples = one.examples
    for text in (examples.none, examples.one, examples.two, examples.nested, examples.truncated):
        tools = offered(text)
        turn = parse(text, tools)
        expected = [(call.name, call.arguments) for call in turn.calls]
        request = request_of(tools)
        found = parser_class(tokenizer(), request.tools).extract_tool_calls(text, request)
        got = [
            (call.function.name, json.loads(call.function.arguments)) for call in found.tool_calls
        ]
        assert got == expected
        assert streamed(parser_class, request, text) == expected


def streamed(parser_class: Any, request: Any, text: str) -> list[tuple[str, Any]]:
    one = parser_class(tokenizer(), request.tools)
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    for start in range(0, len(text), 5):
        end = min(start + 5, len(text))
        ids = [EOS if end == len(text) else 5]
        delta = one.extract_tool_calls_streaming(
            text[:start], text[:end], text[start:end], [5], [5], ids, request
        )
        for call in delta.tool_calls if delta is not None else ():
            names[call.index] = names.get(call.index) or call.function.name
            arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
    return [(names[index], json.loads(arguments[index])) for index in sorted(names)]
