"""Tools that the parser tests offer, and one way to look at a result."""

from __future__ import annotations

from typing import Any

import pytest


def function(name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.fixture(scope="session")
def tools() -> list[dict[str, Any]]:
    text = {"type": "string"}
    return [
        function("get_weather", {"city": text, "days": {"type": "integer"}}, ["city"]),
        function("set_alarm", {"time": text}, ["time"]),
        function("send", {"mail": {"type": "object"}}, ["mail"]),
        function("list_all", {}, []),
        function(
            "book",
            {
                "user": text,
                "seats": {"type": "array", "items": {"type": "integer"}},
                "insured": {"type": "boolean"},
                "cabin": {"type": "string", "enum": ["economy", "business"]},
                "note": {"type": ["string", "null"]},
                "price": {"type": "number"},
            },
            ["user", "seats"],
        ),
    ]
