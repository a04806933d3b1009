"""Granite 3: `<|tool_call|>[{"name": "…", "arguments": {…}}]`, one array, no closer.

Source: chat template of ibm-granite/granite-3.1-8b-instruct, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format("granite", "<|tool_call|>", "", array=True)
