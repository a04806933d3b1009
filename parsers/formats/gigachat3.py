r"""GigaChat 3: `<|function_call|>{"name": "…", "arguments": {…}}`, no closer.

Where the special token is skipped, the call stands behind a role header of its own instead:
`<|message_sep|>`, two line breaks, `function call<|role_sep|>`.
Source: tokenizer files of ai-sage/GigaChat3-10B-A1.8B, read 2026-11.
"""

from __future__ import annotations

from ..tagged import tagged_format

FORMAT = tagged_format(
    "gigachat3",
    "<|function_call|>",
    "",
    aliases=("<|message_sep|>\n\nfunction call<|role_sep|>", "function call<|role_sep|>"),
)
