"""The doctor: passes a faithful batch, and names every way in which one can lie."""

from collections.abc import Callable
from typing import Any

import pytest

from training.doctor import DoctorError, check_batch


class Letters:
    """Tokenizer double: a token is a letter's code."""

    def decode(self, token_ids: list[int], **_options: Any) -> str:
        return "".join(map(chr, token_ids))


def faithful() -> dict[str, Any]:
    """Two turns with an observation between them."""
    parts = [("call", 1), ("|tool: found|", 0), ("done", 1)]
    text = "".join(part for part, _ in parts)
    mask = [bit for part, bit in parts for _ in part]
    rewards = [0.0] * len(mask)
    rewards[3], rewards[-1] = 0.15, 1.0
    return {
        "response_ids": [[ord(letter) for letter in text]],
        "loss_masks": [mask],
        "rewards": [rewards],
        "trajectories": [
            {
                "turns": [{"text": "call"}, {"text": "done"}],
                "messages": [
                    {"role": "system", "content": "rules"},
                    {"role": "user", "content": "please"},
                    {"role": "assistant", "content": "call"},
                    {"role": "tool", "content": "found"},
                    {"role": "assistant", "content": "done"},
                    {"role": "user", "content": "bye"},
                ],
            }
        ],
    }


def test_a_faithful_batch_passes() -> None:
    check_batch(Letters(), **faithful())


def no_observation(batch: dict[str, Any]) -> None:
    batch["trajectories"][0]["messages"][3]["content"] = "lost"


def other_text(batch: dict[str, Any]) -> None:
    batch["response_ids"][0][0] = ord("C")


def merged_turns(batch: dict[str, Any]) -> None:
    batch["loss_masks"][0] = [1] * len(batch["loss_masks"][0])


def stray_reward(batch: dict[str, Any]) -> None:
    batch["rewards"][0][6] = 0.5


def nothing_trained(batch: dict[str, Any]) -> None:
    batch["loss_masks"][0] = [0] * len(batch["loss_masks"][0])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_observation, "the observation 'lost' after turn 1 is missing"),
        (other_text, "turn 1 was 'call' but 'Call' is trained"),
        (merged_turns, "2 turns were played but 1 are trained"),
        (stray_reward, "a reward lies on a token that is not trained"),
        (nothing_trained, "loss mask of the whole batch is zero"),
    ],
)
def test_each_lie_is_named(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    batch = faithful()
    spoil(batch)
    with pytest.raises(DoctorError, match=said):
        check_batch(Letters(), **batch)


def test_an_episode_masked_out_whole_is_not_examined() -> None:
    good, spoilt = faithful(), faithful()
    nothing_trained(spoilt)
    check_batch(Letters(), **{key: good[key] + spoilt[key] for key in good})
