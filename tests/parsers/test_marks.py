"""The tables of thoughts and turns, and the one expression that finds all of their marks."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import FaultKind, ParseStatus, parse
from parsers.formats import load_all
from parsers.lexer import Role, lexer, prefix_tree
from parsers.reasoning import CLOSERS, FAMILIES
from parsers.turns import HEADERS, ROLE_AT_START, ROLE_LINE, SPECIAL_TOKENS, TURN_MARKS

CALL = '<tool_call>{"name": "f", "arguments": {"x": 1}}</tool_call>'


@given(st.lists(st.text(alphabet="<|ab>", min_size=1, max_size=5), min_size=1, max_size=12))
def test_a_prefix_tree_matches_its_literals_longest_first(literals: list[str]) -> None:
    # All of one tree begin with the same character, as in the table of marks.
    literals = [f"<{literal}" for literal in literals]
    pattern = re.compile(prefix_tree(literals))
    for literal in literals:
        found = pattern.match(literal + "z")
        assert found is not None
        assert found.group() == max(
            (other for other in literals if literal.startswith(other)), key=len
        )
    assert pattern.match("zz") is None


@pytest.mark.parametrize("literal", sorted(lexer().roles), ids=ascii)
def test_every_literal_is_found_where_it_stands(literal: str) -> None:
    found = lexer().search.search(f"some text {literal}")
    assert found is not None
    assert (found.start(), found.group()) == (10, literal)


def test_the_tables_do_not_contradict_each_other() -> None:
    roles = lexer().roles
    for one in load_all():
        for marker in one.markers:
            assert roles[marker] is Role.FORMAT
            assert one in lexer().by_marker[marker]
    for opener in FAMILIES:
        assert roles[opener] is Role.THOUGHT_OPENER
    assert {roles[mark] for mark in TURN_MARKS} == {Role.TURN}
    assert set(SPECIAL_TOKENS).isdisjoint(TURN_MARKS)
    assert set(HEADERS).isdisjoint(TURN_MARKS)


@pytest.mark.parametrize("opener", FAMILIES, ids=ascii)
def test_every_family_of_thoughts(opener: str) -> None:
    closer = FAMILIES[opener]
    turn = parse(f"{opener}They ask. {CALL}{closer}Hello.")
    assert (turn.status, turn.reasoning, turn.content) == (
        ParseStatus.MESSAGE,
        f"They ask. {CALL}",
        "Hello.",
    )
    if closer in CLOSERS:
        rest = parse(f"They ask.{closer}{CALL}", reasoning="open")
        assert (rest.reasoning, len(rest.calls)) == ("They ask.", 1)


@pytest.mark.parametrize("mark", [*TURN_MARKS, *(f"{head}user\n" for head in HEADERS)], ids=ascii)
def test_nothing_counts_behind_a_turn_mark(mark: str) -> None:
    turn = parse(f"{CALL}\n{mark} {CALL}")
    assert len(turn.calls) == 1
    assert turn.calls[0].span[0] == 0


@pytest.mark.parametrize("token", SPECIAL_TOKENS, ids=ascii)
def test_a_special_token_at_the_end_is_no_content(token: str) -> None:
    assert parse(f"Hello.{token}").content == "Hello."
    assert len(parse(f"{CALL}{token}").calls) == 1


def test_a_line_that_only_looks_like_a_role_is_text() -> None:
    role = re.compile(ROLE_LINE)
    for text in ("\nUser: x", "\n  Human : x", "\nuser\nx", "\nObservation: 3"):
        assert role.search(text)
        assert ROLE_AT_START.match(text[1:].lstrip())
    for text in ("\nUsers: x", "\nuser input\n", "the User: x", "\nThe observation: x"):
        assert role.search(text) is None


@pytest.mark.parametrize(
    "line",
    [
        "\r\nuser\r\n",
        "\nuser: ",
        "\nobservation: ",
        "\n**Observation:** ",
        "\n**User**: ",
        "\n### User:\n",
        "\nTool: ",
        "\nTool result: ",
        "\ntool_response: ",
        "\nfunction output: ",
    ],
    ids=ascii,
)
def test_behind_a_call_every_kind_of_role_line_ends_the_turn(line: str) -> None:
    turn = parse(f"{CALL}{line}ok {CALL}")
    assert [call.span[0] for call in turn.calls] == [0]
    assert [fault.kind for fault in turn.faults] == [FaultKind.INVENTED_TURN]


def test_a_faint_role_line_is_data_unless_it_stands_alone_behind_a_sentence() -> None:
    for text in ("The entry:\nuser: bob\n", "Sent.\n**User:** Ann", "It is:\ntool:\n- saw"):
        turn = parse(f"{text}\n{CALL}")
        assert (len(turn.calls), turn.faults) == (1, ())
    turn = parse(f"Which city?\nuser:\nParis\n{CALL}")
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, "Which city?")


@pytest.mark.parametrize(
    "mark",
    [
        "<|turn>user\n",
        "<|start_of_role|>user<|end_of_role|>",
        "]~b]user\n",
        "<seed:bos>user\n",
        '<|open|>message role="tool"<|sep|>',
        "<|im_system|>tool<|im_middle|>",
    ],
)
def test_the_headers_of_other_roles_end_the_turn(mark: str) -> None:
    turn = parse(f"{CALL}{mark}{CALL}")
    assert len(turn.calls) == 1
    assert [fault.kind for fault in turn.faults] == [FaultKind.INVENTED_TURN]


@pytest.mark.parametrize("name", ["thought", "Reasoning", "analysis", "scratchpad", "Think"])
def test_other_names_of_a_thought_count_where_a_turn_begins(name: str) -> None:
    turn = parse(f"<{name}>I could {CALL}</{name}>\nHello.")
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, "Hello.")
    assert parse(f"<think>x</think><{name}>{CALL}</{name}>Hello.").calls == ()


def test_a_faint_thought_in_an_answer_is_text() -> None:
    for text in ("So: <analysis>x</analysis> y", "A </analysis> b", "```\n<thought>\n```"):
        assert parse(text).content == text
    assert len(parse(f"Here: <analysis>{CALL}</analysis>").calls) == 1


@pytest.mark.parametrize("unit", ["<pad>\n", "</s>\n", "<pad>" * 4000 + " " * 1_000_000])
def test_end_tokens_in_the_text_cost_no_look_at_the_rest(unit: str) -> None:
    text = unit * (1_000_000 // len(unit) + 1)
    start = time.process_time()
    parse(text)
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>{CALL}",
        f"<tool_call>\n{CALL}",
        CALL.replace("<tool_call>", "<tool_call>\ufeff"),
        CALL.replace("<tool_call>", "<tool_call>\u200b\u00a0"),
        CALL.replace("<tool_call>", "<tool_call>```json\n").replace("</", "\n```</"),
    ],
    ids=ascii,
)
def test_what_a_model_puts_around_a_payload_is_no_fault(text: str) -> None:
    turn = parse(text)
    assert (len(turn.calls), turn.faults, turn.content) == (1, (), "")
