"""Command R7B and A: `<|START_ACTION|>[{"tool_name": "…", "parameters": {…}}]<|END_ACTION|>`.

An entry may have a `tool_call_id`; a single object instead of the array is seen too.
Source: chat template of CohereLabs/c4ai-command-r7b-12-2024, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format(
    "cohere",
    "<|START_ACTION|>",
    "<|END_ACTION|>",
    array=True,
    keys=("tool_name", "parameters"),
)
