from __future__ import annotations

import asyncio

import pytest

from agent_env import ToolEnv, load_domain
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer
from agent_env.external.of_turns import attempt_of_turn
from agent_env.types import StopReason
from parsers import ParseStatus, parse

DOMAIN = load_domain("retail_mini")
UNKNOWN = '<tool_call>{"name": "get_ordr", "arguments": {"order_id": "#W0000"}}</tool_call>'
UNREAD = '<tool_call>{"name": "get_order", "arguments": {"order_id": '
BAD = '<tool_call>{"name": "get_order", "arguments": "#W0000"}</tool_call>'


def episode(**options: object) -> ToolEnv:
    domain = load_domain("retail_mini", **options)
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    return env


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        (UNREAD, [False, None, None, None]),
        (UNKNOWN, [True, False, None, None]),
        (BAD, [True, True, False, None]),
        ("", [False, None, None, None]),
    ],
)
def test_levels_of_a_malformed_turn(text: str, passed: list[bool | None]) -> None:
    parsed = parse(text, DOMAIN.schemas)
    assert parsed.status is ParseStatus.MALFORMED
    attempt = attempt_of_turn(parsed, 1, 3)
    assert [level.name for level in attempt.levels] == [
        *("parsed", "tool known", "arguments valid", "tool accepted"),
    ]
    assert [level.passed for level in attempt.levels] == passed


@pytest.mark.parametrize("name", ["retail", "retail_mini"])
def test_without_a_mode_the_words_are_the_domains_own(name: str) -> None:
    domain = load_domain(name)
    assert domain.corrective is None
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    (said,) = env.step(UNKNOWN).messages
    assert said["content"].startswith("The customer has not seen that turn.")
    assert "ruling" not in env.trajectory["turns"][0]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("level_feedback", "tool known: failed: "),
        ("level_passed", "parsed: passed\ntool known: failed\narguments valid: not reached"),
        ("passed", "The turn did not pass; revise it."),
        ("plain", "This was your last turn:\n```\n<tool_call>"),
    ],
)
@pytest.mark.parametrize("name", ["retail", "retail_mini"])
def test_a_mode_words_malformed_turns_for_the_model_alone(name: str, mode: str, words: str) -> None:
    domain = load_domain(name, external_mode=mode)
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    result = env.step(UNKNOWN)
    (said,) = result.messages
    assert said["role"] == "tool"
    assert words in said["content"]
    assert result.info["ruling"]["levels"]["tool known"] is False
    assert result.reward < 0


def test_calls_and_messages_are_answered_as_ever() -> None:
    plain, worded = episode(), episode(external_mode="passed")
    call = '<tool_call>{"name": "get_order", "arguments": {"order_id": "#W1"}}</tool_call>'
    for text in ("What is your order number?", call):
        assert plain.step(text).messages == worded.step(text).messages


EDIT = "The name.\n<<<<< FIND\n" + UNKNOWN + "\n=====\nget_order\n>>>>> REPLACE"


def expert(url: str, **options: object) -> ToolEnv:
    return episode(
        external_mode="expert_edits",
        external_expert_edits_model="m",
        external_expert_edits_url=url,
        **options,
    )


def test_an_expert_may_mend_a_turn() -> None:
    with ScriptedServer(lambda body: Reply(text=EDIT)) as server:
        said = asyncio.run(expert(server.url).astep(UNKNOWN)).messages[0]
    assert said["role"] == "tool"
    assert "An expert proposes these edits." in said["content"]


def test_an_expert_that_fails_ends_the_episode_unless_it_may_be_missed() -> None:
    def fails(*_: object) -> Fault:
        return Fault.NOT_JSON

    with ScriptedServer(lambda body: Reply(), fails) as server:
        env = expert(server.url)
        assert env.step(UNKNOWN).stop_reason is StopReason.INFRA_ERROR
        env = expert(server.url, external_on_failure="plain")
        result = env.step(UNKNOWN)
    assert "none came (UnusableAnswer)" in result.messages[0]["content"]
    assert "UnusableAnswer" in env.trajectory["turns"][0]["ruling"]["failed_edits"]


def test_an_expert_without_a_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no external\.mode is chosen"):
        load_domain("retail_mini", external_expert_edits_model="m")
    with pytest.raises(ValueError, match="Did you mean 'plain'"):
        load_domain("retail", external_mode="plane")
