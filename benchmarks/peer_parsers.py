"""The tool parsers of vLLM and SGLang, each as one function from a text to the calls found in it.

`parsers_side_by_side.py` takes them from here. A parser is built anew for every turn, as those
servers do, with a tokenizer double whose vocabulary has every token; what cannot be built that way
is listed with the reason. Only tool parsers: no reasoning parser runs before them. This file
neither scores nor times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

Tools = Sequence[Mapping[str, Any]]
Read = Callable[[str], Iterable[tuple[str, str]]]
"""Names and arguments (JSON texts) of the calls in a text."""
Reader = Callable[[Tools], Read]
"""Makes the function that reads one turn in which these tools are offered."""

FALLBACK = "hermes"
"""For formats without a parser of their own: the one that both document for Qwen models."""

VLLM_FORMATS = {
    # Formats that vLLM calls otherwise, or has several parsers for, which are then tried in turn.
    # Source: its registry and its documentation of tool calling, 0.32.0.
    "cohere_command": "cohere_command3",
    "deepseek_v32_dsml": "deepseek_v32",
    "deepseek_v4_dsml": "deepseek_v4",
    "glm": "glm45",
    "harmony": "openai",
    "internlm2": "internlm",
    "minicpm5_xml": "minicpm5",
    "muse": "muse_glimmer",
    "nemotron_v3": "qwen3_coder",
    "phi4_mini": "phi4_mini_json",
    "pythonic": "pythonic olmo3",
    "qwen_xml": "qwen3_coder",
    "response_template": "hf",
}
SGLANG_FORMATS = {
    # The same for SGLang 0.5.23.
    "apertus": "apertus2509",
    "cohere_command": "cohere_command4",
    "deepseek_v32_dsml": "deepseekv32",
    "deepseek_v4_dsml": "deepseekv4",
    "glm": "glm47 glm45",
    "glm47": "glm47 glm45",
    "harmony": "gpt-oss",
    "hy_v3": "hunyuan",
    "internlm2": "interns1",
    "llama3_json": "llama3",
    "llama4_pythonic": "pythonic",
    "minicpm5_xml": "minicpm5",
    "nemotron_v3": "qwen3_coder",
    "qwen_xml": "qwen3_coder",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One library of parsers.

    Attributes:
        name: The library.
        version: The installed one.
        readers: Its parsers by their first name, in the order of its registry.
        same: Further names of those, with the first name of each.
        unbuilt: Names that cannot be used here, with the reason.
        formats: The parsers, by name, of a format that the library calls otherwise.
    """

    name: str
    version: str
    readers: Mapping[str, Reader]
    same: Mapping[str, str] = field(default_factory=dict)
    unbuilt: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)

    def told(self, wire_format: str) -> tuple[str, ...]:
        """The parsers for a format, `FALLBACK` if it has none; empty if they cannot be built.

        Args:
            wire_format: The `format` of a row; `-` and `_` in names make no difference.
        """
        wanted = self.formats.get(wire_format, wire_format).split() or [FALLBACK]
        if {_plain(name) for name in wanted} & {_plain(name) for name in self.unbuilt}:
            return ()
        known = {_plain(name): name for name in (*self.readers, *self.same)}
        names = [known.get(_plain(name), FALLBACK) for name in wanted]
        return tuple(name for name in (self.same.get(n, n) for n in names) if name in self.readers)


def installed() -> tuple[list[Peer], dict[str, str]]:
    """The libraries that can be imported here, and why the others cannot."""
    peers, missing = [], {}
    for name, load in (("vLLM", vllm), ("SGLang", sglang)):
        try:
            peers.append(load())
        # Their imports reach for drivers and compiled code and raise anything; ours must still run.
        except Exception as error:
            missing[name] = (
                f"not measured, it cannot be imported here ({type(error).__name__}: {error}); "
                f"`pip install {name.lower()}` with its dependencies into some environment, then "
                f"run this script with the Python of that one"
            )
    return peers, missing


def vllm() -> Peer:
    """The tool parsers of the installed vLLM.

    Raises:
        ImportError: vLLM is not installed, or this version keeps its tool parsers elsewhere.
    """
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
    from vllm.tool_parsers import ToolParserManager

    def request(tools: Tools) -> Any:
        said = [{"role": "user", "content": "Hi"}]
        return ChatCompletionRequest(model="any", messages=said, tools=list(tools) or None)

    def reader(kind: Any) -> Reader:
        def prepare(tools: Tools) -> Read:
            asked = request(tools)
            one = kind(Tokenizer(), asked.tools)

            def read(text: str) -> list[tuple[str, str]]:
                found = one.extract_tool_calls(text, asked)
                return [(call.function.name, call.function.arguments) for call in found.tool_calls]

            return read

        return prepare

    # In the order in which they were registered; the public list of names is sorted.
    names = dict.fromkeys([*ToolParserManager.lazy_parsers, *ToolParserManager.tool_parsers])
    kinds = {name: (lambda name=name: ToolParserManager.get_tool_parser(name)) for name in names}
    return _peer("vLLM", kinds, reader, VLLM_FORMATS)


def sglang() -> Peer:
    """The detectors of the installed SGLang.

    Raises:
        ImportError: SGLang is not installed, or this version keeps its detectors elsewhere.
    """
    from sglang.srt.entrypoints.openai.protocol import Function, Tool
    from sglang.srt.environ import envs
    from sglang.srt.function_call.function_call_parser import FunctionCallParser

    def reader(kind: Any) -> Reader:
        def prepare(tools: Tools) -> Read:
            offered = [Tool(type="function", function=Function(**one["function"])) for one in tools]
            # Its server reads nothing when no tool is offered; with this it does as well as it can.
            envs.SGLANG_FORWARD_UNKNOWN_TOOLS.set(not tools)
            one = kind()

            def read(text: str) -> list[tuple[str, str]]:
                found = one.detect_and_parse(text, offered)
                return [(call.name, call.parameters) for call in found.calls]

            return read

        return prepare

    table = FunctionCallParser.ToolCallParserEnum
    kinds = {name: (lambda kind=kind: kind) for name, kind in table.items()}
    return _peer("SGLang", kinds, reader, SGLANG_FORMATS)


def _peer(
    name: str,
    kinds: Mapping[str, Callable[[], Any]],
    reader: Callable[[Any], Reader],
    formats: Mapping[str, str],
) -> Peer:
    """The library with those of its classes that can be built and can read a plain text."""
    readers: dict[str, Reader] = {}
    same: dict[str, str] = {}
    unbuilt: dict[str, str] = {}
    first: dict[Any, str] = {}
    for known, load in kinds.items():
        try:
            kind = load()
            if kind in first:
                same[known] = first[kind]
                continue
            list(reader(kind)(())("Hi"))
        # Whatever keeps a parser from being built is what the list of them has to say.
        except Exception as error:
            unbuilt[known] = f"{type(error).__name__}: {error}"
            continue
        first[kind] = known
        readers[known] = reader(kind)
    try:
        number = version(name.lower())
    except PackageNotFoundError:
        number = "of unknown version"
    return Peer(
        name=name, version=number, readers=readers, same=same, unbuilt=unbuilt, formats=formats
    )


def _plain(name: str) -> str:
    """A name without what separates its words."""
    return name.replace("-", "").replace("_", "")


class Vocabulary(dict[str, int]):
    """Has every token that it is asked for, each under a number of its own."""

    def __contains__(self, token: object) -> bool:
        return True

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self) + 10
        return number

    def get(self, token: str, default: object = None) -> int:
        """The token's number; there is always one."""
        return self[token]


class Tokenizer:
    """As much of a tokenizer as parsers of texts ask for: every marker is one token."""

    eos_token_id = 1
    bos_token_id = 2
    all_special_tokens: Sequence[str] = ()
    all_special_ids: Sequence[int] = ()

    def __init__(self) -> None:
        self.vocab = Vocabulary()

    def get_vocab(self) -> Vocabulary:
        """All tokens with their numbers."""
        return self.vocab

    def encode(self, text: str, **_: object) -> list[int]:
        """The text as one token."""
        return [self.vocab[text]]

    def decode(self, ids: Sequence[int], **_: object) -> str:
        """The tokens' texts, one after the other."""
        texts = {number: token for token, number in self.vocab.items()}
        return "".join(texts.get(number, "") for number in ids)
