"""A tool parser for vLLM: every wire format, no model-specific setting.

`--tool-parser-plugin` takes the file `vllm_plugin.py` next to this one, which registers the class
built here. vLLM's modules have moved between versions, so what is needed is taken from wherever its
own abstract parser has it. Reasoning is left to vLLM's reasoning parser where one is set; without
one, thoughts are found here and kept out of the content.

Interface: `ToolParser` of vLLM, read at commits 0160cf0, d0ac579 and 02bb669.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from ..parse import parse
from ..stream import StreamParser
from ..types import ParsedMessage

NAME = "callforge"
"""What `--tool-call-parser` is called with."""
_HOMES = ("vllm.tool_parsers", "vllm.entrypoints.openai.tool_parsers")


def schemas(request: Any) -> list[Mapping[str, Any]] | None:
    """The function schemas of a vLLM request; None if it offers none."""
    tools = getattr(request, "tools", None)
    if not tools:
        return None
    plain = [tool if isinstance(tool, Mapping) else tool.model_dump() for tool in tools]
    return [tool for tool in plain if tool.get("type", "function") == "function"]


def build() -> type[Any]:
    """The parser class, made from the classes of the installed vLLM.

    Raises:
        ImportError: vLLM is not installed, or this version has its tool parsers elsewhere.
    """
    abstract = _abstract()
    protocol = import_module(abstract.DeltaMessage.__module__)

    class CallforgeToolParser(abstract.ToolParser):  # type: ignore[misc,name-defined]
        """Reads each turn with `parse`, and a stream of it with `StreamParser`."""

        def __init__(self, tokenizer: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(tokenizer, *args, **kwargs)
            self._turn = _Turn(None)

        def adjust_request(self, request: Any) -> Any:
            """The request, with special tokens kept in the text: some formats are made of them."""
            request = super().adjust_request(request)
            if request.tools and request.tool_choice != "none":
                request.skip_special_tokens = False
            return request

        def extract_tool_calls(self, model_output: str, request: Any) -> Any:
            """What vLLM answers for a whole turn."""
            turn = parse(model_output, schemas(request))
            calls = [
                protocol.ToolCall(
                    type="function",
                    function=protocol.FunctionCall(name=name, arguments=arguments),
                )
                for name, arguments in written(turn)
            ]
            return protocol.ExtractedToolCallInformation(
                tools_called=bool(calls), tool_calls=calls, content=shown(turn) or None
            )

        def extract_tool_calls_streaming(
            self,
            previous_text: str,
            current_text: str,
            delta_text: str,
            previous_token_ids: Sequence[int],
            current_token_ids: Sequence[int],
            delta_token_ids: Sequence[int],
            request: Any,
        ) -> Any:
            """What vLLM sends for the next piece of a turn; None when there is nothing to send."""
            if not previous_text:
                self._turn = _Turn(schemas(request))
            ended = getattr(self.model_tokenizer, "eos_token_id", None) in delta_token_ids
            content, calls = self._turn.feed(delta_text, ended=ended)
            deltas = []
            for name, arguments in calls:
                index = len(self.prev_tool_call_arr)
                # vLLM looks at these two to tell why a turn ended, and what is still to be sent.
                self.prev_tool_call_arr.append({"name": name, "arguments": json.loads(arguments)})
                self.streamed_args_for_tool.append(arguments)
                self.current_tool_id = index
                deltas.append(
                    protocol.DeltaToolCall(
                        index=index,
                        type="function",
                        id=protocol.ToolCall(
                            function=protocol.FunctionCall(name=name, arguments="")
                        ).id,
                        function=protocol.DeltaFunctionCall(name=name, arguments=arguments),
                    )
                )
            if not deltas and not content:
                return None
            if not deltas:
                return protocol.DeltaMessage(content=content)
            return protocol.DeltaMessage(content=content or None, tool_calls=deltas)

    return CallforgeToolParser


def register() -> None:
    """Makes the parser known to the installed vLLM as `callforge`.

    Raises:
        ImportError: vLLM is not installed, or this version has its tool parsers elsewhere.
    """
    _abstract().ToolParserManager.register_module(name=NAME, force=True, module=build())


def written(turn: ParsedMessage) -> list[tuple[str, str]]:
    """Names and arguments as JSON texts, as the API has them."""
    return [(call.name, json.dumps(call.arguments, ensure_ascii=False)) for call in turn.calls]


def shown(turn: ParsedMessage) -> str:
    """The content, or of a malformed turn the whole text: a server has nobody else to tell."""
    return turn.text if turn.status.value == "malformed" else turn.content


class _Turn:
    """One streamed turn: what of it was sent."""

    def __init__(self, tools: list[Mapping[str, Any]] | None) -> None:
        self._stream = StreamParser(tools)
        self._content = ""
        self._calls = 0

    def feed(self, piece: str, *, ended: bool) -> tuple[str, list[tuple[str, str]]]:
        """New content and new calls; calls are sent whole, because only then they are certain."""
        events = self._stream.feed(piece)
        calls = [
            (event.call.name, json.dumps(event.call.arguments, ensure_ascii=False))
            for event in events
            if event.kind == "call" and event.call is not None
        ]
        self._calls += len(calls)
        content = self._stream.content()
        if ended:
            turn = self._stream.close()
            calls += written(turn)[self._calls :]
            content = turn.content
        new = content[len(self._content) :] if content.startswith(self._content) else ""
        self._content += new
        return new, calls


def _abstract() -> Any:
    """The module of vLLM's abstract tool parser."""
    for home in _HOMES:
        try:
            return import_module(f"{home}.abstract_tool_parser")
        except ModuleNotFoundError as error:
            missing = error
    raise ImportError(
        "the vLLM integration needs vLLM with tool parsers under "
        f"{' or '.join(_HOMES)}; {missing}; install vLLM or use another of its versions"
    ) from missing
