"""Checks that the batch about to be trained on is the batch that was played.

Place in the flow: ``training/generator.py`` runs it on the first batch of every session. Each check
has cost someone weeks: observations missing from the training sequence, an all-zero loss mask,
turns that were cut and re-tokenised. A run that fails one stops with a sentence; it never trains
on.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from training.credit import turn_spans


class DoctorError(RuntimeError):
    """What is trained differs from what was played; the text says where."""


class Decoder(Protocol):
    """The part of a tokenizer that is needed."""

    def decode(self, token_ids: Sequence[int], **options: Any) -> str:
        """Text of the ids."""


def check_batch(
    decoder: Decoder,
    response_ids: Sequence[Sequence[int]],
    loss_masks: Sequence[Sequence[int]],
    rewards: Sequence[Sequence[float]],
    trajectories: Sequence[Mapping[str, Any]],
) -> None:
    """Compare each trained sequence with the trajectory that the environment kept.

    Args:
        decoder: The tokenizer.
        response_ids: Everything after the prompt, per episode.
        loss_masks: Ones where the model is trained.
        rewards: One per token.
        trajectories: ``ToolEnv.trajectory`` of each episode.

    Raises:
        DoctorError: Nothing is trained at all, or an episode fails ``check_episode``.
    """
    if not any(any(mask) for mask in loss_masks):
        raise DoctorError(
            "the loss mask of the whole batch is zero, so nothing would be trained; every episode "
            "failed in the environment, or the chat template hides the assistant's tokens"
        )
    for index, (ids, mask, reward, trajectory) in enumerate(
        zip(response_ids, loss_masks, rewards, trajectories, strict=True)
    ):
        if any(mask):  # episodes that the environment spoilt are masked out whole
            try:
                check_episode(decoder, ids, mask, reward, trajectory)
            except DoctorError as error:
                raise DoctorError(f"episode {index} of the batch: {error}") from None


def check_episode(
    decoder: Decoder,
    ids: Sequence[int],
    mask: Sequence[int],
    rewards: Sequence[float],
    trajectory: Mapping[str, Any],
) -> None:
    """Compare one trained sequence with its trajectory.

    Raises:
        DoctorError: Trained tokens are not the turns that were played, an observation is missing
            between them, or a reward lies outside the turns.
    """
    turns, spans = trajectory["turns"], turn_spans(mask)
    if len(spans) != len(turns):
        raise DoctorError(f"{len(turns)} turns were played but {len(spans)} are trained")
    for number, ((start, end), turn) in enumerate(zip(spans, turns, strict=True), start=1):
        trained = decoder.decode(ids[start:end], skip_special_tokens=False)
        if trained != turn["text"]:
            raise DoctorError(f"turn {number} was {turn['text']!r} but {trained!r} is trained")
    observed = observations_after_turns(trajectory["messages"])
    for number, ((_, end), (start, _)) in enumerate(itertools.pairwise(spans), start=1):
        between = decoder.decode(ids[end:start], skip_special_tokens=False)
        for content in observed[number - 1]:
            if content not in between:
                raise DoctorError(f"the observation {content!r} after turn {number} is missing")
    if any(reward and not kept for reward, kept in zip(rewards, mask, strict=True)):
        raise DoctorError("a reward lies on a token that is not trained")


def observations_after_turns(messages: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """What was observed after each assistant message, in order."""
    observed: list[list[str]] = []
    for message in messages:
        if message["role"] == "assistant":
            observed.append([])
        elif observed:
            observed[-1].append(message["content"])
    return observed
