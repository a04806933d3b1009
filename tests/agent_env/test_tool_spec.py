from __future__ import annotations

from typing import Literal

import pytest

from agent_env import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


def book(
    store: Store,
    title: str,
    copies: int,
    tags: list[str],
    price: float = 1.0,
    kind: Literal["new", "used"] = "new",
    gift: bool = False,
) -> dict[str, object]:
    """Order a book
    from the shop.

    Args:
        store: Not for the model.
        title: What it is called.
        copies: How many.
        price: The most to pay.
        kind: Which kind.
        tags: Shelf marks.
        gift: Whether to wrap it.

    Returns:
        Something.
    """
    return {"title": title, "copies": copies}


def test_signature_and_docstring_are_the_schema() -> None:
    spec = tool(Effect.WRITE)(book)
    assert spec.to_openai() == {
        "type": "function",
        "function": {
            "name": "book",
            "description": "Order a book from the shop.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "What it is called."},
                    "copies": {"type": "integer", "description": "How many."},
                    "price": {"type": "number", "description": "The most to pay."},
                    "kind": {
                        "type": "string",
                        "enum": ["new", "used"],
                        "description": "Which kind.",
                    },
                    "tags": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Shelf marks.",
                    },
                    "gift": {"type": "boolean", "description": "Whether to wrap it."},
                },
                "required": ["title", "copies", "tags"],
                "additionalProperties": False,
            },
        },
    }
    assert spec.signature() == "book(title, copies, tags, price, kind, gift)"
    assert spec.effect is Effect.WRITE


def test_a_tool_is_called_with_the_store_first(store: Store) -> None:
    assert tool(Effect.READ)(book).call(store, {"title": "A", "copies": 2, "tags": []}) == {
        "title": "A",
        "copies": 2,
    }


def no_docstring(store: Store) -> None:
    pass


def undescribed(store: Store, title: str) -> None:
    """Do it."""


def described_twice(store: Store) -> None:
    """Do it.

    Args:
        title: What there is not.
    """


def strange_type(store: Store, title: dict[str, str]) -> None:
    """Do it.

    Args:
        title: A mapping.
    """


def broken_line(store: Store, title: str) -> None:
    """Do it.

    Args:
        title: One line
            and another.
    """


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_docstring, "docstring is what the model reads"),
        (undescribed, "signature says otherwise"),
        (described_twice, "signature says otherwise"),
        (strange_type, "has no JSON Schema here"),
        (broken_line, "on one line"),
    ],
)
def test_what_cannot_be_a_schema_is_refused(function: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        tool(Effect.READ)(function)  # type: ignore[arg-type]
