"""What a generation is fit for: truncated, degenerate, aborted, and what is only warned of."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.hygiene import (
    Look,
    Treated,
    Treatment,
    looked_at,
    taken_back,
    tokens_of,
    treat,
)

PROSE = "Here is the order that you asked about; it was shipped on Monday. "
LOOP = "and then I check the order again.\n"
LOOPING = PROSE + LOOP * 40
FENCE = "```"


def per_char(look: Look, text: str, rewards: float = 1.0, least: float = -0.5) -> Treated:
    """One turn whose tokens are its characters."""
    return treat(
        [look],
        [(0, len(text))],
        [1] * len(text),
        [0.0] * (len(text) - 1) + [rewards],
        least_reward=least,
        kept_tokens=lambda _number, chars: chars,
    )


@pytest.mark.parametrize(
    ("text", "stop", "treatment"),
    [
        (PROSE, "stop", Treatment.TRAINED),
        (LOOPING, "stop", Treatment.TRAINED),
        (PROSE, "tool_calls", Treatment.TRAINED),
        (PROSE, "unknown", Treatment.TRAINED),
        (PROSE, "length", Treatment.TRUNCATED),
        (LOOPING, "length", Treatment.DEGENERATE),
        (LOOPING, "repetition", Treatment.DEGENERATE),
        (PROSE, "repetition_detected", Treatment.DEGENERATE),
        (PROSE, "abort", Treatment.ABORTED),
        (LOOPING, "error", Treatment.ABORTED),
    ],
)
def test_what_ended_a_turn_settles_what_becomes_of_it(
    text: str, stop: str, treatment: Treatment
) -> None:
    assert looked_at(text, stop).treatment is treatment


def test_a_turn_that_ended_by_itself_is_trained_whatever_it_repeats() -> None:
    look = looked_at(LOOPING, "stop")
    assert look.warnings == ("repetition",)
    assert look.removed_chars == 0
    treated = per_char(look, LOOPING)
    assert all(treated.loss_mask)
    assert sum(treated.rewards) == 1.0


def test_a_truncated_turn_earns_nothing_and_is_hidden_but_counts_in_baselines() -> None:
    treated = per_char(looked_at(PROSE, "length"), PROSE, rewards=-0.5)
    assert not any(treated.loss_mask)
    assert not any(treated.rewards)
    assert treated.spans == [(0, len(PROSE))]


@pytest.mark.parametrize(("forfeit", "earned"), [(-1.4, -1.4), (0.0, 0.0)])
def test_what_a_truncated_turn_took_back_stays_taken_back(forfeit: float, earned: float) -> None:
    treated = treat(
        [looked_at(PROSE, "stop"), looked_at(PROSE, "length")],
        [(0, 2), (3, 5)],
        [1, 1, 0, 1, 1],
        [0.0, 1.4, 0.0, 0.0, -1.9],
        least_reward=-0.5,
        kept_tokens=lambda _number, chars: chars,
        taken_back=[0.0, forfeit],
    )
    assert treated.rewards == [0.0, 1.4, 0.0, 0.0, earned]
    assert treated.loss_mask == [1, 1, 0, 0, 0]


def test_only_what_is_below_nothing_of_the_outcome_is_taken_back() -> None:
    assert taken_back({"outcome": -1.4, "parse": -0.5}) == -1.4
    assert taken_back({"outcome": 0.7, "parse": -0.5}) == 0.0
    assert taken_back({"parse": -0.5}) == 0.0


def test_a_loop_earns_the_least_and_is_seen_twice() -> None:
    treated = per_char(looked_at(LOOPING, "length"), LOOPING)
    assert sum(treated.rewards) == treated.rewards[-1] == -0.5
    shown = sum(treated.loss_mask)
    assert treated.loss_mask == [1] * shown + [0] * (len(LOOPING) - shown)
    # A loop may be found to begin a little earlier, where the prose happens to fit its period.
    assert len(PROSE) <= shown <= len(PROSE) + 2 * len(LOOP)
    assert LOOPING[:shown].count("again.\n") in (1, 2)
    assert per_char(looked_at(LOOPING, "length"), LOOPING, rewards=-2.0).rewards[-1] == -2.0


def test_an_abort_drops_the_whole_episode() -> None:
    looks = [looked_at(PROSE, "stop"), looked_at("par", "abort")]
    treated = treat(
        looks,
        [(0, 2), (3, 5)],
        [1, 1, 0, 1, 1],
        [0.0, 0.5, 0.0, 0.0, 1.0],
        least_reward=-0.5,
        kept_tokens=lambda _number, chars: chars,
    )
    assert treated == Treated(loss_mask=[0] * 5, rewards=[0.0] * 5, spans=[])


def test_other_turns_of_the_episode_stay_as_they_are() -> None:
    looks = [looked_at(PROSE, "length"), looked_at(PROSE, "stop")]
    treated = treat(
        looks,
        [(0, 2), (3, 5)],
        [1, 1, 0, 1, 1],
        [0.0, -0.5, 0.0, 0.0, 1.0],
        least_reward=-0.5,
        kept_tokens=lambda _number, chars: chars,
    )
    assert treated.loss_mask == [0, 0, 0, 1, 1]
    assert treated.rewards == [0.0, 0.0, 0.0, 0.0, 1.0]
    assert treated.spans == [(0, 2), (3, 5)]


def test_turns_and_spans_must_match() -> None:
    with pytest.raises(ValueError, match="1 turns were played but 0 are trained"):
        treat([looked_at("a", "stop")], [], [], [], least_reward=0, kept_tokens=lambda n, c: c)


@pytest.mark.parametrize(
    ("text", "wants_code", "expected"),
    [
        ("ok", True, ("short_answers",)),
        ("ok", False, ()),
        ("  " + "x" * 49 + "\n", True, ("short_answers",)),
        ("x" * 50, True, ()),
        (FENCE, True, ("short_answers", "empty_fences")),
        (f"{PROSE}\n{FENCE}python\n\n{FENCE}\n", False, ("empty_fences",)),
        (f"{PROSE}\n{FENCE}cpp", False, ("empty_fences",)),
        (f"{FENCE}python\n{PROSE}{PROSE}\n{FENCE}", True, ()),
        (f"{FENCE}python\n{PROSE}", True, ()),
        (LOOPING, True, ("repetition",)),
    ],
)
def test_warnings(text: str, wants_code: bool, expected: tuple[str, ...]) -> None:
    assert looked_at(text, "stop", wants_code=wants_code).warnings == expected


def test_what_is_only_measured() -> None:
    counting = "".join(f"Step {number}: check the order.\n" for number in range(60))
    assert looked_at(counting, "length").drifts
    assert looked_at(counting, "length").loop is None
    assert not looked_at(LOOPING, "length").drifts
    assert looked_at("short", "stop").zlib_frac is None
    ratio = looked_at(LOOPING, "stop").zlib_frac
    assert ratio is not None
    assert ratio < 0.15
    block = f"{FENCE}python\nprint(1)\n{FENCE}\n"
    assert looked_at(block * 2, "stop").has_twin_fences
    assert not looked_at(block + block.replace("1", "2"), "stop").has_twin_fences
    assert looked_at(LOOPING, "length").removed_chars == len(LOOP) * 39 or (
        looked_at(LOOPING, "length").removed_chars > len(LOOP) * 38
    )


@given(st.text(alphabet=string.printable, max_size=300), st.sampled_from(["stop", "length"]))
def test_a_text_without_a_loop_is_trained_or_truncated(text: str, stop: str) -> None:
    look = looked_at(text, stop)
    assert (look.loop is None) == (look.treatment is not Treatment.DEGENERATE) or stop == "stop"
    assert look.removed_chars == 0 or look.loop is not None


@given(st.lists(st.text(min_size=1, max_size=4), max_size=30), st.integers(0, 60))
def test_kept_tokens_are_the_fewest_that_hold_the_characters(tokens: list[str], chars: int) -> None:
    def decode(ids):
        return "".join(tokens[i] for i in ids)

    kept = tokens_of(decode, range(len(tokens)), chars)
    assert len(decode(range(kept))) >= chars or kept == len(tokens)
    assert kept == 0 or len(decode(range(kept - 1))) < chars
