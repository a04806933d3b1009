"""Special tokens, and the marks by which a turn that the model invented is told, as data.

A model that goes on after its own turn writes the next one itself: the user's answer or the tool's
result. What follows such a mark was never said by anybody. Special tokens are left over when a
server decodes them; they are no content. `scan.py` meets these marks outside of calls and thoughts
only.
"""

from __future__ import annotations

import re

SPECIAL_TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_turn|>",
    "<|eot|>",
    "<|eom|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|end_message|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|START_RESPONSE|>",
    "<|END_RESPONSE|>",
    "<|CHATBOT_TOKEN|>",
    "<|START_OF_TURN_TOKEN|>",
    "<|START_TEXT|>",
    "<|END_TEXT|>",
    "<|content_text|>",
    "<|content_invoke_tool_text|>",
    "<|content_tool_error|>",
    "<|content_model_end_sampling|>",
    "<|message_model|>",
    "<|message_sep|>",
    "<turn|>",
    "<end_of_turn>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "[EOS]",
    "<bos>",
    "<eos>",
    "<pad>",
    "</s>",
)

TURN_MARKS = (
    "<tool_response>",
    "<|tool_response|>",
    "<tool_result>",
    "<tool_results>",
    "<function_results>",
    "<|observation|>",
    "<|user|>",
    "<|User|>",
    "<\uff5cUser\uff5c>",
    "<|USER_TOKEN|>",
    "<|python_output|>",
    "[TOOL_RESULTS]",
    "[INST]",
    "<function_response>",
    "<tool_output>",
    "<tool_outputs>",
    "<observation>",
    "<|tool_response>",  # Gemma 4
    "<start_function_response>",  # FunctionGemma
    "<\uff5ctool\u2581outputs\u2581begin\uff5c>",  # DeepSeek
    "<\uff5ctool\u2581output\u2581begin\uff5c>",
    "<|START_TOOL_RESULTS|>",  # Cohere
    "<|im_user|>",  # Kimi K2
    "<|im_system|>",
    "<|message_user|>",  # Inkling
    "<|message_tool|>",
    '<|open|>message role="tool"',  # Kimi K3
    '<|open|>message role="user"',
)
"""Marks that open somebody else's turn whatever follows."""

HEADERS = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<start_of_turn>",
    "<|start|>",
    "<|header_start|>",
    "<|start_of_role|>",  # Granite
    "<|turn>",  # Gemma 4
    "]~b]",  # MiniMax
    "<seed:bos>",
)
"""Marks that open a turn whose role is named next; only the assistant's first is no invention."""

HEADER_ROLE = re.compile(
    r"\s*([A-Za-z_]*)(?:<\|(?:end_header_id|header_end|message|end_of_role)\|>)?\s*"
)
OWN_ROLES = frozenset(("assistant", "model", "ai"))

_BREAK = r"\n"
_ROLE = (
    r"\n[ \t]*(?:user[ \t\r]*\n"
    r"|(?:User|Human|USER|Observation|OBSERVATION|Tool [Rr]esponse)[ \t]*:)"
)
ROLE_ANSWERS = ("result", "response", "output")
_FAINT = (
    r"\n(?:[*_]{1,3}|#{1,6}[ \t]+)?"
    rf"(?i:user|human|observation|(?:tool|function)(?:[ _](?:{'|'.join(ROLE_ANSWERS)}))?)"
    r"(?:[*_]{1,3})?[ \t]*:"
)
ROLE_LINE = (
    r"\n(?=[ \t*_#uUhHoOtTfF])"  # most lines end here
    rf"(?:{_ROLE.removeprefix(_BREAK)}|{_FAINT.removeprefix(_BREAK)})"
)
"""A line that opens a turn by its plain name, as chat logs do; begins with the line break.

Those that are `CLEAR` do so anywhere. Others are as likely data, and count behind a call, or alone
on their line behind a finished sentence (`ALONE`).
"""

CLEAR = re.compile(_ROLE)
ALONE = re.compile(r"(?<=[.?!])\s*" + _FAINT + r"[*_]{0,3}[ \t\r]*\n")
ROLE_AT_START = re.compile(_ROLE.removeprefix(_BREAK))
ROLE_AFTER_MARKER = re.compile(r"\s*(?:<\|im_start\|>\s*)?(?:user|User|human|Human)\b")
"""A role where a call's payload should be: the opener was meant as a turn mark."""
