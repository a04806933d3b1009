from __future__ import annotations

import json
from typing import Any

import pytest

from agent_env import Domain, ToolEnv
from agent_env.endpoints.endpoint import Answer
from agent_env.evaluation.chair import NativeChair, TextChair
from parsers import render


def answer(content: str | None = None, *calls: tuple[str | None, str, Any]) -> Answer:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": given}}
            for call_id, name, given in calls
        ]
    return Answer(
        message=message, finish_reason="stop", prompt_tokens=1, completion_tokens=1, latency_s=0.1
    )


@pytest.fixture
def env(full_domain: Domain) -> ToolEnv:
    return ToolEnv(full_domain, full_domain.tasks(1)[0])


def turn(env: ToolEnv, chair: TextChair, given: Answer) -> bool:
    """Plays a turn; whether it rescued a call."""
    result = env.step(chair.take(given))
    chair.hear(result.messages, result.info["parsed"])
    return chair.is_rescue(result.info["parsed"])


def test_a_text_chat_has_three_roles_and_wraps_tool_answers(env: ToolEnv) -> None:
    chair = TextChair(env.reset())
    order = env.task.slots["order_id"]
    two = render([("get_order", {"order_id": order}), ("get_order", {"order_id": "#W1"})])
    assert not turn(env, chair, answer(two))
    turn(env, chair, answer("One moment."))
    assert [one["role"] for one in chair.messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert chair.messages[2]["content"] == two
    told = chair.messages[3]["content"]
    assert told.count("<tool_response>\n") == told.count("\n</tool_response>") == 2
    assert order in told
    assert chair.options == {}


def test_tool_answers_can_keep_their_role(env: ToolEnv) -> None:
    chair = TextChair(env.reset(), tool_role="tool")
    turn(env, chair, answer(render([("get_order", {"order_id": order_of(env)})])))
    assert chair.messages == env.messages


def test_calls_of_a_server_that_was_not_asked_for_them_are_read_all_the_same(env: ToolEnv) -> None:
    chair = TextChair(env.reset())
    turn(env, chair, answer(None, ("c", "get_order", f'{{"order_id": "{order_of(env)}"}}')))
    assert env.metrics()["tool/ok"] == 1


def order_of(env: ToolEnv) -> str:
    return env.task.slots["order_id"]


def test_a_native_chat_answers_every_call_by_its_id(env: ToolEnv) -> None:
    chair = NativeChair(env.reset(), env.domain.schemas)
    assert chair.options == {"tools": env.domain.schemas}
    given = json.dumps({"order_id": order_of(env)})
    calls = [("a", "get_order", given), ("b", "get_ordr", given), ("c", "list_products", "{}")]
    turn(env, chair, answer("I look.", *calls))
    assistant, *told = chair.messages[2:]
    assert assistant["content"] == "I look."
    assert [call["id"] for call in assistant["tool_calls"]] == ["a", "b", "c"]
    assert [(one["role"], one["tool_call_id"]) for one in told] == [
        ("tool", "a"),
        ("tool", "b"),
        ("tool", "c"),
    ]
    assert order_of(env) in told[0]["content"]
    assert "get_ordr" in told[1]["content"]
    assert "chair" in told[2]["content"]


@pytest.mark.parametrize("broken", ['{"order_id": "#W', "", "[1]", None, {"order_id": 1e999}])
def test_broken_arguments_are_judged_by_our_parser_and_not_sent_back(
    env: ToolEnv, broken: Any
) -> None:
    chair = NativeChair(env.reset(), env.domain.schemas)
    assert not turn(env, chair, answer(None, ("a", "get_order", broken)))
    assert env.metrics()["parse/malformed"] == 1
    assistant, told = chair.messages[2:]
    json.loads(assistant["tool_calls"][0]["function"]["arguments"])
    assert (told["role"], told["tool_call_id"]) == ("tool", "a")
    assert "get_order" in told["content"].lower()


@pytest.mark.parametrize("ids", [("x", "x"), (None, None), ("", "")])
def test_ids_that_tell_nothing_apart_are_replaced(env: ToolEnv, ids: tuple[Any, Any]) -> None:
    chair = NativeChair(env.reset(), env.domain.schemas)
    given = json.dumps({"order_id": order_of(env)})
    turn(env, chair, answer(None, (ids[0], "get_order", given), (ids[1], "list_products", "{}")))
    sent = [call["id"] for call in chair.messages[2]["tool_calls"]]
    assert len(set(sent)) == 2
    assert [one["tool_call_id"] for one in chair.messages[3:]] == sent
    assert order_of(env) in chair.messages[3]["content"]


def test_a_call_left_in_the_text_is_a_rescue_and_answered_as_text(env: ToolEnv) -> None:
    chair = NativeChair(env.reset(), env.domain.schemas)
    left = render([("get_order", {"order_id": order_of(env)})])
    assert turn(env, chair, answer(left))
    assert [one["role"] for one in chair.messages[2:]] == ["assistant", "user"]
    assert order_of(env) in chair.messages[3]["content"]
    assert not turn(env, chair, answer("One moment."))


@pytest.mark.parametrize("calls", ["get_order", [None], [{}], [{"function": "x"}], {"id": 1}])
def test_calls_of_any_shape_are_taken(env: ToolEnv, calls: Any) -> None:
    chair = NativeChair(env.reset(), env.domain.schemas)
    odd = answer()
    odd = Answer(
        message={"tool_calls": calls},
        finish_reason="",
        prompt_tokens=0,
        completion_tokens=0,
        latency_s=0.0,
    )
    turn(env, chair, odd)
    assert env.metrics()["parse/malformed"] == 1
    json.dumps(chair.messages)


def test_what_no_encoding_takes_is_not_sent(env: ToolEnv) -> None:
    for native in (False, True):
        fresh = ToolEnv(env.domain, env.task)
        opening = fresh.reset()
        chair = NativeChair(opening, env.domain.schemas) if native else TextChair(opening)
        turn(fresh, chair, answer("lone \ud800 surrogate"))
        json.dumps(chair.messages, ensure_ascii=False).encode()
