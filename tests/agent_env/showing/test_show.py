"""`show`: both kinds of files, the right record, broken lines named, exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_env import ToolEnv, load_domain
from agent_env.__main__ import main

BAD = '<tool_call>\n{"name": "get_order", "arguments": {"order_id": "#W'


def trajectory(*texts: str, reward: float | None = None) -> dict[str, Any]:
    domain = load_domain("retail_mini")
    env = ToolEnv(domain, domain.tasks(1, 0)[0])
    env.reset()
    for text in texts:
        env.step(text)
    found = json.loads(json.dumps(env.trajectory))
    return found if reward is None else found | {"reward": reward}


def rollout(**changes: Any) -> dict[str, Any]:
    """A line as training writes it."""
    played = trajectory("Hello, one moment.", BAD)
    trained = {
        "trained_reward": -0.5,
        "return": -0.5,
        "advantage": 0.125,
        "prompt_tokens": 131,
        "response_tokens": 17,
        "trained_tokens": 16,
        "generation_stop": "stop",
        "treatment": "trained",
        "warnings": ["repetition"],
    }
    played["turns"][1] |= trained
    return {"step": 7, "session": "3_1", **played, **changes}


def evaluated(**changes: Any) -> dict[str, Any]:
    """A line as evaluate writes it."""
    request = {"prompt_tokens": 90, "completion_tokens": 21, "finish_reason": "length"}
    return {
        "task_number": 0,
        "trial": 2,
        "requests": [request],
        "trajectory": trajectory("Hello there.", **changes),
    }


def write(path: Path, *lines: object) -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["show", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_a_rollout_shows_text_fault_reward_and_what_it_was_trained_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(capsys, write(tmp_path / "rollouts.jsonl", rollout()))
    lines = out.splitlines()
    assert "rollouts.jsonl, line 1, step 7, session 3_1, task " in lines[0]
    at = lines.index("agent, turn 2 of 2")
    assert lines[at + 1] == "  <tool_call>"
    marked = 1 + next(i for i, line in enumerate(lines) if "get_order" in line and i > at)
    assert "^" * 10 in lines[marked]
    for part in (
        "agent, turn 1 of 2",
        "  > read as message, layer message",
        "  > fault truncated at ",
        "  > read as malformed",
        "  > reward -0.50 (parse -0.50)",
        "  > 131 tokens in, 17 out, stop stop",
        "  > trained with reward -0.500, return -0.500, advantage +0.125; 16 tokens, trained",
        '  > warned of ["repetition"]',
        "customer",
        "not solved (unfinished), reward -0.50",
    ):
        assert part in out, part
    assert "\x1b" not in out


def test_an_evaluation_shows_its_requests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(capsys, write(tmp_path / "a.jsonl", evaluated()))
    assert "line 1, trial 2, task " in out
    assert "  > 90 tokens in, 21 out, stop length" in out
    assert "trained with" not in out


def test_best_worst_and_number_choose_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"kind": "OSError", "message": "the server is gone", "retryable": True}
    failed = evaluated(reward=9.0)
    failed["trajectory"]["infra_error"] = failure
    file = write(
        tmp_path / "mixed.jsonl",
        failed,
        rollout(reward=0.5),
        evaluated(reward=1.5),
        rollout(reward=-1.0),
        rollout(reward=1.5),
    )
    assert "line 3," in shown(capsys, file, "--best")
    assert "line 4," in shown(capsys, file, "--worst")
    assert "line 5," in shown(capsys, file, "--number", "5")
    first = shown(capsys, file)
    assert "line 1," in first
    assert "The environment failed: the server is gone" in first


def test_broken_lines_are_named_and_the_rest_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(
        tmp_path / "a.jsonl",
        '{"half": ',
        [1, 2],
        {"messages": 3, "turns": [], "reward": 1},
        rollout(),
        rollout(turns=[{"text": 1}]),
    )
    assert main(["show", file, "--best"]) == 1
    out, err = capsys.readouterr()
    assert "line 4," in out
    assert [f"line {number} is left out" in err for number in range(1, 6)] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert "messages is 3, not a list" in err


@pytest.mark.parametrize(
    ("lines", "arguments", "expected"),
    [
        ([], [], "holds no trajectory; give a file of `evaluate --out`"),
        (["nonsense"], ["--best"], "holds no trajectory, but 1 lines that could not be read"),
        ([{}], ["--number", "1"], "has no trajectory in line 1"),
        ([{}], ["--number", "8"], "has no trajectory in line 8"),
    ],
)
def test_nothing_to_show_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: list[object],
    arguments: list[str],
    expected: str,
) -> None:
    file = write(tmp_path / "a.jsonl", *lines)
    assert main(["show", file, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert expected in err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(tmp_path / "no.jsonl")]) == 2
    assert "no.jsonl: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--number", "0"], ["--best", "--worst"], ["--numbre", "1"]])
def test_arguments_that_cannot_be_followed(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["show", "file", *arguments])
    assert caught.value.code == 2


def test_colours_come_when_asked_for_and_recorded_ones_never_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    painted = rollout()
    painted["messages"][1]["content"] = "I am \x1b[2J\x1b[31mred"
    painted["turns"][0]["text"] = "\x1b]0;title\x07"
    file = write(tmp_path / "a.jsonl", painted)
    out = shown(capsys, file)
    assert "\x1b" not in out
    assert "\\x1b[2J" in out
    coloured = shown(capsys, file, "--color", "always")
    assert "\x1b[31m" in coloured
    assert "\x1b]0" not in coloured


def test_the_system_prompt_is_whole_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = rollout()
    record["messages"][0]["content"] = "\n".join(f"rule {number}" for number in range(30))
    file = write(tmp_path / "a.jsonl", record)
    assert "(24 more lines; --full shows them)" in shown(capsys, file)
    assert "rule 29" in shown(capsys, file, "--full")


HUGE = 10**400
"""A whole number that JSON can hold and no float can."""


@pytest.mark.parametrize(
    "changes",
    [
        {"requests": None},
        {"requests": "none"},
        {"requests": {"a": 1}},
        {"requests": [5]},
        {"step": HUGE},
    ],
)
def test_what_is_no_request_is_left_out(
    changes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Hello there." in shown(
        capsys, write(tmp_path / "a.jsonl", evaluated() | {"trial": 0} | changes)
    )


@pytest.mark.parametrize("value", [None, 5, "x", [5], {}, HUGE, -HUGE, [[]]])
@pytest.mark.parametrize(
    "key",
    ["faults", "repairs", "calls", "components", "reward", "advantage", "return", "warnings"],
)
def test_a_turn_with_anything_in_its_further_keys_is_shown(
    key: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = rollout()
    line["turns"][1][key] = value
    line["turns"][1]["components"] = value if key == "components" else {"outcome": value}
    assert "agent, turn 2 of 2" in shown(capsys, write(tmp_path / "a.jsonl", line))
