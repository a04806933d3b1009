"""Nemotron Nano 2: `<TOOLCALL>[{"name": "…", "arguments": {…}}]</TOOLCALL>`, one array.

Source: chat template of nvidia/NVIDIA-Nemotron-Nano-9B-v2, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format("nemotron", "<TOOLCALL>", "</TOOLCALL>", array=True)
