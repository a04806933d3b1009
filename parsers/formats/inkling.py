"""Inkling: `<|content_invoke_tool_json|>{"name": "…", "args": {…}}<|end_message|>`.

Each part of a turn is a message of its own, opened by `<|message_model|>` and the kind of its
content: thinking, text or a call.
Source: the inkling parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format(
    "inkling",
    "<|content_invoke_tool_json|>",
    "<|end_message|>",
    keys=("name", "args"),
    joint="<|message_model|>",
)
