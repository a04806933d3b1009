"""Rollouts on disk, conversations every n turns, examples every n steps."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from training import jsonl
from training.generations import Generation
from training.hygiene import looked_at
from training.rollouts import EXAMPLE_COLUMNS, RolloutLog, examples_of, record, turn_lines
from training.turns import TurnRecord


@dataclass
class Played:
    session: str
    trajectory: dict[str, Any]
    rewards: list[float]
    turns: tuple[TurnRecord, ...] = ()


def played(session: str, *texts: str, reward: float = -0.5) -> Played:
    turns, messages = [], [{"role": "user", "content": "please"}]
    for text in texts:
        lost = text.startswith("<")
        fault = {"kind": "truncated", "span": [0, len(text)], "message": "cut"}
        turns.append(
            {
                "text": text,
                "status": "malformed" if lost else "message",
                "layer": "hermes" if lost else "message",
                "faults": [fault] if lost else [],
                "reward": reward,
            }
        )
        messages += [{"role": "assistant", "content": text}, {"role": "user", "content": "ok"}]
    trajectory = {"turns": turns, "messages": messages, "stop_reason": "max_turns"}
    return Played(session=session, trajectory=trajectory, rewards=[reward] * len(texts))


BATCH = [
    played("a", "<tool_call>\n{", "<tool"),
    played("b", "done \ud800", reward=1.0),
    played("c", "hello"),
]


def written(tmp_path: Path, *, debug: bool, turns: int = 5, steps: int = 50) -> RolloutLog:
    log = RolloutLog(
        tmp_path / "rollouts.jsonl",
        debug=debug,
        conversations_every_turns=turns,
        generations_every_steps=steps,
    )
    for step in (1, 2, 3):
        log.write(step, BATCH)
    return log


def test_every_episode_is_on_disk_whole_and_in_order(tmp_path: Path) -> None:
    written(tmp_path, debug=False)
    rows = jsonl.read(tmp_path / "rollouts.jsonl")
    assert [(row["step"], row["session"]) for row in rows] == [
        (step, name) for step in (1, 2, 3) for name in "abc"
    ]
    assert rows[1]["turns"][0]["text"] == "done \ud800"
    assert [row["trained_reward"] for row in rows[:3]] == [-1.0, 1.0, -0.5]


@pytest.mark.parametrize(("turns", "conversations"), [(1, 9), (4, 3), (5, 2), (100, 0)])
def test_a_conversation_is_logged_every_n_turns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, turns: int, conversations: int
) -> None:
    with caplog.at_level(logging.INFO, logger="callforge.rollouts"):
        written(tmp_path, debug=True, turns=turns)
    found = [r.message for r in caplog.records if r.message.startswith("conversation")]
    assert len(found) == conversations


def test_a_logged_conversation_says_who_spoke_and_what_became_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="callforge.rollouts"):
        written(tmp_path, debug=True, turns=1)
    said = caplog.records[0].message
    for part in (
        "     user: 'please'",
        "assistant: '<tool_call>\\n{'",
        "[malformed] layer hermes, fault truncated at 0-13, reward -0.50",
    ):
        assert part in said


def test_without_debugging_nothing_is_logged_but_examples_are_kept_for_the_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="callforge.rollouts"):
        log = written(tmp_path, debug=False, steps=3)
    assert not caplog.records
    rows = log.take_examples()
    assert [row[:2] for row in rows[:4]] == [
        (1, "worst"),
        (1, "median"),
        (1, "best"),
        (1, "lost call"),
    ]
    assert {row[0] for row in rows} == {1, 3}
    assert all(len(row) == len(EXAMPLE_COLUMNS) for row in rows)
    assert log.take_examples() == []


def test_examples_without_a_lost_call_are_three() -> None:
    assert list(examples_of(BATCH[1:])) == ["worst", "median", "best"]


def trained(text: str, stop: str, advantage: float | None) -> TurnRecord:
    generation = Generation(prompt_tokens=90, response_tokens=12, stop_reason=stop)
    look = looked_at(text, stop, wants_code=True)
    return TurnRecord(
        generation=generation,
        look=look,
        reward=-0.5,
        return_to_go=0.25,
        advantage=advantage,
        trained_tokens=11,
    )


def test_a_record_says_what_each_turn_was_trained_with() -> None:
    episode = played("s", "<tool_call>", "hello there")
    episode.turns = (trained("<tool_call>", "length", None), trained("hello there", "stop", 0.75))
    first, second = record(3, episode)["turns"]
    assert first["text"] == "<tool_call>"
    assert first["faults"]
    assert first["treatment"] == "truncated"
    assert first["advantage"] is None
    assert second == {
        **episode.trajectory["turns"][1],
        "trained_reward": -0.5,
        "return": 0.25,
        "advantage": 0.75,
        "prompt_tokens": 90,
        "response_tokens": 12,
        "trained_tokens": 11,
        "generation_stop": "stop",
        "treatment": "trained",
        "warnings": ["short_answers"],
    }
    assert "advantage" not in episode.trajectory["turns"][1]


def test_with_debugging_every_turn_says_what_it_was_given_and_how_it_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    episode = played("s", "<tool_call>", "hello there")
    episode.turns = (trained("<tool_call>", "length", None), trained("hello there", "stop", 0.75))
    assert list(turn_lines(3, episode))[1] == (
        logging.WARNING,
        "turn 2 of s, step 3: 3 messages (user assistant user), 90 tokens; answer of 11 "
        "characters, 12 tokens, stop stop, trained, warning: short_answers",
    )
    for debug, lines in ((False, 0), (True, 2)):
        caplog.clear()
        log = RolloutLog(
            tmp_path / f"{debug}.jsonl",
            debug=debug,
            conversations_every_turns=99,
            generations_every_steps=99,
        )
        with caplog.at_level(logging.DEBUG, logger="callforge.rollouts"):
            log.write(2, [episode])
        assert sum(one.message.startswith("turn ") for one in caplog.records) == lines
