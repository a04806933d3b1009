from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_env import Domain
from agent_env.feedback import answer_text, cut, encodable, malformed_text
from agent_env.types import Wording
from parsers import FaultKind, parse

BROKEN = {
    FaultKind.EMPTY_RESPONSE: "",
    FaultKind.TRUNCATED: '<tool_call>\n{"name": "get_order", "arguments": {"order_id": "#W1',
    FaultKind.UNKNOWN_TOOL: '<tool_call>\n{"name": "get_ordr", "arguments": {}}\n</tool_call>',
    FaultKind.UNFINISHED_REASONING: "<think>I should call",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_compact_feedback_names_the_fault_in_at_most_twelve_other_words(
    domain: Domain, kind: FaultKind
) -> None:
    text = malformed_text(parse(BROKEN[kind], domain.schemas), Wording.COMPACT)
    assert f"({kind.value})" in text
    assert len(text.split()) <= 13


@pytest.mark.parametrize("kind", BROKEN)
def test_full_feedback_holds_what_the_parser_says(domain: Domain, kind: FaultKind) -> None:
    parsed = parse(BROKEN[kind], domain.schemas)
    assert parsed.feedback() in malformed_text(parsed, Wording.FULL)


def test_answers_are_compact_json() -> None:
    assert answer_text({"city": "Málaga", "total": None}) == '{"city":"Málaga","total":null}'


@pytest.mark.parametrize("answer", [float("nan"), {1, 2}])
def test_answers_that_are_no_json_are_refused(answer: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        answer_text(answer)


def test_long_answers_say_where_they_were_cut() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abcd\n[cut at 4 characters]"


def test_lone_surrogates_are_replaced() -> None:
    assert encodable("é\ud800!") == "é?!"


def test_invalid_arguments_are_told_all_at_once(domain: Domain, call: Callable[..., str]) -> None:
    turn = parse(call("cancel_order", reason="bored", when="now"), domain.schemas)
    assert {"order_id", "reason", "when"} <= {
        word for fault in turn.faults for word in fault.message.split()
    }
