from __future__ import annotations

import pytest

from agent_env import Domain
from agent_env.whole_body import is_strict_lost, reads_call
from parsers import parse

NAMES = ("get_order",)
CALL = '{"name": "get_order", "arguments": {"order_id": "#W1"}}'


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"\n {CALL} \n",
        f'{{"tool_calls": [{CALL}]}}',
        f'{{"tool_calls": [{{"type": "function", "function": {CALL}}}]}}',
        f'{{"tool_calls": [1, {{"name": "nope"}}, {CALL}]}}',
    ],
)
def test_whole_bodies_are_read(text: str) -> None:
    assert reads_call(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        f"Sure. {CALL}",
        f"```json\n{CALL}\n```",
        f"<tool_call>{CALL}</tool_call>",
        CALL[:-1],
        '{"name": "nope", "arguments": {}}',
        '{"name": "get_order"}',
        '{"name": {"a": 1}, "arguments": {}}',
        '{"tool_calls": 1}',
        '{"tool_calls": [{"function": null}]}',
        "[" + CALL + "]",
        '{"a":' * 100_000,
        '{"tool_calls": ' + "9" * 5_000 + "}",
        '{"name": "\ud800", "arguments": {}}',
    ],
)
def test_anything_else_is_lost_and_never_raises(text: str) -> None:
    assert not reads_call(text, NAMES)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (CALL, False),
        (f"<tool_call>\n{CALL}\n</tool_call>", True),
        ("Hello, how can I help?", False),
        ("", True),
    ],
)
def test_only_attempts_can_be_lost(domain: Domain, text: str, lost: bool) -> None:
    assert is_strict_lost(text, parse(text, domain.schemas), domain.tool_names) is lost
