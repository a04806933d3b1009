"""Jamba and Hunyuan-A13B: `<tool_calls>[{"name": "…", "arguments": {…}}]</tool_calls>`, one array.

Source: chat templates of ai21labs/AI21-Jamba-1.5 and tencent/Hunyuan-A13B-Instruct, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format("jamba", "<tool_calls>", "</tool_calls>", array=True)
