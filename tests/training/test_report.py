"""The report: what a run wrote is on the page, what it lacks is said, hostile text stays text."""

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from training.charts import HEIGHT, WIDTH, Series, line_chart, nice_ticks, stacked_bars
from training.page import safe
from training.report import write_report

FAULT = {"kind": "truncated", "span": [0, 11], "message": "the call is cut off"}


def metrics_row(step, failure):
    return {
        "step": step,
        "batch_reward/mean": 1 - failure,
        "parse_failure_rate": failure,
        "strict_failure_rate": 1.0,
        "success_rate": 1 - failure,
        "zero_reward_rate": failure,
        "parse/kind/truncated": round(100 * failure),
        "parse/kind/unknown_tool": 0,
        "parse/layer/hermes": 100 - round(100 * failure),
        "loss": float("nan"),
    }


def rollout_row(step, reward, text, faults=()):
    return {
        "step": step,
        "task": {"id": "t"},
        "session": "s",
        "messages": [
            {"role": "system", "content": "rules"},
            {"role": "user", "content": "Cancel it."},
            {"role": "assistant", "content": text},
        ],
        "turns": [
            {
                "text": text,
                "layer": "hermes",
                "status": "malformed" if faults else "calls",
                "faults": list(faults),
                "reward": reward,
                "components": {},
            }
        ],
        "reward": reward,
        "success": reward > 0,
        "stop_reason": "max_turns",
    }


@pytest.fixture
def run_dir(tmp_path):
    rates = {"first": 0.9388, "last": 0.04}
    summary = {"seed": 7, "steps": 3, "wall_s": 90.0, "logprob_diff_max": 3e-6}
    names = ("parse_failure_rate", "strict_failure_rate", "success_rate", "zero_reward_rate")
    (tmp_path / "summary.json").write_text(json.dumps(summary | dict.fromkeys(names, rates)))
    rows = [metrics_row(step, failure) for step, failure in ((1, 0.9), (2, 0.5), (3, 0.1))]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rows = [
        rollout_row(1, -0.5, "<tool_call>{", [FAULT]),
        rollout_row(1, 0.1, "first best"),
        rollout_row(2, 9.0, "between them"),
        rollout_row(3, 1.0, "last best"),
        rollout_row(3, 0.2, "last worst"),
    ]
    (tmp_path / "rollouts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "config.yaml").write_text("seed: 7\n")
    return tmp_path


def page_of(run_dir):
    return write_report(run_dir).read_text(encoding="utf-8")


class Page(HTMLParser):
    """Every tag that was opened, and whether all were closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_shows_what_the_run_wrote(run_dir):
    text = page_of(run_dir)
    for shown in ("seed 7", "93.9 %", "4.0 %", "1.5 minutes", "the call is cut off", "seed: 7"):
        assert shown in text
    assert text.count("<svg") == 4
    assert "step 1: truncated 90" in text
    assert "unknown_tool" not in text
    assert "<mark>&lt;tool_call&gt;</mark>{" in text
    assert not Page(text).open


def test_the_episodes_are_those_of_the_first_and_the_last_step(run_dir):
    text = page_of(run_dir)
    assert "between them" not in text
    for shown in ("first best", "last best", "last worst"):
        assert text.count(shown) == 1


def test_the_page_fetches_and_runs_nothing(run_dir):
    text = page_of(run_dir)
    assert not {"script", "link", "img", "iframe"} & set(Page(text).tags)
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text


def test_the_whole_page_is_the_golden_one(run_dir, golden):
    golden("training/report.html", page_of(run_dir).replace(run_dir.name, "a-run"))


@pytest.mark.parametrize("name", ["summary.json", "metrics.jsonl", "rollouts.jsonl", "config.yaml"])
def test_a_missing_file_is_said_on_the_page(run_dir, name):
    (run_dir / name).unlink()
    assert f"{name} is not there" in page_of(run_dir)


def test_an_empty_folder_still_gets_a_page(tmp_path):
    assert page_of(tmp_path).count("is not there") == 4


@pytest.mark.parametrize("name", ["metrics.jsonl", "rollouts.jsonl"])
def test_a_last_line_that_was_cut_off_is_counted_and_left_out(run_dir, name):
    whole = (run_dir / name).read_text()
    (run_dir / name).write_text(whole + '{"step": 4, "rew')
    text = page_of(run_dir)
    assert f"{name}: 1 line could not be read" in text
    assert text.count("<svg") == 4


def test_a_broken_summary_is_said_on_the_page(run_dir):
    (run_dir / "summary.json").write_text("{")
    assert "summary.json cannot be read" in page_of(run_dir)


HOSTILE = "</pre><script>alert(1)</script><mark>\x00\u202e\ud800 & \"'"


def test_hostile_text_of_the_model_stays_text(run_dir):
    fault = FAULT | {"message": HOSTILE, "kind": HOSTILE, "span": [-5, 10**9]}
    rows = [rollout_row(1, 0.0, HOSTILE, [fault, FAULT | {"span": ["a", None]}])]
    (run_dir / "rollouts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = page_of(run_dir)
    assert "<script" not in text
    assert "U+202E" in text
    assert not Page(text).open


@given(st.text(st.characters(codec=None)))
def test_no_text_gets_markup_past_the_escape(text):
    shown = safe(text)
    shown.encode("utf-8")
    assert "<" not in shown
    assert '"' not in shown


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=30),
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=30),
)
def test_lines_stay_inside_the_drawing(one, two):
    count = min(len(one), len(two))
    series = [
        Series(name="<one>", values=tuple(one[:count])),
        Series(name="two", values=tuple(two[:count])),
    ]
    drawing = line_chart(range(1, count + 1), series)
    if all(value is None for line in series for value in line.values):
        assert drawing == ""
        return
    for dot in ET.fromstring(drawing).iter("circle"):
        assert 0 <= float(dot.get("cx")) <= WIDTH
        assert 0 <= float(dot.get("cy")) <= HEIGHT


def test_bars_are_as_high_as_their_counts():
    drawing = ET.fromstring(
        stacked_bars(
            [1, 2], [Series(name="a", values=(10, 0)), Series(name="b", values=(30, None))]
        )
    )
    heights = {
        bar.find("title").text: float(bar.get("height")) + 1
        for bar in drawing.iter("rect")
        if bar.find("title") is not None
    }
    assert heights.keys() == {"step 1: a 10", "step 1: b 30"}
    assert heights["step 1: b 30"] == pytest.approx(3 * heights["step 1: a 10"], abs=0.2)


def test_names_at_the_ends_of_lines_do_not_cover_each_other():
    series = [Series(name=f"line {i}", values=(0.0, 0.0)) for i in range(4)]
    places = [
        float(text.get("y"))
        for text in ET.fromstring(line_chart([1, 2], series, percent=True)).iter("text")
        if "end" in text.get("class", "")
    ]
    assert len(places) == 4
    assert min(b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)) >= 12
    assert max(places) <= HEIGHT


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
@example(0.0, 5e-324)
@example(0.0, 0.0)
@example(-1e9, -1e9)
def test_ticks_are_few_and_enclose_the_values(one, two):
    ticks = nice_ticks(min(one, two), max(one, two))
    slack = 1e-6 * max(1.0, abs(one), abs(two))
    assert 2 <= len(ticks) <= 7
    assert ticks[0] <= min(one, two) + slack
    assert ticks[-1] >= max(one, two) - slack
