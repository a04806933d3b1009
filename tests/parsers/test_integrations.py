"""The bridges: vLLM's tool parser interface (a stand-in of it), and the openai library's types.

vLLM has no build for this machine, so its side is a stand-in with the names, signatures and fields
of its abstract parser and protocol; what a server does with them is not run here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import parsers
from parsers.integrations import vllm as bridge
from parsers.integrations.openai import as_text, read_completion, read_message

PLUGIN = Path(bridge.__file__).with_name("vllm_plugin.py")
CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris", "days": "3"}}</tool_call>'
EOS = 7

PROTOCOL = """
from pydantic import BaseModel, Field
class FunctionCall(BaseModel):
    name: str
    arguments: str
class ToolCall(BaseModel):
    id: str = Field(default_factory=lambda: "chatcmpl-tool-1")
    type: str = "function"
    function: FunctionCall
class DeltaFunctionCall(BaseModel):
    name: str | None = None
    arguments: str | None = None
class DeltaToolCall(BaseModel):
    id: str | None = None
    type: str | None = None
    index: int
    function: DeltaFunctionCall | None = None
class DeltaMessage(BaseModel):
    role: str | None = None
    content: str | None = None
    tool_calls: list[DeltaToolCall] = Field(default_factory=list)
class ExtractedToolCallInformation(BaseModel):
    tools_called: bool
    tool_calls: list[ToolCall]
    content: str | None = None
"""
ABSTRACT = """
from vllm.entrypoints.openai.engine.protocol import DeltaMessage, ExtractedToolCallInformation
class ToolParser:
    def __init__(self, tokenizer, tools=None):
        self.prev_tool_call_arr = []
        self.current_tool_id = -1
        self.current_tool_name_sent = False
        self.streamed_args_for_tool = []
        self.model_tokenizer = tokenizer
    def adjust_request(self, request):
        return request
class ToolParserManager:
    tool_parsers = {}
    @classmethod
    def register_module(cls, name=None, force=True, module=None):
        assert issubclass(module, ToolParser)
        cls.tool_parsers[name] = module
        return module
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, source in (
        ("entrypoints/openai/engine/protocol", PROTOCOL),
        ("tool_parsers/abstract_tool_parser", ABSTRACT),
    ):
        path = tmp_path / "vllm" / f"{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "vllm"]:
        del sys.modules[name]


def parser(stand_in: Path) -> Any:
    return bridge.build()(SimpleNamespace(eos_token_id=EOS), None)


def request(tools: Any) -> Any:
    return SimpleNamespace(tools=tools, tool_choice="auto", skip_special_tokens=True)


def stream(one: Any, text: str, tools: Any, size: int) -> tuple[str, list[Any]]:
    content, calls, before = "", [], ""
    for start in range(0, len(text), size):
        piece = text[start : start + size]
        last = start + size >= len(text)
        delta = one.extract_tool_calls_streaming(
            before, before + piece, piece, [], [], [EOS] if last else [1], request(tools)
        )
        before += piece
        if delta is not None:
            content += delta.content or ""
            calls += delta.tool_calls
    return content, calls


def test_a_whole_turn_becomes_what_vllm_answers(stand_in: Path, tools: Any) -> None:
    found = parser(stand_in).extract_tool_calls(f"One moment.\n{CALL}", request(tools))
    assert (found.tools_called, found.content) == (True, "One moment.")
    (call,) = found.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris", "days": 3}


def test_a_message_and_a_malformed_turn_stay_text(stand_in: Path, tools: Any) -> None:
    one = parser(stand_in)
    for text in ("Hello there.", "<tool_call>{"):
        found = one.extract_tool_calls(text, request(tools))
        assert (found.tools_called, found.tool_calls, found.content) == (False, [], text)


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_streamed_turn_sends_the_same(size: int, stand_in: Path, tools: Any) -> None:
    text = f"One moment.\n{CALL}\n{CALL.replace('Paris', 'Rome')}"
    one = parser(stand_in)
    content, calls = stream(one, text, tools, size)
    assert content == "One moment."
    assert [call.index for call in calls] == [0, 1]
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Paris", "Rome"]
    assert one.prev_tool_call_arr[1]["arguments"] == {"city": "Rome", "days": 3}
    assert one.streamed_args_for_tool[0] == calls[0].function.arguments


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("text", ["Hi", "Users of [1] pay < 5.", '{"a": 1} is data.', "User"])
def test_a_streamed_message_arrives_whole(text: str, size: int, stand_in: Path, tools: Any) -> None:
    assert stream(parser(stand_in), text, tools, size) == (text, [])


def test_one_parser_reads_one_turn_after_the_other(stand_in: Path, tools: Any) -> None:
    one = parser(stand_in)
    assert stream(one, "First.", tools, 2)[0] == "First."
    assert stream(one, "Second.", tools, 2)[0] == "Second."


def test_special_tokens_are_kept_when_there_are_tools(stand_in: Path, tools: Any) -> None:
    one = parser(stand_in)
    assert one.adjust_request(request(tools)).skip_special_tokens is False
    assert one.adjust_request(request(None)).skip_special_tokens is True


def test_vllm_loads_the_plugin_by_its_path(stand_in: Path, tmp_path: Path) -> None:
    program = f"""
import importlib.util, sys
sys.path.insert(0, {str(stand_in)!r})
spec = importlib.util.spec_from_file_location("vllm_plugin", {str(PLUGIN)!r})
module = importlib.util.module_from_spec(spec)
sys.modules["vllm_plugin"] = module
spec.loader.exec_module(module)
from vllm.tool_parsers.abstract_tool_parser import ToolParserManager
print(*ToolParserManager.tool_parsers)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "callforge\n"


def test_importing_the_plugin_as_part_of_the_package_does_nothing() -> None:
    from parsers.integrations import vllm_plugin

    assert vllm_plugin.__package__ == "parsers.integrations"
    assert sys.modules["parsers"] is parsers


def test_without_vllm_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(ImportError, match="the vLLM integration needs vLLM"):
        bridge.build()


def completion(content: str) -> Any:
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": content},
                }
            ],
        }
    )


def test_a_completion_gets_its_calls(tools: Any) -> None:
    (choice,) = read_completion(completion(f"One moment.\n{CALL}"), tools).choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "One moment."
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Paris", "days": 3}


def test_a_message_stays_a_message(tools: Any) -> None:
    (choice,) = read_completion(completion("Hello."), tools).choices
    assert (choice.finish_reason, choice.message.content) == ("stop", "Hello.")
    assert choice.message.tool_calls is None


def test_a_malformed_turn_shows_nothing_and_says_why(tools: Any) -> None:
    message = read_message("<tool_call>{", tools)
    assert message.content is None
    assert message.tool_calls is None
    assert "Write the whole call again" in message.model_dump()["feedback"]


def test_a_message_is_written_as_text_and_read_back(tools: Any) -> None:
    message = read_message(f"One moment.\n{CALL}", tools)
    for format in parsers.list_formats():
        turn = parsers.parse(as_text(message, format), tools)
        assert [(call.name, call.arguments) for call in turn.calls] == [
            ("get_weather", {"city": "Paris", "days": 3})
        ]
