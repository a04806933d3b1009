"""Granite 20B function calling: `<function_call> {"name": "…", "arguments": {…}}`, no closer.

Other models close the tag all the same; the closer is dropped.
Source: model card of ibm-granite/granite-20b-functioncalling, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..tagged import tagged_format

FORMAT = replace(
    tagged_format("granite_function", "<function_call>", ""), closers=("</function_call>",)
)
