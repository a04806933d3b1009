"""Gemma 4: `<|tool_call>call:NAME{key:<|"|>text<|"|>,days:3}<tool_call|>`.

Grammar: one pair of tokens for each call, in it the notation of `brace_dsl.py` with `<|"|>` around
strings; `call` is sometimes lost. A bare word is text. The same notation is used by models with a
response template.
Source: chat template of google/gemma-4 and vLLM 0.33.0's tests, read 2026-11.
"""

from __future__ import annotations

from ..brace_dsl import BraceDialect, brace_format

FORMAT = brace_format(
    "gemma4", BraceDialect(opener="<|tool_call>", closer="<tool_call|>", quote='<|"|>')
)
