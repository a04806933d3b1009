"""Compact JSON of what tools answer, by an encoder that is built once.

Place in the flow: `feedback` words answers with it. `json.JSONEncoder` builds its C encoder anew
for every text, which costs as much again as the encoding of an answer; here it is built once.

What it does not do: no sorted keys and no circular check (what a tool answers is a tree; one that
holds itself fails with a RecursionError). `store.canonical_json` is for hashes.
"""

from __future__ import annotations

import json
from json import encoder
from typing import Any

_WRITER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)
# What the encoder's own `iterencode` makes for each text; None where Python has no C module.
_make: Any = getattr(encoder, "c_make_encoder", None)
_chunks: Any = _make and _make(
    None, _WRITER.default, encoder.encode_basestring, None, ":", ",", False, False, False
)


def compact(value: Any) -> str:
    """The value as JSON without blanks, other alphabets as they are.

    Raises:
        TypeError: It holds something that JSON does not.
        ValueError: It holds a NaN or an infinity.
        RecursionError: It holds itself.
    """
    return "".join(_chunks(value, 0)) if _chunks else _WRITER.encode(value)
