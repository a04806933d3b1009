"""Where the text of a named field ends when it holds, or is followed by, the format's own marks."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, ParseStatus, parse, render

END = "\n</parameter>\n</function>\n</tool_call>"


def arguments(text: str) -> list[dict[str, Any]]:
    return [call.arguments for call in parse(text).calls]


@pytest.mark.parametrize(
    ("rest", "kinds"),
    [
        (f"\n<tool_response>\ndone\n</tool_response>{END}", [FaultKind.INVENTED_TURN]),
        (f"\nUser: thanks\nSo I closed it with {END.strip()}", [FaultKind.INVENTED_TURN]),
        (f"\nI closed it with {END.strip()}", []),
    ],
)
def test_what_follows_a_finished_call_is_no_part_of_its_value(
    rest: str, kinds: list[FaultKind]
) -> None:
    turn = parse(render([("remove", {"path": "/x"})], "qwen_xml") + rest)
    assert [call.arguments for call in turn.calls] == [{"path": "/x"}]
    assert [fault.kind for fault in turn.faults] == kinds


@pytest.mark.parametrize("name", ["glm", "minimax_m2", "seed_oss", "dots", "muse"])
def test_prose_may_name_the_closers_of_a_finished_call(name: str) -> None:
    text = render([("remove", {"path": "/x"})], name)
    assert arguments(f"{text}\nThat is closed by {text[text.index('/x') + 2 :].strip()}") == [
        {"path": "/x"}
    ]


def test_a_draft_does_not_reach_over_the_end_of_its_thought() -> None:
    draft = render([("remove", {"path": "/x"})], "qwen_xml")
    assert parse(f"I could {draft} hmm.</think>No: {END.strip()}").status is ParseStatus.MESSAGE


@pytest.mark.parametrize("name", ["qwen_xml", "seed_oss"])
@pytest.mark.parametrize(
    "value",
    [
        'echo "<parameter=path>" > f',
        "</parameter></function>",
        "e.g.\n<parameter=path>\n/x\n</parameter>\nend",
    ],
)
def test_marks_inside_a_value_do_not_split_it(name: str, value: str) -> None:
    for given in ({"code": value}, {"code": value, "last": "/x"}):
        assert arguments(render([("run", given)], name)) == [given]


@pytest.mark.parametrize(
    "text",
    [
        '<function name="run"><param name="code">x <param name="path"> y</param></function>',
        "<tool_call><function=run><parameter=code>a <parameter=path> b</parameter></function>",
        render([("remove", {"path": "/x"})], "qwen_xml") + END,
        render([("remove", {"path": "/x"})], "qwen_xml") + "\n<parameter=path>\n/y" + END,
    ],
)
def test_where_a_value_ends_is_never_guessed(text: str) -> None:
    turn = parse(text)
    assert turn.status is ParseStatus.MALFORMED
    assert {fault.kind for fault in turn.faults} == {FaultKind.MALFORMED_CALL}
