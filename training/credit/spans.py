"""Where the turns of an episode lie among its tokens.

Place in the flow: the generator, the estimators and the batch treatment all find turns here.
"""

from __future__ import annotations

from collections.abc import Sequence


def turn_spans(mask: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of non-zero entries, left to right."""
    spans, start = [], None
    for position, value in enumerate(mask):
        if value and start is None:
            start = position
        elif not value and start is not None:
            spans.append((start, position))
            start = None
    return [*spans, (start, len(mask))] if start is not None else spans
