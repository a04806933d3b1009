"""What customers of the retail shop know, and what a proposal to them can get wrong.

Place in the flow: `make_user` gives the domain's customer; `tasks` writes the slots that it reads.

What it does not do: no rules of conversation (`agent_env.customers.scripted`), no words
(`prompts/user/`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from agent_env.customers.noise import Noise
from agent_env.customers.proposals import Proposals, Sort
from agent_env.customers.scripted import ScriptedUser, Slot
from agent_env.domains.retail.goods import CITIES, FURTHER_COUNTRIES, GOODS
from agent_env.domains.retail.world import BRANDS, COUNTRIES, REASONS

IDENTITY = (("email",), ("name", "zip"))


def _pattern(body: str) -> re.Pattern[str]:
    """Matches it as words of their own, in a text in lower case."""
    return re.compile(rf"\b(?:{body.lower()})\b")


_ORDER_ASKED = _pattern(
    r"order(?:'s)? (?:numbers?|ids?|no|code|reference)|(?:which|what|name (?:the|your)) orders?"
    r"|(?:numbers?|ids?) of (?:the|your|that|this) order|orders? (?:is|are|do|does|did|would) "
    r"(?:this|it|that|you)|which (?:one|of (?:these|them|those))\b.{0,40}\b(?:cancel|return)\w*"
)

SLOTS: Mapping[str, Slot] = MappingProxyType(
    {
        "email": Slot(label="e-mail address", asked=_pattern(r"e-?mails?(?: address)?")),
        "name": Slot(
            label="name", asked=_pattern(r"(?:full |first |last |your |sur|account )names?")
        ),
        "zip": Slot(label="zip code", asked=_pattern(r"zip(?:[ -]?code)?|post(?:al)?[ -]?code")),
        "order_id": Slot(label="order number", asked=_ORDER_ASKED),
        "order_hint": Slot(label="", asked=_ORDER_ASKED),
        "reason": Slot(
            label="reason", asked=_pattern(rf"reasons?|why|made you|{'|'.join(REASONS)}")
        ),
        "method": Slot(
            label="",
            asked=_pattern(
                r"(?:payment|refund|pay(?:ing)?) (?:method|option|source|account)s?|method"
                r"|gift card|pay ?pal|credit card|where (?:should|shall|do|would|to) .{0,40}refund"
                r"|how .{0,30}(?:refund|pay|settle)\w*|which card|refund (?:be )?(?:go|sent|to)"
            ),
        ),
        "items": Slot(
            label="",
            asked=_pattern(
                r"(?:which|what|name of the|specific)(?: \w+){0,2} (?:items?|products?|articles?"
                r"|goods|pieces?)|items? (?:is|are|do|would|did|from)|(?:the|your) items?"
                r"|item numbers?|everything or"
            ),
        ),
        "target": Slot(
            label="",
            asked=_pattern(
                r"variants?|options?|colou?rs?|sizes?|versions?|models?|instead"
                r"|replacements?|new items?|(?:which|what) one|exchange it for|swap it for"
            ),
        ),
        "address": Slot(
            label="",
            asked=_pattern(
                r"(?<!mail )(?<!mail-)address(?:es)?|street|country"
                r"|where .{0,40}(?:send|sent|go|deliver\w*|ship\w*)"
            ),
        ),
        "damage": Slot(
            label="", asked=_pattern(r"damaged?|wrong with|broken|defect\w*|happened|problem|issue")
        ),
    }
)

# Option values that mean nothing else: "S" and "2" turn up in any message.
_WORDS = sorted(
    {value for _, axes in GOODS.values() for values in axes.values() for value in values},
    key=len,
    reverse=True,
)
_OPTION_WORDS = "|".join(re.escape(word) for word in _WORDS if len(word) > 3 or " " in word)

# An address in a proposal is wrong though nobody has heard of its street, city or country: each
# part is also known by where it stands, or by what it is called.
_ROAD = r"(?:street|st|road|rd|lane|avenue|ave|square|drive|way|court|place|boulevard|alley|park)"
_NAME = (
    r"(?!(?:and|in|for|is|instead|from|with|to|now|or|as|of|your|the|right|ok|okay|please|will|would"
    r"|country|zip|postal|has|on|at|if|shall|correct)\b)([^\W\d_]+)"
)
_HOUSE, _ZIP = r"(?<![#\w$.,-])\d{1,4}[a-z]?", r"(?<![\w-])\d{5}"
_STREET = (
    re.compile(rf"{_HOUSE} (?:[^\W\d_][\w.'-]* ){{1,3}}?{_ROAD}\b"),
    re.compile(rf"{_HOUSE} [^\W\d_][\w.' -]{{2,40}}?(?=[,\n]\s*{_ZIP}\b)"),
)
_CITY = (
    _pattern("|".join(city for cities in CITIES.values() for city in cities)),
    re.compile(rf"{_ZIP},? {_NAME}"),
    re.compile(rf"\bcity(?: is)?\W*:\W*{_NAME}"),
)
_COUNTRY = (
    _pattern("|".join((*COUNTRIES, *FURTHER_COUNTRIES))),
    re.compile(rf"{_ZIP},? [^\W\d_]+(?:,|\n) ?{_NAME}"),
    re.compile(rf"\bcountry(?: is)?\W*:\W*{_NAME}"),
)

SORTS = (
    Sort(values=(re.compile(r"#w\d+\b"),), is_strict=True),
    Sort(values=(re.compile(r"\bi\d{6}\b"),), is_strict=True),
    Sort(values=(_pattern(r"(?:card|paypal|gift)-\d{5}"),)),
    Sort(
        values=(_pattern(rf"gift cards?|pay ?pal|credit cards?|{'|'.join(BRANDS)}"),),
        spelling={
            "gift cards": "gift card",
            "pay pal": "paypal",
            **dict.fromkeys(("credit cards", *(brand.lower() for brand in BRANDS)), "credit card"),
        },
    ),
    Sort(
        values=(re.compile(r"(?:ending(?: in| with)?|ends? (?:in|with)|\*+|x{2,}|•+) ?(\d{4})\b"),)
    ),
    Sort(values=(_pattern("|".join(REASONS)),)),
    Sort(values=_STREET),
    Sort(values=_CITY),
    Sort(values=_COUNTRY),
    Sort(values=(re.compile(rf"{_ZIP}\b"),)),
    Sort(values=(_pattern(_OPTION_WORDS),)),
)

DEEDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "cancel": _pattern(r"cancel(?!led (?:order|already)|lation (?:back|undone))\w*"),
        "return": _pattern(
            r"returns?|returning|take (?:it|them|the \w+) back|returned to us|send (?:it|them) back"
        ),
        "exchange": _pattern(
            r"exchang\w+|swap\w*|replac\w+(?! (?:the |your )?(?:payment|method|card|address))"
        ),
        "transfer": _pattern(
            r"transfer\w*|hand (?:you|this|it) (?:over|to)|human|colleague|specialist|real person"
        ),
        "restore": _pattern(r"restor\w*|reinstat\w*|reactivat\w*|undo\w*|revers\w*"),
    }
)


_PROPOSALS = Proposals(sorts=SORTS, deeds=DEEDS)


@cache
def make_user(noise: float = 0.0) -> ScriptedUser:
    """The customer of the shop.

    Args:
        noise: How often it is difficult: the probability of each difficulty of `Noise`.

    Raises:
        ValueError: A noise outside 0 to 1.
    """
    return ScriptedUser(
        domain="retail",
        identity=IDENTITY,
        slots=SLOTS,
        proposals=_PROPOSALS,
        noise=Noise.of(noise),
    )
