"""What is done with the files of evaluations: scoring again, and comparing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_env.__main__ import main
from agent_env.endpoints.scripted_server import Reply
from parsers import render


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the file with every record changed."""
    copy = path.with_name("edited.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        change(record)
    copy.write_text("".join(json.dumps(record) + "\n" for record in records))
    return copy


@pytest.fixture
def played(oracle: Any, serve: Any, evaluate: Any, tmp_path: Path) -> Callable[..., Path]:
    """The file of an evaluation."""

    def play(name: str, *arguments: str, answer: Any = None, fail: tuple[int, ...] = ()) -> Path:
        path = tmp_path / f"{name}.jsonl"
        with serve(answer or oracle(fail=fail)) as server:
            evaluate(server, "--out", str(path), *arguments)
        return path

    return play


@pytest.mark.parametrize("mode", [(), ("--native-tools",)])
def test_scoring_again_gives_the_recorded_scores(
    played: Any, capsys: Any, mode: tuple[str, ...]
) -> None:
    path = played("out", *mode, fail=(3, 7))
    assert main(["rescore", str(path)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "10 episodes scored again, 0 not as recorded.\n"


def test_scoring_again_with_a_customer_that_a_model_played(
    oracle: Any, played: Any, capsys: Any
) -> None:
    play = oracle()

    def answer(body: Any) -> Reply:
        if body["model"] == "scripted":
            reply: Reply = play(body)
            return reply
        wish = body["messages"][0]["content"].split("# Who you are and what you want\n")[1]
        said = sum(one["role"] == "user" for one in body["messages"])
        return Reply(text=wish.split("\n")[0] if said == 1 else "Thank you. [LEAVE]")

    path = played("out", "--user-model", "customer", answer=answer)
    assert main(["rescore", str(path)]) == 0

    def break_call(record: dict[str, Any]) -> None:
        record["trajectory"]["turns"][0]["text"] = "Hello."

    assert main(["rescore", str(edited(path, break_call))]) == 1
    assert "the customer was not asked in turn 1" in capsys.readouterr().out


def test_what_is_not_as_recorded_is_said(played: Any, capsys: Any) -> None:
    path = played("out")

    def claim(record: dict[str, Any]) -> None:
        if record["task_number"] == 4:
            record["trajectory"]["turns"][1]["text"] = "Hello."

    assert main(["rescore", str(edited(path, claim))]) == 1
    said = capsys.readouterr()
    assert "retail_mini-0-4, trial 0: success True -> False; reward" in said.out
    assert "turn 2: calls -> message" in said.out
    assert said.err == "10 episodes scored again, 1 not as recorded.\n"
    assert main(["rescore", "--json", str(path.with_name("edited.jsonl"))]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["task"], told["before"], told["after"]) == ("retail_mini-0-4", True, False)


def test_a_record_of_a_world_that_is_gone_is_left_out(played: Any, capsys: Any) -> None:
    def move(record: dict[str, Any]) -> None:
        record["trajectory"]["domain"]["options"]["seed"] = 1

    assert main(["rescore", str(edited(played("out"), move))]) == 1
    said = capsys.readouterr().err
    # Which episode ended first is chance.
    assert re.search(
        r"edited.jsonl, line 1 is left out: Task retail_mini-0-\d comes from world", said
    )
    assert "load the domain with the options" in said
    assert said.endswith("0 episodes scored again, 0 not as recorded, 10 lines left out.\n")


def at(record: Any, place: str, value: Any) -> None:
    """Puts the value into the record, or takes out what is there for `GONE`."""
    *steps, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    for step in steps:
        record = record[step]
    if value is GONE:
        del record[last]
    else:
        record[last] = value


GONE = object()
UNREADABLE = ["[" * 100_000, "null", "5", "[]", "{}", "hello", '{"a":' + "9" * 5000 + "}", "\x00"]
IN_NO_FIGURE = [
    ("settings", "a"),
    ("commit", ["a"]),
    ("task_number", float("inf")),
    ("task_number", "7"),
    ("task_number", True),
    ("trial", float("nan")),
    ("trial", -1),
    ("counts", {"a": "b"}),
    ("counts", {"reward/success": float("nan")}),
    ("counts", {"parse/turns": 1e308}),
    ("requests", ["a"]),
    ("requests.0.prompt_tokens", "x"),
    ("requests.0.completion_tokens", 10**400),
    ("requests.0.retried", 5),
    ("requests.0.latency_s", None),
    ("wall_s", float("-inf")),
    ("trajectory", []),
    ("trajectory.turns", None),
    ("trajectory.turns", []),
    ("trajectory.turns.0.calls", GONE),
    ("trajectory.task.id", 5),
    ("trajectory.success", GONE),
    ("trajectory.infra_error", "x"),
    ("trajectory.infra_error", {}),
]
NOT_TO_BE_SCORED = [
    ("settings.user", GONE),
    ("settings.max_turns", "a"),
    ("settings.max_turns", 0),
    ("trajectory.turns.0.text", GONE),
    ("trajectory.turns.0.text", 5),
    ("trajectory.turns.0.status", GONE),
    ("trajectory.messages", GONE),
    ("trajectory.messages", [1]),
    ("trajectory.domain", GONE),
    ("trajectory.domain", {"name": "zzz", "options": {}}),
    ("trajectory.domain", {"name": "retail_mini", "options": {"a": 1}}),
    ("trajectory.domain.options.kinds", [["cancel"]]),
    ("trajectory.task.goals", GONE),
    ("trajectory.task.facts", 5),
    ("trajectory.task.gold_calls", [["x"]]),
    ("trajectory.told", GONE),
    ("trajectory.stop_reason", GONE),
    ("trajectory.state_hash", 5),
]


def test_a_line_that_is_no_record_is_named_and_the_rest_is_read(
    played: Any, evaluate: Any, capsys: Any
) -> None:
    path = played("out")
    whole = path.read_text().splitlines()
    broken = list(UNREADABLE)
    for place, value in IN_NO_FIGURE:
        record = json.loads(whole[0])
        at(record, place, value)
        broken.append(json.dumps(record))
    damaged = path.with_name("damaged.jsonl")
    damaged.write_text("\n".join([*broken, *whole]) + "\n")

    def said_of_each(said: str) -> bool:
        lines = [line for line in said.splitlines() if " is left out: " in line]
        named = [f"agent_env: {damaged}, line {number} is" for number in range(1, len(broken) + 1)]
        told = zip(lines, named, strict=True)
        return all(line.startswith(name) and len(line) < 500 for line, name in told)

    assert main(["rescore", str(damaged)]) == 1
    said = capsys.readouterr().err
    assert said_of_each(said)
    left = len(broken)
    assert f"10 episodes scored again, 0 not as recorded, {left} lines left out." in said
    assert main(["evaluate", "compare", str(damaged), str(path), "--json"]) == 0
    told = capsys.readouterr()
    one, other = json.loads(told.out)["summaries"]
    assert said_of_each(told.err)
    assert one == other
    status, found, said = evaluate("http://127.0.0.1:1/v1", "--out", str(damaged))
    assert (status, found["success"]["solved"]) == (0, 10)
    assert said_of_each(said)


def test_a_record_that_cannot_be_scored_again_stops_no_other(played: Any, capsys: Any) -> None:
    path = played("out")
    whole = path.read_text().splitlines()
    broken = []
    for place, value in NOT_TO_BE_SCORED:
        record = json.loads(whole[0])
        at(record, place, value)
        broken.append(json.dumps(record))
    damaged = path.with_name("damaged.jsonl")
    damaged.write_text("\n".join([*broken, *whole]) + "\n")
    assert main(["rescore", str(damaged)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    for number, (place, _) in enumerate(NOT_TO_BE_SCORED, 1):
        assert f"damaged.jsonl, line {number} is left out: " in said.err, place
    assert f"10 episodes scored again, 0 not as recorded, {len(broken)} lines left" in said.err
    # The figures do not need what scoring needs.
    assert main(["evaluate", "compare", str(damaged), str(path), "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_two_files_side_by_side(oracle: Any, played: Any, capsys: Any) -> None:
    play = oracle(fail=(3,))

    def leave_in_text(body: Any) -> Reply:
        """As a server whose tool parser misses half of the calls."""
        reply: Reply = play(body)
        if reply.calls and body["messages"][1]["content"].startswith("Please"):
            return Reply(text=render(reply.calls))
        return reply

    one = played("text", answer=oracle(fail=(5, 7)))
    other = played("native", "--native-tools", answer=leave_in_text)
    assert main(["evaluate", "compare", str(one), str(other), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["success"]["solved"] for each in found["summaries"]] == [8, 9]
    assert found["solved_by_one"] == [
        ["retail_mini-0-3"],
        ["retail_mini-0-5", "retail_mini-0-7"],
    ]
    lost = found["summaries"][1]["server_lost"]
    assert lost["turns"] >= 2 * lost["solved_by_rescue"] > 0
    assert found["summaries"][0]["server_lost"]["turns"] == 0
    assert main(["evaluate", "compare", str(one), str(other)]) == 0
    shown = capsys.readouterr().out
    assert "solved only by native.jsonl: 2 of the tasks (retail_mini-0-5, retail_mini-0-7)" in shown
    assert "setting native_tools: False, True" in shown
    assert "calls the server left" in shown
    assert max(map(len, shown.splitlines())) < 140


def test_files_without_anything_in_common_are_refused(
    played: Any, tmp_path: Path, capsys: Any
) -> None:
    def renumber(record: dict[str, Any]) -> None:
        record["trial"] = 99

    path = played("out")
    assert main(["evaluate", "compare", str(path), str(edited(path, renumber))]) == 2
    assert "no played task and trial in common" in capsys.readouterr().err
    (tmp_path / "empty.jsonl").write_text("")
    assert main(["evaluate", "compare", str(path), str(tmp_path / "empty.jsonl")]) == 2
    assert "empty.jsonl holds no record of an evaluation." in capsys.readouterr().err
    assert main(["rescore", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl: No such file or directory." in capsys.readouterr().err
