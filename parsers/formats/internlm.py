"""InternLM 2 and Intern-S1: `<|action_start|><|plugin|>{"name", "parameters"}<|action_end|>`.

Source: chat format page of InternLM/InternLM (chat_format.md), read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format(
    "internlm",
    "<|action_start|><|plugin|>",
    "<|action_end|>",
    keys=("name", "parameters"),
    aliases=("<|action_start|> <|plugin|>", "<|action_start|>"),
)
