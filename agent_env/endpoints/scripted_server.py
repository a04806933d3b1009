"""An OpenAI-compatible server without a model, for tests and for trying `evaluate`.

Place in the flow: stands where a model server would; what it says comes from a function, such as
that of a `Script`, and what goes wrong from another. It serves `/v1/chat/completions`, streamed or
whole, and `/v1/models`, on loopback.

    with ScriptedServer(answer_from(script)) as server:
        endpoint = Endpoint(base_url=server.url, model="scripted")

Requests with `tools` are answered with `tool_calls`, others with text in the wire format. Usage
counts words in place of tokens.

What it does not do: no TLS, no keys, no sampling settings; it forgets every request.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any, Self, TypeAlias

from agent_env.endpoints.scripted_model import Script, Turn, as_text
from agent_env.types import Call

HANG_S = 30.0
_LARGEST_HEAD, _LARGEST_BODY = 1 << 16, 1 << 26


class Fault(Enum):
    """What a server can do instead of answering."""

    SERVER_ERROR = "server_error"
    """Status 500."""
    RATE_LIMIT = "rate_limit"
    """Status 429 with Retry-After."""
    CUT = "cut"
    """The connection ends in the middle of the body, or of the stream."""
    NOT_JSON = "not_json"
    """Status 200 and a page of HTML."""
    EMPTY_CHOICES = "empty_choices"
    """Status 200 and no choice."""
    HANG = "hang"
    """Nothing for as long as `hang_s`, then the answer."""
    LENGTH = "length"
    """Half the answer, with finish_reason "length"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server says: text, calls, or both.

    Attributes:
        text: The message's content.
        calls: Native tool calls; arguments that are a string go out as they are, broken or not.
        finish_reason: None takes "tool_calls" or "stop".
        extra: Further fields of the message, such as `reasoning_content`.
    """

    text: str = ""
    calls: Sequence[Call | tuple[str, str]] = ()
    finish_reason: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


Answering: TypeAlias = Callable[[Mapping[str, Any]], Reply]
"""From the body of a request."""
Failing: TypeAlias = Callable[[int, Mapping[str, Any]], Fault | None]
"""From the number of a request, counted from 0, and its body."""


def answer_from(script: Script, wire_format: str = "hermes") -> Answering:
    """Answers as the script says; a conversation that it does not know gets an apology."""

    def answer(body: Mapping[str, Any]) -> Reply:
        turn = script.next_turn(body["messages"])
        turn = turn or Turn(text="I am sorry, I do not know this conversation.")
        if body.get("tools"):
            return Reply(text=turn.text, calls=turn.calls)
        return Reply(text=as_text(turn, wire_format))

    return answer


def faults_at(schedule: Mapping[int, Fault]) -> Failing:
    """These faults at these requests, the others answered."""
    return lambda number, _: schedule.get(number)


class ScriptedServer:
    """Serves on a port of its own while the `with` block runs, from a thread.

    Attributes:
        url: The base URL, once the block is entered.
        requests: How many chat requests came so far.
    """

    def __init__(
        self,
        answer: Answering,
        faults: Failing = lambda number, body: None,
        *,
        port: int = 0,
        retry_after_s: float = 0.0,
        hang_s: float = HANG_S,
    ) -> None:
        """Makes a server; it listens once the block is entered.

        Args:
            answer: What is said.
            faults: What goes wrong.
            port: On loopback; 0 takes a free one.
            retry_after_s: What a rate limit asks for.
            hang_s: How long a hanging request hangs.
        """
        self.url = ""
        self._answer, self._faults = answer, faults
        self._port, self._retry_after_s, self._hang_s = port, retry_after_s, hang_s
        self._numbers = count()
        self.requests = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        """Starts listening.

        Raises:
            OSError: The port is taken.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        """Closes every connection and waits for the thread."""
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def join(self) -> None:
        """Waits until the server ends, which by itself it never does."""
        while self._thread.is_alive():
            self._thread.join(timeout=0.5)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._listen())
            except OSError as error:
                self._failure = error
            finally:
                self._ready.set()

    async def _listen(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(
            self._serve, "127.0.0.1", self._port, limit=_LARGEST_HEAD, backlog=1024
        )
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        await self._stop.wait()
        server.close()  # The runner cancels the connections that are still open.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_request(reader)) is not None:
                if not await self._respond(*request, writer):
                    break
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # The client went away or speaks no HTTP, or the server closes.
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _respond(
        self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        """Answers one request; whether the connection stays open."""
        path = path.partition("?")[0].rstrip("/")
        if (method, path) == ("GET", "/v1/models"):
            model = {"id": "scripted", "object": "model", "created": 0, "owned_by": "callforge"}
            return await _send(writer, 200, {"object": "list", "data": [model]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return await _send(writer, 404, _error(f"there is no {method} {path}"))
        try:
            asked = json.loads(body)
            if not isinstance(asked["messages"], list):
                raise ValueError("messages is no list")
        except (ValueError, KeyError, TypeError) as error:
            return await _send(writer, 400, _error(f"the body is no chat request: {error!r}"))
        self.requests = (number := next(self._numbers)) + 1
        return await self._chat(asked, self._faults(number, asked), number, writer)

    async def _chat(
        self,
        asked: Mapping[str, Any],
        fault: Fault | None,
        number: int,
        writer: asyncio.StreamWriter,
    ) -> bool:
        if fault is Fault.SERVER_ERROR:
            return await _send(writer, 500, _error("scripted failure"))
        if fault is Fault.RATE_LIMIT:
            wait = {"Retry-After": f"{self._retry_after_s:g}"}
            return await _send(writer, 429, _error("scripted rate limit"), wait)
        if fault is Fault.NOT_JSON:
            return await _send(writer, 200, b"<html>Bad gateway</html>", kind="text/html")
        if fault is Fault.HANG:
            await asyncio.sleep(self._hang_s)
        completion = _completion(asked, self._answer(asked), number, fault is Fault.LENGTH)
        if fault is Fault.EMPTY_CHOICES:
            completion["choices"] = []
        if asked.get("stream"):
            return await _stream(writer, completion, asked, fault is Fault.CUT)
        return await _send(writer, 200, completion, cut=fault is Fault.CUT)


def _completion(
    asked: Mapping[str, Any], reply: Reply, number: int, halved: bool
) -> dict[str, Any]:
    text = reply.text[: len(reply.text) // 2] if halved else reply.text
    message: dict[str, Any] = {"role": "assistant", "content": text or None, **reply.extra}
    for place, (name, arguments) in enumerate(reply.calls):
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        written = written[: len(written) // 2] if halved else written
        message.setdefault("tool_calls", []).append(
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": written},
            }
        )
    finish = reply.finish_reason or ("tool_calls" if reply.calls else "stop")
    prompt = sum(len(str(one.get("content")).split()) for one in asked["messages"])
    written_words = len(text.split()) + sum(len(str(call).split()) for call in reply.calls)
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.get("model", "scripted"),
        "choices": [
            {"index": 0, "message": message, "finish_reason": "length" if halved else finish}
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": written_words,
            "total_tokens": prompt + written_words,
        },
    }


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "scripted", "code": None}}


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, bytes] | None:
    """Method, path and body; None when the client is done.

    Raises:
        ValueError: This is no HTTP.
    """
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *headers = head.rstrip("\r\n").split("\r\n")
    method, path, _ = line.split(" ")
    named = {name.strip().lower(): value for name, _, value in (h.partition(":") for h in headers)}
    length = int(named.get("content-length", "0"))
    if not 0 <= length <= _LARGEST_BODY:
        raise ValueError(f"a body of {length} bytes")
    return method, path, await reader.readexactly(length)


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    content: Mapping[str, Any] | bytes,
    headers: Mapping[str, str] | None = None,
    kind: str = "application/json",
    cut: bool = False,
) -> bool:
    """Writes a whole answer; whether the connection stays open."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode())
    writer.write(body[: len(body) // 2] if cut else body)
    await writer.drain()
    return not cut


async def _stream(
    writer: asyncio.StreamWriter, completion: dict[str, Any], asked: Mapping[str, Any], cut: bool
) -> bool:
    """Writes the answer as server-sent events, and closes the connection as their end."""
    head = "Content-Type: text/event-stream\r\nConnection: close\r\n"
    writer.write(f"HTTP/1.1 200 Scripted\r\n{head}\r\n".encode())
    chunks = _chunks(completion, bool((asked.get("stream_options") or {}).get("include_usage")))
    for chunk in chunks[: len(chunks) // 2] if cut else chunks:
        writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
    writer.write(b'data: {"choi' if cut else b"data: [DONE]\n\n")
    await writer.drain()
    return False


def _chunks(completion: dict[str, Any], with_usage: bool) -> list[dict[str, Any]]:
    """The completion in pieces: role, words of the content, calls, the finish, the usage."""
    shared = {**completion, "object": "chat.completion.chunk"}
    usage = shared.pop("usage")
    deltas: list[tuple[dict[str, Any], str | None]] = []
    for choice in completion["choices"]:
        message = choice["message"]
        deltas.append(({"role": "assistant", "content": ""}, None))
        words = (message["content"] or "").split(" ")
        pieces = [word + " " for word in words[:-1]] + words[-1:]
        deltas += [({"content": piece}, None) for piece in pieces if piece]
        calls = enumerate(message.get("tool_calls", ()))
        deltas += [({"tool_calls": [{"index": place, **call}]}, None) for place, call in calls]
        deltas.append(({}, choice["finish_reason"]))
    chunks = [
        {**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in deltas
    ]
    return [*chunks, {**shared, "choices": [], "usage": usage}] if with_usage else chunks
