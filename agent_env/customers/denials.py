"""What a message says will not be done.

Place in the flow: a scripted customer looks only at the rest for what it is to agree to: "I would
not cancel it, is that right?" asks for no cancellation.

What it does not do: it knows no domain; what is denied may be anything that can be done.
"""

from __future__ import annotations

import re

_VERB = (
    r"(?:cancel|return|exchang|swap|replac|transfer|restor|reinstat|undo|chang|updat|modif|switch"
    r"|redirect|proceed|go ahead|touch|sav|use|us(?:ing)?\b|do (?:it|this|that|so|anything)"
    r"|send (?:it|the|your|this|that|them|you))\w*"
)
_FILLER = (
    r"(?: (?:be|been|being|going|to|want|wish|like|need|have|able|allowed|actually|really|then|just"
    r"|also|even|yet|now|go|ahead|and|with|proceed|process|make|the|a|an|any|your|this|that|it|me"
    r"|us|i|we|you|for))"
)
_DENIAL = re.compile(
    rf"(?:(?<!or )\bnot|n't|\bnever|\bcannot|\bwithout|\brather than|\binstead of)"
    rf"{_FILLER}{{0,6}} {_VERB}"
    # "I will not do it until you agree" and "it cannot be changed later" deny nothing now.
    r"(?![^.!?\n]*\b(?:until|till|before|unless|after|afterwards|later|again|twice|anymore|once)\b)"
    r"|\b(?:keep|leav)\w*\b(?![^.!?\n]{0,20}\b(?:else|rest|others?|remain\w*)\b)[^.!?\n]{0,50}?"
    r"\b(?:as (?:it|they|is)\b(?: (?:is|are|was|were)\b)?|unchanged|untouched|alone|in place)"
)
_DOING = re.compile(rf"\b{_VERB}|\b(?:will|would|shall|should|be) (?:become|go|pay|paid)\b")
_GENERIC = re.compile(
    r"chang|updat|modif|switch|redirect|\bsav|\bus(?:e|ing)\b|send (?!\w+ back)|proceed"
    r"|go ahead|touch|\bdo\b|keep|leav"
)


def split_denials(text: str) -> tuple[str, str]:
    """The text without what it says will not be done, and that.

    Args:
        text: In lower case.
    """
    denied = [found.group() for found in _DENIAL.finditer(text)]
    return (_DENIAL.sub(" ", text), "\n".join(denied)) if denied else (text, "")


def says_doing(text: str) -> bool:
    """Whether the text, in lower case, says of anything that it is done."""
    return _DOING.search(text) is not None


def denies_all(denied: str) -> bool:
    """Whether what is denied is doing anything at all, and no deed that has a name."""
    return _GENERIC.search(denied) is not None
