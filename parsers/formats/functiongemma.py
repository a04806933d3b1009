"""FunctionGemma: `<start_function_call>call:NAME{key:<escape>text<escape>}<end_function_call>`.

Grammar: one pair of tokens for each call, in it the notation of `brace_dsl.py` with `<escape>`
around values of any type; bare numbers and words occur too.
Source: chat template of google/functiongemma-270m-it, read 2026-11.
"""

from __future__ import annotations

from ..brace_dsl import BraceDialect, brace_format

FORMAT = brace_format(
    "functiongemma",
    BraceDialect(
        opener="<start_function_call>",
        closer="<end_function_call>",
        quote="<escape>",
        untyped=True,
    ),
)
