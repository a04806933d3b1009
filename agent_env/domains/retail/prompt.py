"""Builds the retail system prompt: rules, tools and examples from the domain's own schemas.

Place in the flow: `build` in the package calls `build_prompt` once per domain. Every call that the
prompt shows is run by the real tools on the reserved shop and rendered by `parsers.render`; so
prompt, tools and parser cannot disagree.

What it does not do: no words of its own, they are in `prompts/system/`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import prompts
from agent_env.domain import Example
from agent_env.domains.retail import reserved as shop
from agent_env.domains.retail.world import COUNTRIES, REASONS
from agent_env.feedback import answer_text
from agent_env.store import Base, Store
from agent_env.tool_spec import ToolSpec
from agent_env.types import Call
from parsers import render

PROMPTS = ("retail", "retail_native")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltPrompt:
    """A system prompt and the calls it shows."""

    text: str
    examples: tuple[Example, ...]


def build_prompt(name: str, tools: Mapping[str, ToolSpec], wire_format: str) -> BuiltPrompt:
    """The system prompt of that name for these tools.

    Args:
        name: One of PROMPTS.
        tools: What is offered, by name.
        wire_format: How calls are written; a format of `parsers.render`.
    """
    if name == "retail_native":
        native = prompts.render("system", "retail_native", policy=policy_text())
        return BuiltPrompt(text=native, examples=())
    player = _Player(tools, wire_format)
    examples = [_exchange(player), _refusal(player)]
    text = prompts.render(
        "system",
        "retail",
        policy=policy_text(),
        schemas="\n".join(json.dumps(spec.to_openai()["function"]) for spec in tools.values()),
        examples="\n\n".join(examples),
    )
    return BuiltPrompt(text=text, examples=tuple(player.examples))


def policy_text() -> str:
    """The rules of the shop, as the model reads them."""
    return prompts.render(
        "system",
        "retail_policy",
        cancel_reasons=", ".join(f'"{reason}"' for reason in REASONS),
        countries=", ".join(COUNTRIES),
    )


class _Player:
    """Runs the calls of the examples, one after the other, on one store of the reserved shop.

    Attributes:
        examples: The calls run so far, as the prompt shows them.
    """

    def __init__(self, tools: Mapping[str, ToolSpec], wire_format: str) -> None:
        self._tools = tools
        self._wire_format = wire_format
        self._store = Store(Base(shop.reserved()))
        self.examples: list[Example] = []

    def play(self, name: str, **arguments: Any) -> tuple[str, str, Any]:
        """How the call is written, what the model reads of the answer, and the answer itself."""
        call: Call = (name, arguments)
        text = render([call], format=self._wire_format)
        self.examples.append(Example(text=text, call=call))
        answer = self._tools[name].call(self._store, arguments)
        return text, answer_text(answer), answer


def _exchange(player: _Player) -> str:
    identify, identified, _ = player.play("identify_by_email", email=shop.EMAIL)
    lookup, found, _ = player.play("get_order", order_id=shop.DELIVERED)
    product, variants, _ = player.play("get_product", product_id=shop.PRODUCT_ID)
    write, written, answer = player.play(
        "exchange_items",
        order_id=shop.DELIVERED,
        item_ids=[shop.CLAY],
        new_item_ids=[shop.PORCELAIN],
        payment_method_id=shop.METHOD_ID,
    )
    return prompts.render(
        "system",
        "retail_example_exchange",
        identify=identify,
        identified=identified,
        lookup=lookup,
        found=found,
        product=product,
        variants=variants,
        email=shop.EMAIL,
        order_id=shop.DELIVERED,
        method=shop.METHOD_ID,
        charged=answer["charged"],
        write=write,
        written=written,
    )


def _refusal(player: _Player) -> str:
    lookup, found, answer = player.play("get_order", order_id=shop.PROCESSED)
    return prompts.render(
        "system",
        "retail_example_refusal",
        lookup=lookup,
        found=found,
        order_id=shop.PROCESSED,
        status=answer["status"],
    )
