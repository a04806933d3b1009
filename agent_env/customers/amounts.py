"""The amounts of money that a message says are charged or given back, however they are written.

Place in the flow: a scripted customer compares them with what the tools named. "$1,290.00", "1290
dollars" and "twelve hundred and ninety dollars" are one amount; one in another currency is none
that a tool named.

What it does not do: no sums, no judgement of what an amount is for.
"""

from __future__ import annotations

import re

FOREIGN = -1
"""Stands for any amount that is not in dollars."""

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {
    **{word: value for value, word in enumerate(_SMALL)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    "a": 1,
}
_SCALES = {"hundred": 100, "thousand": 1_000, "grand": 1_000}
_WORD = "|".join((*_VALUES, *_SCALES))
_SPOKEN = rf"(?:\b(?:{_WORD})\b[ -]+(?:and +)?)+"
_FIGURES = r"\d[\d,]*(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?:\$|\busd) ?(?P<before>{_FIGURES})"
    rf"|(?P<after>{_FIGURES}) ?(?:dollars?|bucks|usd)\b"
    r"(?: (?:and )?(?P<change>\d{1,2}) cents?\b)?"
    rf"|(?P<spoken>{_SPOKEN})(?:us )?(?:dollars?|bucks)\b"
    rf"(?: (?:and )?(?P<cents>{_SPOKEN}|\d{{1,2}} ?)cents?\b)?"
    rf"|(?P<foreign>(?:[€£]|\beur) ?{_FIGURES}|(?:{_FIGURES} ?|{_SPOKEN})"
    r"(?:€|£|(?:euros?|eur|pounds?)\b))"
)
_MOVES = re.compile(
    r"\b(?:refund|charg|differ|get back|gets? back|credit|total|pa(?:y|id)\b|amount|fees?\b"
    r"|surcharge)[^.!?\n$]{0,60}\Z"
)
_MOVED = re.compile(
    r"\A[^.!?\n$]{0,12}\b(?:refund|charg|credit|(?:go(?:es|ing)?|comes?) back|fees?\b|surcharge)"
)


def moved_cents(text: str) -> frozenset[int]:
    """Every amount that is said to be moved, in cents; FOREIGN for one in another currency."""
    text = text.lower()
    return frozenset(
        _cents(found)
        for found in _AMOUNT.finditer(text)
        if _MOVES.search(text[max(0, found.start() - 80) : found.start()])
        or _MOVED.match(text[found.end() : found.end() + 30])
    )


def listed_cents(text: str) -> frozenset[int]:
    """Every amount in the text, in cents."""
    return frozenset(map(_cents, _AMOUNT.finditer(text.lower())))


def _cents(found: re.Match[str]) -> int:
    if found["foreign"]:
        return FOREIGN
    if found["spoken"]:
        return 100 * _count(found["spoken"]) + _count(found["cents"] or "")
    whole, _, rest = (found["before"] or found["after"]).replace(",", "").partition(".")
    return 100 * int(whole[:12]) + int(found["change"] or f"{rest}00"[:2])


def _count(words: str) -> int:
    """The number that the words say, such as "twelve hundred and ninety" or "10"."""
    if words.strip().isdecimal():
        return int(words)
    total = part = 0
    for word in re.findall(rf"\b(?:{_WORD})\b", words):
        if word in _VALUES:
            part += _VALUES[word]
        elif word == "hundred":
            part = 100 * max(part, 1)
        else:
            total, part = total + 1_000 * max(part, 1), 0
    return total + part
