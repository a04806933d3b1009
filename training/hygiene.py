"""What a generation is fit for: trained on as it is, cut, hidden from the loss, or dropped.

Place in the flow: generator -> here -> credit and SkyRL's batch. Pure: texts, ids and masks in,
masks and rewards out. The ids that are trained stay the sampled ones; only what the loss sees and
what a turn earned can change:

    trained     ended by itself (or in a way nobody named): as it is, whatever it repeats
    truncated   ran into its limit of tokens without a loop: earns 0, hidden from the loss; what
                it took back of earlier turns, as fraud does, stays taken back
    degenerate  was cut off in a loop: earns the least there is; the loss sees what came before the
                loop and its first two copies, not hundreds of copies more
    aborted     the sampler gave up: the whole episode is dropped and in no baseline

Truncated and degenerate turns stay in the baselines of the others. ``looked_at`` also finds what is
only warned of. What this module does not do: log, count, or clean what tools see
(``parsers.cleaning``).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from parsers.cleaning import Ending, clean
from parsers.degeneration import Loop, find_loop

SHORT = 50
"""Characters below which an answer can hold no code worth the name."""
WARNINGS = ("short_answers", "empty_fences", "repetition")
_ENDINGS = {
    "length": Ending.LENGTH,
    "repetition": Ending.REPETITION,
    "repetition_detected": Ending.REPETITION,
}
_ABORTS = frozenset(("abort", "aborted", "cancelled", "error"))
_COPIES = 2
_TAIL = 8192
_LEAST_FOR_RATIO = 512
"""Characters below which compression says nothing about repetition."""
_FENCE = re.compile(r"^[ \t]{0,3}```[^\n`]*$", re.MULTILINE)
_DIGITS = re.compile(r"[0-9]+")


class Treatment(Enum):
    """What becomes of a turn; see the head of this module."""

    TRAINED = "trained"
    TRUNCATED = "truncated"
    DEGENERATE = "degenerate"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found in one generation.

    Attributes:
        treatment: What becomes of it.
        loop: The loop it ends in; None without one.
        warnings: Names of ``WARNINGS``.
        drifts: It ends in a loop once its numbers are taken for equal, such as a counter.
        zlib_frac: Compressed size of its end, as a share; None for one too short to say.
        has_twin_fences: It holds the same fenced block twice.
        removed_chars: How much the view of tools and people lacks.
    """

    treatment: Treatment
    loop: Loop | None
    warnings: tuple[str, ...]
    drifts: bool
    zlib_frac: float | None
    has_twin_fences: bool
    removed_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """An episode as it is trained.

    Attributes:
        loss_mask: Ones where the loss looks.
        rewards: One per token.
        spans: Start and end of every turn that counts in baselines; empty for a dropped episode.
    """

    loss_mask: list[int]
    rewards: list[float]
    spans: list[tuple[int, int]]


def looked_at(text: str, stop_reason: str, *, wants_code: bool = False) -> Look:
    """What is found in a generation; linear in its length.

    Args:
        text: Raw.
        stop_reason: The sampler's word: stop, length, repetition, abort; others count as stop.
        wants_code: The turn was to hold code.
    """
    ending = _ENDINGS.get(stop_reason, Ending.STOP)
    cleaned = clean(text, ending)
    blocks = _blocks(text)
    found = {
        "short_answers": wants_code and len(text.strip()) < SHORT,
        "empty_fences": any(not block.strip() for block in blocks),
        "repetition": cleaned.loop is not None,
    }
    full = [block for block in blocks if block.strip()]
    end = text[-_TAIL:]
    counted = _DIGITS.sub("0", end)
    return Look(
        treatment=_treatment(ending, stop_reason, cleaned.loop),
        loop=cleaned.loop,
        warnings=tuple(name for name in WARNINGS if found[name]),
        drifts=cleaned.loop is None and find_loop(counted, len(counted)) is not None,
        zlib_frac=(
            len(zlib.compress(end.encode("utf-8", "replace"), 1)) / len(end)
            if len(end) >= _LEAST_FOR_RATIO
            else None
        ),
        has_twin_fences=len(set(full)) < len(full),
        removed_chars=len(text) - len(cleaned.text),
    )


def treat(
    looks: Sequence[Look],
    spans: Sequence[tuple[int, int]],
    loss_mask: Sequence[int],
    rewards: Sequence[float],
    *,
    least_reward: float,
    kept_tokens: Callable[[int, int], int],
    taken_back: Sequence[float] = (),
) -> Treated:
    """The episode as it is to be trained.

    Args:
        looks: Of every turn, in order.
        spans: Of every turn, its first token and the one behind its last.
        loss_mask: As SkyRL made it, one per token behind the prompt.
        rewards: One per token.
        least_reward: What a degenerate turn earns, unless it earned less.
        kept_tokens: Given a turn's number and a count of characters, the tokens that these take up.
        taken_back: Of every turn, what it took back of what earlier ones earned, 0 or less; empty
            where no turn can.

    Raises:
        ValueError: The turns are not as many as the spans.
    """
    if len(looks) != len(spans):
        raise ValueError(f"{len(looks)} turns were played but {len(spans)} are trained")
    mask, earned = list(loss_mask), list(rewards)
    if any(look.treatment is Treatment.ABORTED for look in looks):
        return Treated(loss_mask=[0] * len(mask), rewards=[0.0] * len(earned), spans=[])
    for number, (look, (start, end)) in enumerate(zip(looks, spans, strict=True)):
        if look.treatment is Treatment.TRUNCATED:
            mask[start:end] = [0] * (end - start)
            forfeit = taken_back[number] if taken_back else 0.0
            earned[start:end] = [0.0] * (end - start - 1) + [forfeit]
        elif look.treatment is Treatment.DEGENERATE:
            reward = min(least_reward, sum(earned[start:end]))
            earned[start:end] = [0.0] * (end - start - 1) + [reward]
            if look.loop is not None:
                chars = look.loop.start + _COPIES * look.loop.period
                cut = min(end, start + kept_tokens(number, chars))
                mask[cut:end] = [0] * (end - cut)
    return Treated(loss_mask=mask, rewards=earned, spans=list(spans))


def taken_back(components: Mapping[str, float]) -> float:
    """What a turn takes back of what earlier ones earned, by its reward's components; 0 or less."""
    return min(0.0, components.get("outcome", 0.0))


def tokens_of(decode: Callable[[Sequence[int]], str], ids: Sequence[int], chars: int) -> int:
    """The least number of leading tokens whose text has that many characters; all if none has."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high) // 2
        if len(decode(ids[:middle])) >= chars:
            high = middle
        else:
            low = middle + 1
    return low


def _treatment(ending: Ending, stop_reason: str, loop: Loop | None) -> Treatment:
    if stop_reason in _ABORTS:
        return Treatment.ABORTED
    if ending is Ending.STOP:
        return Treatment.TRAINED
    if ending is Ending.REPETITION or loop is not None:
        return Treatment.DEGENERATE
    return Treatment.TRUNCATED


def _blocks(text: str) -> list[str]:
    """What stands between each fence and the next; a lone last fence opens an empty block."""
    marks = list(_FENCE.finditer(text))
    blocks = [
        text[marks[place].end() : marks[place + 1].start()] for place in range(0, len(marks) - 1, 2)
    ]
    if len(marks) % 2:
        blocks.append(text[marks[-1].end() :])
    return blocks
