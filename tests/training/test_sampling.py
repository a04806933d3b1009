"""What vLLM is told: stops that cannot cut code, repetition where it is known, nothing bent."""

import pytest

from parsers.cleaning import STOP_STRINGS
from parsers.degeneration import _NEEDED, WINDOW
from training.groups import SamplingConfig
from training.sampling import REPETITION, stop_strings, vllm_arguments, warnings


@pytest.mark.parametrize(
    ("version", "knows"),
    [("0.17.0", True), ("0.23.1rc2", True), ("1.0", True), ("0.16.9", False), (None, False)],
)
def test_repetition_is_detected_where_the_version_can(version: str | None, knows: bool) -> None:
    arguments = vllm_arguments(SamplingConfig(), version)
    assert ("repetition_detection" in arguments) is knows
    assert arguments["skip_special_tokens"] is False
    assert "repetition_detection" not in vllm_arguments(
        SamplingConfig(stop_repetition=False), version
    )


def test_vllm_ends_nothing_that_the_detector_would_let_pass() -> None:
    """A pattern of n tokens has at least n characters; n copies of it cover n times as many."""
    for tokens in range(REPETITION["min_pattern_size"], REPETITION["max_pattern_size"] + 1):
        covered = tokens * REPETITION["min_count"]
        for period in (period for period in range(1, tokens + 1) if tokens % period == 0):
            needed = next(copies for longest, copies in _NEEDED if period <= longest)
            assert covered // period >= needed or covered > WINDOW, (tokens, period)


def test_a_penalty_is_off_by_default_and_warned_of_when_asked_for() -> None:
    assert "repetition_penalty" not in vllm_arguments(SamplingConfig(), "0.23.0")
    assert warnings(SamplingConfig()) == []
    bent = SamplingConfig(repetition_penalty=1.1)
    assert vllm_arguments(bent, None)["repetition_penalty"] == 1.1
    assert "log-probabilities are biased" in warnings(bent)[0]


def test_stop_strings_are_the_ones_that_cut_no_code() -> None:
    assert stop_strings(SamplingConfig()) == list(STOP_STRINGS)
    assert stop_strings(SamplingConfig(stop_strings=False)) is None
