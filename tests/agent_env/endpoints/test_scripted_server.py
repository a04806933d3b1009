from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import openai
import pytest

from agent_env import Domain
from agent_env.endpoints.scripted_model import FAREWELL, REFUSAL, Script, Turn
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer, answer_from, faults_at
from parsers import parse

CALL = Reply(text="I look.", calls=[("get_order", {"order_id": "#W1"})])
CHAT = [{"role": "user", "content": "Hello there."}]


@pytest.fixture
def client_of() -> Iterator[object]:
    opened = []

    def make(server: ScriptedServer) -> openai.OpenAI:
        opened.append(openai.OpenAI(base_url=server.url, api_key="none", max_retries=0, timeout=5))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def test_the_library_reads_an_answer_with_calls(client_of) -> None:
    with ScriptedServer(lambda body: CALL) as server:
        got = client_of(server).chat.completions.create(model="m", messages=CHAT)
    (choice,) = got.choices
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "I look.")
    (call,) = choice.message.tool_calls
    assert call.function.name == "get_order"
    assert json.loads(call.function.arguments) == {"order_id": "#W1"}
    assert got.usage.total_tokens == got.usage.prompt_tokens + got.usage.completion_tokens > 0


def test_a_stream_holds_the_same_answer(client_of) -> None:
    with ScriptedServer(lambda body: CALL) as server:
        chunks = list(
            client_of(server).chat.completions.create(
                model="m", messages=CHAT, stream=True, stream_options={"include_usage": True}
            )
        )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "I look."
    (call,) = [call for delta in deltas for call in delta.tool_calls or ()]
    assert json.loads(call.function.arguments) == {"order_id": "#W1"}
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage.prompt_tokens == 2


def test_models_are_listed(client_of) -> None:
    with ScriptedServer(lambda body: CALL) as server:
        assert [model.id for model in client_of(server).models.list()] == ["scripted"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/embeddings", b"{}", 404),
        ("/v1/chat/completions", b"{", 400),
        ("/v1/chat/completions", b"[]", 400),
        ("/v1/chat/completions", b'{"messages": 1}', 400),
    ],
)
def test_what_is_no_chat_is_refused(path: str, body: bytes, status: int) -> None:
    with ScriptedServer(lambda body: CALL) as server:
        request = urllib.request.Request(server.url.removesuffix("/v1") + path, data=body)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as refusal:
            assert refusal.code == status
            assert json.load(refusal)["error"]["message"]


def test_half_an_answer_says_so(client_of) -> None:
    with ScriptedServer(lambda body: CALL, faults_at({0: Fault.LENGTH})) as server:
        (choice,) = client_of(server).chat.completions.create(model="m", messages=CHAT).choices
    assert (choice.finish_reason, choice.message.content) == ("length", "I l")
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(choice.message.tool_calls[0].function.arguments)


def test_a_cut_stream_ends_without_its_end(client_of) -> None:
    with ScriptedServer(lambda body: CALL, faults_at({0: Fault.CUT})) as server:
        stream = client_of(server).chat.completions.create(model="m", messages=CHAT, stream=True)
        finishes = [chunk.choices[0].finish_reason for chunk in safely(stream) if chunk.choices]
    assert finishes
    assert not any(finishes)


def safely(stream: Iterator[object]) -> Iterator[object]:
    """The chunks of a stream until it breaks."""
    try:
        yield from stream
    except (openai.APIError, ValueError):
        return


def test_a_taken_port_is_said_so() -> None:
    with ScriptedServer(lambda body: CALL) as server:
        port = int(server.url.removesuffix("/v1").rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            ScriptedServer(lambda body: CALL, port=port).__enter__()


def test_a_domains_script_is_found_by_what_the_customer_says(domain: Domain) -> None:
    tasks = domain.tasks(6)
    script = Script.of_domain(domain, tasks, fail={1})
    for number, task in enumerate(tasks):
        first = script.next_turn([{"role": "user", "content": task.opening}])
        assert first is not None
        assert [call[0] for call in first.calls] == ["get_order"]
        chat = [{"role": "user", "content": task.opening}, {"role": "assistant", "content": "x"}]
        second = script.next_turn(chat)
        assert second == Turn(text=REFUSAL) if number == 1 else Turn(calls=(task.gold_calls[1],))
        spent = chat + chat[1:] * 10
        assert script.next_turn(spent) == Turn(text=FAREWELL)
    assert script.next_turn([{"role": "user", "content": "Something else."}]) is None


def test_an_opening_that_several_share_is_told_apart_later(tmp_path) -> None:
    path = tmp_path / "script.jsonl"
    lines = [
        {"said": ["Hi.", "I am Ada."], "turns": ["Who are you?", [["find", {"name": "Ada"}]]]},
        {"said": ["Hi.", "I am Bob."], "turns": ["Who are you?", [["find", {"name": "Bob"}]]]},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    chat = [
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Who are you?"},
        {"role": "user", "content": "I am Bob."},
    ]
    assert Script.read(path).next_turn(chat) == Turn(calls=(("find", {"name": "Bob"}),))


def test_a_line_that_is_no_conversation_is_named(tmp_path) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text('{"said": ["Hi."], "turns": []}\n{"said": "Hi."}\n')
    with pytest.raises(ValueError, match=r"script.jsonl, line 2: this is no conversation"):
        Script.read(path)


def test_text_is_written_in_the_wire_format_and_tools_get_calls(domain: Domain) -> None:
    task = domain.tasks(1)[0]
    answer = answer_from(Script.of_domain(domain, [task]), "qwen_xml")
    chat = [{"role": "user", "content": task.opening}]
    written = answer({"messages": chat})
    assert parse(written.text, domain.schemas).format == "qwen_xml"
    native = answer({"messages": chat, "tools": domain.schemas})
    assert (native.text, [name for name, _ in native.calls]) == ("", ["get_order"])
    assert "do not know" in answer({"messages": []}).text


def test_the_command_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "agent_env", "serve-script", "--tasks", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        with urllib.request.urlopen(f"{url}/models") as answer:
            assert json.load(answer)["data"][0]["id"] == "scripted"
        process.send_signal(2)
        process.communicate(timeout=10)
    assert process.returncode == 130
