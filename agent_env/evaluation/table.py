"""The figures of an evaluation for people, as lines of plain text.

Place in the flow: prints what `summary` counted, alone or two files side by side; counts nothing
itself.

What it does not do: no colours, no width of a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LABEL_WIDTH = 26
GAP = 3
SHOWN_REASONS = 8


def lines(summary: Mapping[str, Any], title: str) -> Iterator[str]:
    """The table of one evaluation."""
    yield title
    for label, value in rows(summary):
        yield f"  {label:<{LABEL_WIDTH}}{value}"
    yield from _failures(summary)


def side_by_side(
    summaries: Sequence[Mapping[str, Any]], titles: Sequence[str], differences: Sequence[str]
) -> Iterator[str]:
    """The tables of several evaluations, a column each, then what sets them apart."""
    columns = [dict(rows(summary)) for summary in summaries]
    labels = list(dict.fromkeys(label for column in columns for label in column))
    widths = [
        max(len(cell) for cell in (title, *column.values())) + GAP
        for title, column in zip(titles, columns, strict=True)
    ]
    head = zip(titles, widths, strict=True)
    yield (" " * (LABEL_WIDTH + 2) + "".join(f"{title:<{width}}" for title, width in head)).rstrip()
    for label in labels:
        cells = (
            f"{column.get(label, '-'):<{width}}"
            for column, width in zip(columns, widths, strict=True)
        )
        yield f"  {label:<{LABEL_WIDTH}}{''.join(cells)}".rstrip()
    yield from differences


def rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every figure that has something to say, as label and value."""
    episodes, success = summary["episodes"], summary["success"]
    yield "episodes", _episodes(episodes)
    if episodes["scored"]:
        share = f"{success['solved']} of {episodes['scored']}"
        yield "success (pass^1)", f"{_rate(success)}  {share}"
        for k, found in summary["pass_hat_k"].items():
            if k != "1":
                yield f"pass^{k}", f"{_rate(found)}  {found['tasks']} tasks"
    for name, rate in summary["baselines"].items():
        yield f"  {name.replace('_', ' ')} scores", _percent(rate)
    if episodes["scored"]:
        yield from _parse_rows(summary)
        yield from _consent_row(summary["consent"])
        yield from _turn_rows(summary)
        yield from _own_rows(summary["own"])
    yield from _cost_rows(summary)


def _parse_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    parse, tools, lost = summary["parse"], summary["tools"], summary["server_lost"]
    of_turns = f"{parse['malformed']} of {parse['turns']} turns"
    yield "parse failures", f"{_percent(parse['failure_rate'])}  {of_turns}"
    yield "lost calls", f"{_percent(parse['lost_call_rate'])}  of turns that attempt one"
    yield "  whole-body JSON parser", _percent(parse["strict_failure_rate"])
    for kind, number in parse["faults"].items():
        yield f"  {kind}", str(number)
    yield "read by", _listed(parse["layers"])
    if lost["turns"]:
        yield (
            "calls the server left",
            f"{lost['turns']} turns; {lost['solved_by_rescue']} solved by reading them",
        )
    yield (
        "tool errors",
        f"{_percent(tools['error_rate'])}  {tools['refused']} refused, "
        f"{tools['invalid_arguments']} invalid, of {tools['calls']} calls",
    )


def _consent_row(consent: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if consent["writes"]:
        share = f"{_percent(consent['rate'])}  {consent['agreed']} of {consent['writes']}"
        yield "writes agreed to", f"{share} that the customer is to be asked about"


def _own_rows(own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, rate in own["rates"].items():
        yield _label(name), _percent(rate)
    for name, mean in own["means"].items():
        yield _label(name), f"{mean:.3g}" if mean else "not measured"


def _label(key: str) -> str:
    return key.replace("/", " ").replace("_", " ")


def _turn_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    turns, customer = summary["turns"], summary["customer"]
    yield "turns per episode", f"{turns['mean']:.1f}"
    yield "cut off (length)", f"{_percent(turns['truncation_rate'])}  {turns['truncated']} turns"
    yield "ended by", _listed(summary["stop"])
    asked_again = {key: customer[key] for key in ("regenerated", "leaks", "role_flips", "retries")}
    if customer["completion_tokens"] or any(asked_again.values()):
        yield "customer", f"{_listed(asked_again)} in {customer['replies']} replies"
        spent = f"{customer['prompt_tokens']:,} in, {customer['completion_tokens']:,} out"
        yield "  its tokens", spent


def _cost_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tokens, latency = summary["tokens"], summary["latency_s"]
    spent = f"{tokens['prompt']:,} in, {tokens['completion']:,} out"
    yield "tokens", f"{spent}; {tokens['per_episode']:,.0f} per episode"
    if tokens["cost"] is not None:
        each = tokens["cost_per_solved"]
        solved = "" if each is None else f"; {each:.4f} per solved episode"
        yield "cost", f"{tokens['cost']:.4f}{solved}"
    yield (
        "latency p50, p95",
        f"turn {latency['turn_p50']:.3f}, {latency['turn_p95']:.3f} s; "
        f"episode {latency['episode_p50']:.2f}, {latency['episode_p95']:.2f} s",
    )
    if latency["retries"]:
        yield "requests sent again", str(latency["retries"])


def _failures(summary: Mapping[str, Any]) -> Iterator[str]:
    if not summary["infra_errors"]:
        return
    count, reasons = summary["episodes"]["infra_error"], list(summary["infra_errors"].items())
    yield f"{count} episodes failed (infra_error) and are in no rate; their reasons:"
    for reason, number in reasons[:SHOWN_REASONS]:
        yield f"  {number} x {reason}"
    if len(reasons) > SHOWN_REASONS:
        yield f"  and {len(reasons) - SHOWN_REASONS} other reasons"


def _episodes(episodes: Mapping[str, int]) -> str:
    text = f"{episodes['scored']} of {episodes['asked']}"
    parts = [("infra_error", "failed"), ("not_played", "not played")]
    return text + "".join(f", {episodes[key]} {word}" for key, word in parts if episodes[key])


def _rate(found: Mapping[str, Any]) -> str:
    low, high = found["ci95"]
    return f"{_percent(found['rate'])}  [{100 * low:.1f}, {100 * high:.1f}]"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in counts.items())
