"""Two charts as SVG text: lines over steps, and counts stacked by step.

Place in the flow: numbers -> here -> `training/report.py`. The style sheet of `training/page.py`
gives the colours (`c0` ... `c7`) their light and dark shades.
What this module does not do: read files, choose what is shown, or need more than the standard
library.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

COLOURS = 8
WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 160, 10, 34
LABEL_GAP_PX = 15
"""Least distance of two labels at the ends of lines; below it they are pushed apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or one kind of bar: its name and a value for each step, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where steps and values lie on the drawing."""

    steps: tuple[int, ...]
    low: float
    high: float
    percent: bool

    def x(self, index: float) -> float:
        """Pixels from the left of the step at this position; half a step is free at both ends."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / len(self.steps)

    def y(self, value: float) -> float:
        """Pixels from the top of a value."""
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def text(self, value: float) -> str:
        """A value as people read it."""
        return f"{100 * value:.3g} %" if self.percent else f"{value:.3g}"


def line_chart(steps: Sequence[int], series: Sequence[Series], *, percent: bool = False) -> str:
    """An SVG with a line for each series, named at its end; empty when there is no value at all.

    Args:
        steps: Step numbers, one for each value.
        series: At most `COLOURS`.
        percent: The values are shares; the axis goes from 0 to 100 %.
    """
    values = [value for line in series for value in line.values if value is not None]
    if not values:
        return ""
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0) if percent else nice_ticks(min(values), max(values))
    frame = _Frame(steps=tuple(steps), low=ticks[0], high=ticks[-1], percent=percent)
    drawn = [_axes(frame, ticks)]
    ends: list[tuple[float, int, str]] = []
    for number, line in enumerate(series):
        points = [(i, value) for i, value in enumerate(line.values) if value is not None]
        if not points:
            continue
        path = " ".join(f"{frame.x(i):.1f},{frame.y(value):.1f}" for i, value in points)
        drawn.append(f'<polyline class="line c{number}" points="{path}"/>')
        for i, value in points:
            said = html.escape(f"step {steps[i]}: {line.name} {frame.text(value)}")
            place = f'cx="{frame.x(i):.1f}" cy="{frame.y(value):.1f}"'
            drawn.append(
                f'<circle class="dot c{number}" {place} r="3"><title>{said}</title></circle>'
            )
        ends.append((frame.y(points[-1][1]), number, line.name))
    drawn += _end_labels(ends)
    return _svg(drawn)


def stacked_bars(steps: Sequence[int], series: Sequence[Series]) -> str:
    """An SVG with one bar a step, its parts stacked in the order given; empty without any count.

    Args:
        steps: Step numbers, one for each value.
        series: At most `COLOURS`; counts, None counts as 0.
    """
    totals = [sum(line.values[i] or 0 for line in series) for i in range(len(steps))]
    if not any(totals):
        return ""
    ticks = nice_ticks(0, max(totals))
    frame = _Frame(steps=tuple(steps), low=0, high=ticks[-1], percent=False)
    drawn = [_axes(frame, ticks)]
    width = min(0.8 * (frame.x(1) - frame.x(0)), 40)
    for i, step in enumerate(steps):
        base = 0.0
        for number, line in enumerate(series):
            count = line.values[i] or 0
            if count <= 0:
                continue
            top, bottom = frame.y(base + count), frame.y(base)
            said = html.escape(f"step {step}: {line.name} {count:g}")
            place = f'x="{frame.x(i) - width / 2:.1f}" y="{top:.1f}"'
            size = f'width="{width:.1f}" height="{max(bottom - top - 1, 0.5):.1f}"'
            drawn.append(f'<rect class="bar c{number}" {place} {size}><title>{said}</title></rect>')
            base += count
    names = [line for line in enumerate(series) if any(line[1].values)]
    drawn += [
        f'<rect class="bar c{number}" x="{WIDTH - RIGHT + 8}" y="{y - 8}" width="9" height="9"/>'
        f'<text x="{WIDTH - RIGHT + 22}" y="{y}">{html.escape(line.name)}</text>'
        for y, (number, line) in zip(range(TOP + 10, HEIGHT, 18), reversed(names), strict=False)
    ]
    return _svg(drawn)


def nice_ticks(low: float, high: float) -> tuple[float, ...]:
    """Between 3 and 7 round numbers, evenly spaced, that enclose both; at least two apart."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-3):
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9:
        high = low + 1.0
    rough = (high - low) / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    width = next(f * magnitude for f in (1, 2, 2.5, 5, 10) if f * magnitude >= rough)
    first, last = math.floor(low / width + 1e-9), math.ceil(high / width - 1e-9)
    return tuple(number * width for number in range(first, last + 1))


def _axes(frame: _Frame, ticks: Sequence[float]) -> str:
    """Grid lines with their values, and step numbers under the drawing."""
    drawn = []
    for tick in ticks:
        y = frame.y(tick)
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}">{frame.text(tick)}</text>')
    every = max(1, math.ceil(len(frame.steps) / 10))
    for i in range(0, len(frame.steps), every):
        x, y = frame.x(i), HEIGHT - BOTTOM + 16
        drawn.append(f'<text class="step" x="{x:.1f}" y="{y}">{frame.steps[i]}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    drawn.append(f'<text class="step" x="{middle}" y="{HEIGHT - 3}">step</text>')
    return "".join(drawn)


def _end_labels(ends: Sequence[tuple[float, int, str]]) -> list[str]:
    """Names at the right of their lines, pushed apart where lines end close to each other."""
    drawn, lowest = [], -math.inf
    room = HEIGHT - 4
    for left, (y, number, name) in zip(range(len(ends), 0, -1), sorted(ends), strict=True):
        place = min(max(y, lowest + LABEL_GAP_PX), room - (left - 1) * LABEL_GAP_PX)
        lowest = place
        at = f'x="{WIDTH - RIGHT + 4}" y="{place + 4:.1f}"'
        drawn.append(f'<text class="end c{number}" {at}>{html.escape(name)}</text>')
    return drawn


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
