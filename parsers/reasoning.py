"""The markers around thinking, of all model families, as data.

A thought runs from an opener to the first closer of its family. Text before a closer that was
never opened is a thought too: the prompt had opened it. Which stretches of a turn really are
thoughts is decided in `scan.py`, because a marker inside a call's argument is only text. Families
that name a channel in a header (harmony and its kin) are read by `channels.py`.
Source: chat templates of the named models as shipped on the Hugging Face hub, November 2026.
"""

from __future__ import annotations

MODES = ("auto", "open", "off")
"""auto: found from the text. open: the prompt ended inside a thought. off: markers are text."""

_FAINT_NAMES = ("thought", "thoughts", "reasoning", "analysis", "scratchpad", "reflection")


def _spellings(names: tuple[str, ...]) -> dict[str, str]:
    """Plain tags of these names, in small letters, with a capital and in capitals."""
    cases = (case for name in names for case in (name, name.capitalize(), name.upper()))
    return {f"<{name}>": f"</{name}>" for name in cases}


_FAINT_FAMILIES = {
    **_spellings(_FAINT_NAMES),
    "<|thinking|>": "<|/thinking|>",
    "<|reasoning|>": "<|/reasoning|>",
}
FAINT = frozenset(_FAINT_FAMILIES)
"""Openers that no family is known for. They open a thought only where a turn or a further thought
may begin: elsewhere they are as likely text, and their closers alone end nothing."""

FAMILIES: dict[str, str] = {
    **_FAINT_FAMILIES,
    **_spellings(("think", "thinking")),
    "<think>": "</think>",  # Qwen, DeepSeek, GLM, Nemotron and most others
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",  # Mistral
    "<seed:think>": "</seed:think>",
    "<mm:think>": "</mm:think>",  # MiniMax
    "<|START_THINKING|>": "<|END_THINKING|>",  # Cohere
    "<|plamo:begin_think:plamo|>": "<|plamo:end_think:plamo|>",
    "<|inner_prefix|>": "<|inner_suffix|>",  # Apertus
    "<|content_thinking|>": "<|end_message|>",  # Inkling
    "<|channel>thought": "<channel|>",  # Gemma 4
    "<|channel>": "<channel|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|open|>think<|sep|>": "<|close|>think<|sep|>",  # Kimi K3
    "<|think|>": "<|/think|>",
    "◁think▷": "◁/think▷",  # Kimi
}

HARMONY_CLOSER = "<|end|><|start|>assistant"
"""Ends a thought that the prompt opened, if no part of the turn was opened in the text."""

_NOT_ALONE = frozenset(("<|end_message|>", *_FAINT_FAMILIES.values()))
"""Closers that end other things too, so that without an opener they close no thought."""

CLOSERS = (frozenset(FAMILIES.values()) - _NOT_ALONE) | {HARMONY_CLOSER}
"""Closers that end a thought even when the opener is not in the text."""

OPEN_CLOSERS = CLOSERS | {"<|end_message|>", "<|end|>"}
"""Closers of a thought of which it is known that the prompt opened it."""
