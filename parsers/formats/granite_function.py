"""Granite 20B function calling: `<function_call> {"name": "…", "arguments": {…}}`, no closer.

Source: model card of ibm-granite/granite-20b-functioncalling, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format("granite_function", "<function_call>", "")
