from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agent_env.endpoints.endpoint import Answer, ContextFullError, Endpoint, Retries
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer, faults_at
from agent_env.errors import EnvError

QUICK = Retries(count=2, first_wait_s=0.001, longest_wait_s=0.01)
CHAT = [{"role": "user", "content": "Hello there."}]


def endpoint_of(server: ScriptedServer, **settings: object) -> Endpoint:
    given = {"model": "m", "retries": QUICK, "timeout_s": 5.0, **settings}
    return Endpoint(base_url=server.url, **given)  # type: ignore[arg-type]


def asked(endpoint: Endpoint, **options: object) -> Answer:
    try:
        return endpoint.ask(CHAT, **options)
    finally:
        endpoint.close()


def awaited(endpoint: Endpoint, **options: object) -> Answer:
    async def ask() -> Answer:
        try:
            return await endpoint.aask(CHAT, **options)
        finally:
            await endpoint.aclose()

    return asyncio.run(ask())


both_ways = pytest.mark.parametrize("ask", [asked, awaited])


@both_ways
def test_an_answer_with_what_it_cost(ask: Callable[..., Answer]) -> None:
    with ScriptedServer(lambda body: Reply(text="Hello, you.")) as server:
        answer = ask(endpoint_of(server))
    assert answer.content == "Hello, you."
    assert (answer.finish_reason, answer.retried) == ("stop", ())
    assert (answer.prompt_tokens, answer.completion_tokens) == (2, 2)
    assert 0 < answer.latency_s < 5


@both_ways
def test_every_field_reaches_the_server(ask: Callable[..., Answer]) -> None:
    seen = {}

    def answer(body: object) -> Reply:
        seen.update(body)  # type: ignore[call-overload]
        return Reply(text="ok")

    with ScriptedServer(answer) as server:
        options = {"temperature": 0.5, "chat_template_kwargs": {"enable_thinking": False}}
        ask(endpoint_of(server, options=options), seed=7, temperature=0.0)
    assert seen == {
        "model": "m",
        "messages": CHAT,
        "temperature": 0.0,
        "chat_template_kwargs": {"enable_thinking": False},
        "seed": 7,
    }


REASONS = {
    Fault.SERVER_ERROR: "status 500: scripted failure",
    Fault.RATE_LIMIT: "status 429: scripted rate limit",
    Fault.CUT: "the connection failed",
    Fault.NOT_JSON: "the answer is no JSON: b'<html>Bad gateway</html>'",
    Fault.EMPTY_CHOICES: "the answer has no choice with a message",
    Fault.HANG: "the request timed out",
}


@both_ways
@pytest.mark.parametrize("fault", REASONS)
def test_what_passes_is_tried_again(ask: Callable[..., Answer], fault: Fault) -> None:
    schedule = faults_at({0: fault, 1: fault})
    with ScriptedServer(lambda body: Reply(text="ok"), schedule, hang_s=2.0) as server:
        answer = ask(endpoint_of(server, timeout_s=0.2 if fault is Fault.HANG else 5.0))
        assert server.requests == 3
    assert answer.content == "ok"
    assert [REASONS[fault] in reason for reason in answer.retried] == [True, True]


@both_ways
@pytest.mark.parametrize("fault", REASONS)
def test_what_does_not_pass_is_named(ask: Callable[..., Answer], fault: Fault) -> None:
    with ScriptedServer(lambda body: Reply(), lambda number, _: fault, hang_s=2.0) as server:
        with pytest.raises(EnvError) as caught:
            ask(endpoint_of(server, timeout_s=0.1 if fault is Fault.HANG else 5.0))
        assert server.requests == 3
    assert REASONS[fault] in caught.value.message
    assert "(attempt 3)" in caught.value.message
    assert caught.value.retryable


def test_a_dead_server_is_named() -> None:
    with ScriptedServer(lambda body: Reply()) as server:
        endpoint = endpoint_of(server, retries=Retries(count=0))
    with pytest.raises(EnvError, match=r"m at http://127\.0\.0\.1.*the connection failed"):
        asked(endpoint)


def test_a_server_that_asks_for_a_wait_gets_it() -> None:
    fault = faults_at({0: Fault.RATE_LIMIT})
    with ScriptedServer(lambda body: Reply(text="ok"), fault, retry_after_s=0.3) as server:
        started = time.monotonic()
        asked(endpoint_of(server))
    assert 0.3 <= time.monotonic() - started < 2


def raw_server(status: str, body: bytes) -> tuple[str, threading.Thread]:
    """Answers one request with these bytes; the URL, and the thread to join."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as peer:
            received = b""
            while b"\r\n\r\n" not in received or b"messages" not in received:
                received += peer.recv(65536)
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: "
            peer.sendall(head.encode() + f"{len(body)}\r\n\r\n".encode() + body)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v1", thread


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        ("401 No", b'{"error": {"message": "bad key"}}', "Status401", "status 401: bad key"),
        ("404 No", b'{"error": {"message": "no model m"}}', "Status404", "no model m"),
        ("400 No", b'{"message": "what?"}', "Status400", "status 400: what?"),
        (
            "429 No",
            b'{"error": {"message": "pay", "code": "insufficient_quota"}}',
            "Status429",
            "pay",
        ),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    status: str, body: bytes, kind: str, said: str
) -> None:
    url, thread = raw_server(status, body)
    with pytest.raises(EnvError) as caught:
        asked(Endpoint(base_url=url, model="m", retries=QUICK))
    thread.join()
    assert caught.value.kind == kind
    assert said in caught.value.message
    assert not caught.value.retryable


def test_a_full_context_is_no_failure_of_the_server() -> None:
    body = b'{"error": {"message": "This model\'s maximum context length is 512 tokens."}}'
    url, thread = raw_server("400 No", body)
    with pytest.raises(ContextFullError, match="maximum context length is 512"):
        asked(Endpoint(base_url=url, model="m", retries=QUICK))
    thread.join()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'{"choices": null}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": "text"}]}',
        b'{"choices": {"message": {}}}',
        b'{"error": {"message": "overloaded"}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_lying_server_is_named(body: bytes) -> None:
    url, thread = raw_server("200 OK", body)
    with pytest.raises(EnvError, match=r"the answer (?:is no JSON|has no choice)") as caught:
        asked(Endpoint(base_url=url, model="m", retries=Retries(count=0)))
    thread.join()
    assert caught.value.kind == "UnusableAnswer"


def test_content_in_parts_is_joined() -> None:
    parts = b'[{"type": "text", "text": "Hel"}, {"type": "thinking"}, {"text": "lo"}]'
    url, thread = raw_server("200 OK", b'{"choices": [{"message": {"content": ' + parts + b"}}]}")
    assert asked(Endpoint(base_url=url, model="m")).content == "Hello"
    thread.join()


def test_a_wait_until_a_date_is_kept() -> None:
    from email.utils import format_datetime

    until = datetime.now(UTC) + timedelta(seconds=2)
    url, thread = raw_server(f"429 No\r\nRetry-After: {format_datetime(until)}", b"{}")
    endpoint = Endpoint(base_url=url, model="m", retries=Retries(count=1, first_wait_s=0.0))
    started = time.monotonic()
    with pytest.raises(EnvError, match="the connection failed"):
        asked(endpoint)
    thread.join()
    assert 0.9 <= time.monotonic() - started < 4


def test_an_answer_that_cannot_be_unpacked_is_named() -> None:
    url, thread = raw_server("200 OK\r\nContent-Encoding: gzip", b"this is no gzip")
    with pytest.raises(EnvError, match="the connection failed: Error -3"):
        asked(Endpoint(base_url=url, model="m", retries=Retries(count=0)))
    thread.join()


def test_odd_usage_and_content_are_none() -> None:
    body = b'{"choices": [{"message": {"content": [1]}}], "usage": {"prompt_tokens": "7"}}'
    url, thread = raw_server("200 OK", body)
    answer = asked(Endpoint(base_url=url, model="m"))
    thread.join()
    assert (answer.content, answer.finish_reason, answer.prompt_tokens) == ("", "", 0)


@pytest.mark.parametrize(
    ("told", "read"), [("1" + "0" * 400, 0), ("true", 0), ("-3", 0), ("1e3", 0), ("7", 7)]
)
def test_a_count_that_no_answer_can_have_is_none(told: str, read: int) -> None:
    body = f'{{"choices": [{{"message": {{}}}}], "usage": {{"completion_tokens": {told}}}}}'
    url, thread = raw_server("200 OK", body.encode())
    answer = asked(Endpoint(base_url=url, model="m"))
    thread.join()
    assert answer.completion_tokens == read


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": "localhost:8000"}, "The base URL is 'localhost:8000'; give one such as"),
        ({"model": ""}, "The model's name is empty"),
        ({"timeout_s": 0.0}, "The time-out is 0.0 s; give more than 0, and no more than 1000000."),
        ({"timeout_s": float("nan")}, "The time-out is nan s; give more than 0"),
        ({"timeout_s": float("inf")}, "The time-out is inf s; give more than 0"),
    ],
)
def test_what_no_request_could_use_is_refused(settings: dict[str, object], message: str) -> None:
    given = {"base_url": "http://localhost:1/v1", "model": "m"} | settings
    with pytest.raises(ValueError, match=message):
        Endpoint(**given)  # type: ignore[arg-type]


def test_negative_patience_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Retries.count is -1; give 0 or more."):
        Retries(count=-1)
