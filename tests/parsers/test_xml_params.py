"""Named text fields: where a value ends, what becomes of broken calls, who decides types."""

from __future__ import annotations

import time
from typing import Any

import pytest

from parsers import FaultKind, ParseStatus, parse, render

UNTYPED = ["qwen_xml", "seed_oss", "minimax_m2", "dots", "step3", "minicpm5", "glm", "hy_v3"]
CLOSERS = {
    "qwen_xml": ("</parameter>", "</function>", "</tool_call>"),
    "seed_oss": ("</parameter>", "</function>", "</seed:tool_call>"),
    "minimax_m2": ("</parameter>", "</invoke>", "</minimax:tool_call>"),
    "dots": ("</parameter>", "</invoke>", "</dots_function_call>"),
    "step3": ("</steptml:parameter>", "</steptml:invoke>", "<\uff5ctool_calls_end\uff5c>"),
    "minicpm5": ("</param>", "</function>"),
    "glm": ("</arg_value>", "</tool_call>"),
    "hy_v3": ("</arg_value>", "</tool_call>", "</tool_calls>"),
    "muse": ("</atem:parameter>", "</atem:invoke>", "</atem:function_calls>"),
    "beam": ("</rfl:parameter>",),
    "kimi_k3": ("<|close|>argument<|sep|>",),
}


def calls(text: str, tools: Any = None) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for call in parse(text, tools).calls]


@pytest.mark.parametrize("name", CLOSERS)
def test_a_value_may_hold_any_closer_of_its_format(name: str) -> None:
    for closer in CLOSERS[name]:
        for value in (f"a {closer} b", f"{closer}x", f"x\n{closer} y\n{closer}z"):
            pair = [("f", {"a": value, "b": "end"})]
            assert calls(render(pair, name)) == pair


@pytest.mark.parametrize("name", ["qwen_xml", "minimax_m2", "glm"])
def test_a_value_may_hold_the_end_of_a_call_or_a_whole_one(name: str) -> None:
    inner = render([("remove", {"path": "/"})], name)
    for value in ("".join(CLOSERS[name]) + " and on", inner, f"e.g.\n{inner}\nand more"):
        pair = [("write", {"path": "notes.md", "text": value})]
        assert calls(render(pair, name)) == pair


@pytest.mark.parametrize("name", UNTYPED)
def test_a_bad_call_does_not_take_the_good_ones_with_it(name: str, tools: Any) -> None:
    bad = render([("get_weather", {"city": "Rome", "c1ty": "Rome"})], name)
    good = render([("set_alarm", {"time": "07:30"})], name)
    for text in (
        f"{bad.replace('c1ty', 'city')}\n{good}",
        f"{good}\n{bad.replace('c1ty', 'city')}",
    ):
        turn = parse(text, tools)
        assert [(call.name, call.arguments) for call in turn.calls] == [
            ("set_alarm", {"time": "07:30"})
        ]
        assert [fault.kind for fault in turn.faults] == [FaultKind.MALFORMED_CALL]


@pytest.mark.parametrize("name", [*UNTYPED, "muse", "dsml", "kimi_k3", "minimax_m3"])
def test_a_call_that_is_cut_anywhere_is_never_run_in_part(name: str, tools: Any) -> None:
    arguments = {"city": "Paris", "days": 3}
    text = render([("get_weather", arguments)], name)
    for end in range(1, len(text)):
        turn = parse(text[:end], tools)
        assert all(call.arguments == arguments for call in turn.calls), text[:end]


@pytest.mark.parametrize("name", UNTYPED)
def test_the_schema_types_and_without_one_text_stays_text(name: str, tools: Any) -> None:
    text = render([("get_weather", {"city": "75000", "days": 3})], name)
    (call,) = parse(text, tools).calls
    assert (call.arguments, call.repairs) == ({"city": "75000", "days": 3}, ())
    assert calls(text) == [("get_weather", {"city": "75000", "days": "3"})]


def test_exactly_one_line_break_on_each_side_is_framing() -> None:
    value = "\n  def f():\n    pass\n\n"
    for name in ("qwen_xml", "seed_oss", "beam", "minimax_m2", "glm"):
        assert calls(render([("f", {"a": value})], name)) == [("f", {"a": value})]
    compact = "<tool_call><function=f><parameter=a>\nx\n</parameter></function></tool_call>"
    assert calls(compact) == [("f", {"a": "\nx\n"})]


def test_a_missing_closer_of_a_field_is_a_repair() -> None:
    text = (
        "<tool_call>\n<function=f>\n<parameter=a>\n1\n<parameter=b>\n2\n</parameter>\n"
        "</function>\n</tool_call>"
    )
    (call,) = parse(text).calls
    assert call.arguments == {"a": "1", "b": "2"}
    assert [repair.kind for repair in call.repairs] == ["missing_closer"]


def test_beam_needs_no_end_token_which_servers_drop(tools: Any) -> None:
    text = render([("get_weather", {"city": "Paris"})], "beam").removesuffix("<|call|>")
    (call,) = parse(text, tools).calls
    assert [repair.kind for repair in call.repairs] == ["missing_closer"]
    assert parse(text[:-3], tools).faults[0].kind is FaultKind.TRUNCATED


def test_a_call_that_never_closed_ends_where_the_next_begins(tools: Any) -> None:
    text = '<invoke name="send"><parameter name="mail">{"a": 1}\n' + render(
        [("get_weather", {"city": "Rome"})], "minimax_m2"
    )
    turn = parse(text, tools)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        ("get_weather", {"city": "Rome"})
    ]
    assert [fault.kind for fault in turn.faults] == [FaultKind.MALFORMED_CALL]


def test_dsml_states_types_and_the_schema_may_overrule(tools: Any) -> None:
    tag = "\uff5cDSML\uff5c"
    text = (
        f'<{tag}invoke name="get_weather"><{tag}parameter name="city" string="false">75000'
        f'</{tag}parameter><{tag}parameter name="days" string="false">3</{tag}parameter>'
        f"</{tag}invoke>"
    )
    assert calls(text) == [("get_weather", {"city": 75000, "days": 3})]
    assert calls(text, tools) == [("get_weather", {"city": "75000", "days": 3})]
    plain = text.replace("\uff5c", "|")
    (call,) = parse(plain, tools).calls
    assert [repair.kind for repair in call.repairs] == ["normalised_marker"]


def test_a_lone_wrapping_key_is_the_whole_unless_the_tool_has_it(tools: Any) -> None:
    text = '<function name="{}"><param name="arguments">{{"city": "Rome"}}</param></function>'
    assert calls(text.format("get_weather"), tools) == [("get_weather", {"city": "Rome"})]
    (call,) = parse(text.format("set_alarm"), tools).calls
    assert call.arguments == {"arguments": '{"city": "Rome"}'}
    assert call.faults


def test_cdata_of_minicpm_holds_anything() -> None:
    text = '<function name="f"><param name="a"><![CDATA[ </param></function> ]]></param></function>'
    assert calls(text) == [("f", {"a": " </param></function> "})]


def test_names_of_kimi_k3_are_escaped_and_values_are_not() -> None:
    pair = [('a&b"c<d', {'k&"<': "v &amp; <w>"})]
    assert calls(render(pair, "kimi_k3")) == pair


def test_a_tag_with_prose_in_it_is_no_call(tools: Any) -> None:
    for text in ("<tool_call>My name is Ann.</tool_call>", "<tool_calls>all of them</tool_calls>"):
        assert parse(text, tools).status is ParseStatus.MALFORMED


def test_a_wrapper_in_a_sentence_is_spoken_of(tools: Any) -> None:
    text = "A call opens with <\uff5cDSML\uff5ctool_calls> and then come parameters."
    turn = parse(text, tools)
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, text)


@pytest.mark.parametrize("name", [*UNTYPED, "muse", "beam", "dsml", "kimi_k3", "minimax_m3"])
def test_calls_that_never_close_cost_time_in_line_with_their_length(name: str) -> None:
    unit = render([("f", {"a": "x"})], name)
    unit = unit[: unit.index("x") + 1]

    def seconds(count: int) -> float:
        text, best = unit * count, 9.0
        for _ in range(2):
            start = time.process_time()
            parse(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(4000) < 8 * max(seconds(1000), 0.012)


def test_tags_in_a_sentence_are_no_calls() -> None:
    for text in ('The tag <invoke name="x"> opens a call.', "So <function=x> opens a call."):
        assert parse(text).status is ParseStatus.MESSAGE
    assert parse("Use <tool_call> and </tool_call> around it.").calls == ()


def test_a_framing_line_break_may_be_that_of_windows() -> None:
    text = "<function=f>\r\n<parameter=a>\r\n x\r\n\r\n</parameter>\r\n</function>"
    assert calls(text) == [("f", {"a": " x\r\n"})]
