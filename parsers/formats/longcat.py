"""LongCat: `<longcat_tool_call>{"name": "…", "arguments": {…}}</longcat_tool_call>`.

Source: chat template of meituan-longcat/LongCat-Flash-Chat, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format("longcat", "<longcat_tool_call>", "</longcat_tool_call>")
