"""`report.html` of a run: where it began and ended, its curves, and conversations to read.

Place in the flow: summary.json, metrics.jsonl, rollouts.jsonl, config.yaml -> here -> one page that
needs no network and runs no script. What is missing or broken is said on the page; a report never
stops a run.
What this module does not do: compute a figure. It shows what the run wrote.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from training import jsonl, page
from training.charts import COLOURS, Series, line_chart, stacked_bars

Row = Mapping[str, Any]

RATES = {
    "parse_failure_rate": ("parse failure", "malformed assistant turns / all assistant turns"),
    "strict_failure_rate": (
        "strict failure",
        "turns that a whole-body JSON parser would have lost / all assistant turns",
    ),
    "success_rate": ("success", "episodes that did exactly what was asked / all episodes"),
    "zero_reward_rate": ("zero reward", "episodes whose outcome earned nothing / all episodes"),
}


def write_report(run_dir: Path) -> Path:
    """Path of the page written into a run's folder.

    Args:
        run_dir: Folder of a run; whatever it lacks is named on the page.
    """
    problems: list[str] = []
    summary = _read_summary(run_dir / "summary.json", problems)
    metrics = [
        row
        for row in _read_rows(run_dir / "metrics.jsonl", problems)
        if isinstance(row.get("step"), int)
    ]
    examples = _examples(_read_rows(run_dir / "rollouts.jsonl", problems))
    body = [
        f"<h1>{page.safe(run_dir.resolve().name)}</h1>",
        *_about(summary),
        *_first_to_last(summary),
        *_curves(metrics),
        *_conversations(examples),
        *_settings(run_dir / "config.yaml", problems),
    ]
    # The rollouts are read while the body is made, so what went wrong is known only now.
    body[1:1] = [page.paragraph(problem, "missing") for problem in problems]
    path = run_dir / "report.html"
    jsonl.replace(path, page.document(f"callforge: {run_dir.resolve().name}", body))
    return path


def _read_summary(path: Path, problems: list[str]) -> Row:
    """The summary, or an empty one with the reason among the problems."""
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append("summary.json is not there: the run has not ended.")
    except (OSError, ValueError) as error:
        problems.append(f"summary.json cannot be read: {error}.")
    else:
        if isinstance(summary, dict):
            return summary
        problems.append("summary.json holds no object.")
    return {}


def _read_rows(path: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file; lines that are no object are counted and passed over."""
    if not path.is_file():
        problems.append(f"{path.name} is not there, so what it would show is left out.")
        return
    broken = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict):
                yield row
            else:
                broken += 1
    if broken:
        lines = "1 line" if broken == 1 else f"{broken} lines"
        problems.append(f"{path.name}: {lines} could not be read and stand nowhere below.")


def _about(summary: Row) -> list[str]:
    """What kind of run this was."""
    if not summary:
        return []
    wall = summary.get("wall_s")
    minutes = f", {wall / 60:.1f} minutes" if isinstance(wall, int | float) else ""
    said = f"seed {summary.get('seed')}, {summary.get('steps')} steps{minutes}"
    return [
        page.paragraph(
            f"{said}. Sampled against trained log-probability: at most "
            f"{page.number(summary.get('logprob_diff_max'))}."
        )
    ]


def _first_to_last(summary: Row) -> list[str]:
    """The table of the rates: first batch, mean of the last three."""
    rows = []
    for key, (name, meaning) in RATES.items():
        ends = summary.get(key)
        if isinstance(ends, dict):
            rows.append([name, _percent(ends.get("first")), _percent(ends.get("last")), meaning])
    if not rows:
        return []
    head = ("rate", "#first batch", "#mean of the last three", "what is counted")
    return ["<h2>First to last</h2>", page.table(head, rows)]


def _curves(metrics: Sequence[Row]) -> list[str]:
    """The four charts."""
    if not metrics:
        return []
    steps = [row["step"] for row in metrics]
    rates = [_series(name, key, metrics) for key, (name, _) in RATES.items()]
    reward = [_series("mean reward", "batch_reward/mean", metrics)]
    faults = _largest(metrics, "parse/kind/")
    layers = _largest(metrics, "parse/layer/")
    charts = [
        ("Rates by step", line_chart(steps, rates, percent=True)),
        ("Mean reward of an episode by step", line_chart(steps, reward)),
        ("Faults by step, by kind", stacked_bars(steps, faults)),
        ("Turns by step, by the layer that read them", stacked_bars(steps, layers)),
    ]
    drawn = (page.figure(name, chart, "The run logged none of these.") for name, chart in charts)
    return ["<h2>Curves</h2>", '<div class="grid">', *drawn, "</div>"]


def _largest(metrics: Sequence[Row], prefix: str) -> list[Series]:
    """The most frequent counts under a prefix, the rest added up as `other`."""
    keys = dict.fromkeys(key for row in metrics for key in row if key.startswith(prefix))
    every = [_series(key.removeprefix(prefix), key, metrics) for key in keys]
    every = [line for line in every if any(line.values)]
    every.sort(key=lambda line: -sum(value or 0 for value in line.values))
    if len(every) <= COLOURS:
        return every
    kept, rest = every[: COLOURS - 1], every[COLOURS - 1 :]
    others = zip(*(line.values for line in rest), strict=True)
    summed = tuple(sum(value or 0 for value in values) for values in others)
    return [*kept, Series(name=f"other ({len(rest)})", values=summed)]


def _series(name: str, key: str, metrics: Sequence[Row]) -> Series:
    """One value a step; None where the row has no finite number."""
    values = (row.get(key) for row in metrics)
    return Series(name=name, values=tuple(v if _is_finite(v) else None for v in values))


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _examples(rows: Iterable[Row]) -> list[tuple[str, Row]]:
    """Episodes worth reading of the first and the last step: best, worst, and one with a lost call.

    Only three episodes of a step are held at a time, since a run may have written gigabytes.
    """
    first: dict[str, Row] = {}
    current: dict[str, Row] = {}
    for row in rows:
        if not isinstance(row.get("step"), int) or not _is_finite(row.get("reward")):
            continue
        if current and row["step"] != current["best"]["step"]:
            first, current = first or current, {}
        if not current or row["reward"] > current["best"]["reward"]:
            current["best"] = row
        if "worst" not in current or row["reward"] < current["worst"]["reward"]:
            current["worst"] = row
        if any(turn.get("status") == "malformed" for turn in row.get("turns") or ()):
            current.setdefault("lost", row)
    chosen = [
        ("A lost call in the first step", (first or current).get("lost")),
        ("Best of the last step", current.get("best")),
        ("Worst of the last step", current.get("worst")),
        ("A lost call in the last step", current.get("lost") if first else None),
        ("Best of the first step", first.get("best")),
    ]
    shown: list[tuple[str, Row]] = []
    for title, row_or_none in chosen:
        if row_or_none is not None and all(row_or_none is not other for _, other in shown):
            shown.append((title, row_or_none))
    return shown


def _conversations(examples: Sequence[tuple[str, Row]]) -> list[str]:
    """The chosen episodes; marked text is what a fault points at."""
    if not examples:
        return []
    note = page.paragraph("Raw text of the model. What a fault points at is marked.")
    talks = [page.conversation(title, row, opened=i < 2) for i, (title, row) in enumerate(examples)]
    return ["<h2>Conversations</h2>", note, *talks]


def _settings(path: Path, problems: list[str]) -> list[str]:
    """The run's settings as they were written."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        problems.append(f"{path.name} is not there, so the settings are left out.")
        return []
    folded = f"<details><summary>{path.name}</summary><pre>{page.safe(text)}</pre></details>"
    return ["<h2>Settings</h2>", folded]


def _percent(value: object) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, int | float) else "\u2013"
