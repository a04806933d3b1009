from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent_env import load_domain
from agent_env.__main__ import main
from agent_env.endpoints.scripted_model import Script
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer, answer_from, faults_at


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("mode", [(), ("--native-tools",)])
def test_the_score_is_exactly_the_scripted_one(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    path = tmp_path / "out.jsonl"
    with serve(oracle(fail=(3, 7))) as server:
        status, found, _ = evaluate(server, "--trials", "3", "--out", str(path), *mode)
    assert status == 0
    assert found["episodes"] == {"asked": 30, "scored": 30, "infra_error": 0, "not_played": 0}
    assert found["success"]["solved"] == 24
    assert found["success"]["rate"] == pytest.approx(0.8)
    assert [found["pass_hat_k"][k]["rate"] for k in "123"] == [pytest.approx(0.8)] * 3
    assert found["baselines"] == {"do_nothing": 0.0, "only_talk": 0.0}
    assert found["parse"]["malformed"] == 0
    assert found["stop"] == {"user_done": 24, "max_turns": 6}
    failed = {one["task_number"] for one in records(path) if not one["trajectory"]["success"]}
    assert failed == {3, 7}
    assert {(one["task_number"], one["trial"]) for one in records(path)} == {
        (task, trial) for task in range(10) for trial in range(3)
    }


@pytest.mark.parametrize("mode", [(), ("--native-tools",)])
def test_long_conversations_of_the_full_shop_score_as_scripted(
    serve: Any, evaluate: Any, mode: tuple[str, ...]
) -> None:
    domain = load_domain("retail")
    script = Script.of_domain(domain, domain.tasks(10), fail={3, 7})
    with serve(answer_from(script)) as server:
        given = ("--domain", "retail", "--max-turns", "60", "--concurrency", "10", *mode)
        status, found, _ = evaluate(server, *given)
    assert (status, found["success"]["solved"]) == (0, 8)


def test_a_finished_run_repeated_plays_nothing_and_gives_its_figures(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    with serve(oracle(fail=(3,))) as server:
        _, first, _ = evaluate(server, "--out", str(path))
    status, again, said = evaluate("http://127.0.0.1:1/v1", "--out", str(path))
    assert (status, again) == (0, first)
    assert said == f"10 episodes are in {path} already.\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--timeout", "nan"), "--timeout is nan; give a finite number from 0."),
        (("--timeout", "inf"), "--timeout is inf; give a finite number from 0."),
        (("--price-in", "nan"), "--price-in is nan; give a finite number from 0."),
        (("--price-out", "-1"), "--price-out is -1.0; give a finite number from 0."),
        (("--temperature", "nan"), "--temperature is nan; give a finite number."),
        (("--top-p", "inf"), "--top-p is inf; give a finite number."),
        (("--user-temperature", "nan"), "--user-temperature is nan; give a finite number."),
        (("--request", "a=[NaN]"), "--request is 'a=[NaN]'; give finite numbers."),
        (("--request", "a=1e400"), "--request is 'a=1e400'; give finite numbers."),
        (
            ("--domain-option", "orders=abc"),
            "The option orders of domain retail_mini is 'abc'; give a whole number.",
        ),
    ],
)
def test_an_option_that_is_no_number_is_refused_in_one_sentence(
    evaluate: Any, given: tuple[str, ...], message: str
) -> None:
    assert evaluate("http://127.0.0.1:1/v1", *given) == (2, None, f"agent_env: {message}\n")


def test_every_wire_format_is_read(oracle: Any, serve: Any, evaluate: Any) -> None:
    for wire_format in ("qwen_xml", "openai", "pythonic", "kimi_k2"):
        with serve(oracle(wire_format=wire_format)) as server:
            _, found, _ = evaluate(server)
        assert found["success"]["solved"] == 10
        assert found["parse"]["layers"][wire_format] == 20


def test_concurrency_64_and_faults_that_pass_change_no_score(
    oracle: Any, serve: Any, evaluate: Any
) -> None:
    kinds = [fault for fault in Fault if fault not in (Fault.HANG, Fault.LENGTH)]
    schedule = faults_at({number: kinds[number // 9 % len(kinds)] for number in range(4, 150, 9)})
    with serve(oracle(fail=(3, 7)), schedule) as server:
        status, found, _ = evaluate(server, "--trials", "8", "--concurrency", "64")
    assert (status, found["success"]["solved"], found["episodes"]["scored"]) == (0, 64, 80)
    assert found["latency_s"]["retries"] == 17


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.SERVER_ERROR, "Status500: scripted at {url}: status 500: scripted failure"),
        (Fault.RATE_LIMIT, "Status429: scripted at {url}: status 429"),
        (Fault.CUT, "Connection: scripted at {url}: the connection failed"),
        (Fault.NOT_JSON, "UnusableAnswer: scripted at {url}: the answer is no JSON"),
        (Fault.EMPTY_CHOICES, "UnusableAnswer: scripted at {url}: the answer has no choice"),
        (Fault.HANG, "Timeout: scripted at {url}: the request timed out"),
    ],
)
def test_a_fault_that_stays_is_an_infra_error_and_no_zero(
    oracle: Any, serve: Any, evaluate: Any, fault: Fault, reason: str
) -> None:
    opening = None

    def fail(number: int, body: Any) -> Fault | None:
        nonlocal opening
        opening = opening or body["messages"][1]["content"]
        return fault if body["messages"][1]["content"] == opening else None

    with serve(oracle(), fail) as server:
        status, found, _ = evaluate(server, "--retries", "2", "--timeout", "0.3")
        (said,) = found["infra_errors"]
        assert said.startswith(reason.format(url=server.url))
    assert status == 3
    assert found["episodes"] == {"asked": 10, "scored": 9, "infra_error": 1, "not_played": 0}
    assert found["success"]["rate"] == 1.0
    assert "(attempt 3)" in said


def test_when_all_fails_there_is_still_a_summary(evaluate: Any, capsys: Any) -> None:
    with ScriptedServer(lambda body: Reply()) as server:
        dead = server.url
    status, found, _ = evaluate(dead, "--retries", "0")
    assert status == 3
    assert found["episodes"] == {"asked": 10, "scored": 0, "infra_error": 10, "not_played": 0}
    assert found["pass_hat_k"] == {}
    arguments = ["evaluate", "--base-url", dead, "--model", "m", "--tasks", "2", "--retries", "0"]
    assert main(arguments) == 3
    shown = capsys.readouterr().out
    assert "2 episodes failed (infra_error) and are in no rate" in shown
    assert "2 x Connection: m at" in shown


def test_a_server_that_died_is_not_asked_for_ever(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out.jsonl"), "--trials", "10", "--concurrency", "4")
    died = 30
    with serve(oracle(), lambda number, body: Fault.CUT if number >= died else None) as server:
        status, found, said = evaluate(server, *out, "--retries", "0")
        assert status == 3
        assert 12 <= found["episodes"]["infra_error"] <= 20
        assert found["episodes"]["not_played"] >= 70
        assert found["success"]["rate"] == 1.0
        assert "Episode after episode failed; no further one was begun." in said
        died = 10**9
        status, found, _ = evaluate(server, *out)
    assert (status, found["success"]["solved"]) == (0, 100)


def test_truncated_turns_are_counted_and_parsed_as_what_they_are(
    oracle: Any, serve: Any, evaluate: Any
) -> None:
    with serve(oracle(), lambda number, body: Fault.LENGTH) as server:
        status, found, _ = evaluate(server)
    assert status == 0
    assert found["turns"]["finish_reasons"] == {"length": found["parse"]["turns"]}
    assert found["turns"]["truncation_rate"] == 1.0
    assert found["parse"]["faults"]["truncated"] > 0
    assert found["success"]["solved"] == 0


def test_a_full_context_is_scored_as_a_failure(serve: Any, evaluate: Any) -> None:
    def answer(body: Any) -> Reply:
        return Reply(text="Hello?")

    class Small(ScriptedServer):
        async def _respond(self, method, path, body, writer):  # type: ignore[no-untyped-def]
            if len(json.loads(body)["messages"]) > 4:
                from agent_env.endpoints.scripted_server import _error, _send

                error = _error("This model's maximum context length is 9 tokens.")
                return await _send(writer, 400, error)
            return await super()._respond(method, path, body, writer)

    with Small(answer) as server:
        status, found, _ = evaluate(server)
    assert status == 0
    assert found["success"]["ci95"][1] < 0.4
    assert found["stop"] == {"unfinished": 10, "of which context_full": 10}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--domain", "retial"), "There is no domain 'retial'."),
        (("--domain-option", "prompt"), "--domain-option is 'prompt'; give KEY=VALUE."),
        (("--domain-option", "promt=x"), "Did you mean 'prompt'?"),
        (("--tasks", "0"), "--tasks is 0; give 1 or more."),
        (("--concurrency", "0"), "--concurrency is 0; give 1 or more."),
        (("--retries", "-1"), "--retries is -1; give 0 or more."),
        (("--base-url", "localhost"), "The base URL is 'localhost'"),
        (("--user-base-url", "http://x"), "--user-base-url is given without --user-model"),
        (("--out", "/proc/no/out.jsonl"), "/proc/no: No such file or directory."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    evaluate: Any, arguments: tuple[str, ...], message: str
) -> None:
    status, found, said = evaluate("http://127.0.0.1:1/v1", *arguments)
    assert (status, found) == (2, None)
    assert message in said
    assert said.count("\n") == 1


def test_the_settings_of_requests_reach_the_server(oracle: Any, serve: Any, evaluate: Any) -> None:
    bodies = []
    play = oracle()

    def answer(body: Any) -> Reply:
        bodies.append(body)
        reply: Reply = play(body)
        return reply

    sampling = ("--temperature", "0.2", "--top-p", "0.9", "--max-tokens", "99")
    further = ("--request", "top_k=5", "--request", "reasoning_effort=low")
    stops = ("--stop", "END", "--stop", "recommended")
    with serve(answer) as server:
        evaluate(server, *sampling, *further, *stops, "--trials", "2")
        unseeded = len(bodies)
        evaluate(server, "--no-send-seed", "--native-tools")
    first = {key: value for key, value in bodies[0].items() if key not in ("messages", "seed")}
    assert first == {
        "model": "scripted",
        "temperature": 0.2,
        "top_p": 0.9,
        "max_tokens": 99,
        "top_k": 5,
        "reasoning_effort": "low",
        "stop": ["END", "<|im_start|>", "<|im_end|>", "<|endoftext|>"],
    }
    assert len({body["seed"] for body in bodies[:unseeded]}) == 20
    assert not any("seed" in body for body in bodies[unseeded:])
    schemas = load_domain("retail_mini").schemas
    assert all(body["tools"] == schemas for body in bodies[unseeded:])


def test_a_key_comes_from_the_environment_and_goes_nowhere_else(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "OUR_KEY", "secret-key")
    path = tmp_path / "out.jsonl"
    with serve(oracle()) as server:
        _, found, said = evaluate(server, "--api-key-env", "OUR_KEY", "--out", str(path))
    assert "secret-key" not in path.read_text() + said + json.dumps(found)


def test_a_model_plays_the_customer(oracle: Any, serve: Any, evaluate: Any) -> None:
    play = oracle()

    def answer(body: Any) -> Reply:
        if body["model"] == "scripted":
            reply: Reply = play(body)
            return reply
        wish = body["messages"][0]["content"].split("# Who you are and what you want\n")[1]
        said = sum(one["role"] == "user" for one in body["messages"])
        return Reply(text=wish.split("\n")[0] if said == 1 else "Thank you. [LEAVE]")

    with serve(answer) as server:
        status, found, _ = evaluate(server, "--user-model", "customer", "--user-temperature", "1")
        assert (status, found["success"]["solved"]) == (0, 10)
        assert found["customer"]["replies"] == 20
        assert found["customer"]["prompt_tokens"] > 1000
        assert found["settings"]["user"] == {
            "model": "customer",
            "request": {"temperature": 1.0, "max_tokens": 512},
        }
        status, found, _ = evaluate(server, "--user-model", "c", "--user-budget", "1500")
    assert status == 3
    assert any("budget of 1500 tokens is spent" in reason for reason in found["infra_errors"])


@pytest.mark.parametrize(
    ("options", "prompt", "turns"),
    [
        (("--native-tools",), "retail_native", 30),
        (("--native-tools", "--domain-option", "prompt=retail", "--max-turns", "7"), "retail", 7),
        ((), "retail", 30),
    ],
)
def test_native_tools_get_the_prompt_for_them_and_a_domain_its_turns(
    serve: Any,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    prompt: str,
    turns: int,
) -> None:
    heard: list[Any] = []

    def answer(body: Any) -> Reply:
        heard.append(body)
        return Reply(text="One moment.")

    with serve(answer) as server:
        given = ("--base-url", server.url, "--model", "m", "--tasks", "1", "--json", *options)
        assert main(["evaluate", *given]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["settings"]["domain_options"]["prompt"] == prompt
    assert found["settings"]["max_turns"] == len(heard) == turns
    assert heard[0]["messages"][0]["content"] == load_domain("retail", prompt=prompt).system_prompt
