"""What a model that plays a customer must not say, and where it said so.

Place in the flow: `model_user` asks again for a message in which `find_slip` finds something. A
message is never edited into a better one, for what is left of a leak is no longer what the model
meant to say.

What it does not do: it judges neither truth nor manners, and no message of the agent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from parsers import FaultKind, ParseStatus, parse


class SlipKind(Enum):
    """What a customer can get wrong."""

    EMPTY = "empty"
    """It said nothing."""
    LEAK = "leak"
    """It showed its thoughts or notes."""
    ROLE_FLIP = "role_flip"
    """It spoke as the agent, or for both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One slip, and a sentence about it that its author can act on."""

    kind: SlipKind
    message: str


_NOTES = re.compile(
    r"^[ \t*_#>\[(]*(?:my )?"
    r"(?:(?:internal |inner )?(?:thoughts?|thinking|monologue|reasoning|notes?)"
    r"|scratch ?pad|analysis|chain of thought|(?:user|customer)(?:'s)? (?:response|reply|message))"
    r"\b[ \t*_\])]*:",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(
    r"</?(?:think|thinking|thought|thoughts|scratchpad|reasoning|analysis|notes?|inner_monologue)>",
    re.IGNORECASE,
)
_OTHER_SIDE = re.compile(
    r"^[ \t*_#>\[(]*(?:(?:customer )?(?:service |support )?(?:agent|assistant|representative)"
    r"|support|system)[ \t*_\])]*:",
    re.IGNORECASE | re.MULTILINE,
)
_AGENT_TALK = re.compile(
    r"\b(?:how (?:can|may) (?:i|we) (?:help|assist|be of (?:help|assistance))"
    r"|is there anything else (?:i|we) can (?:help|assist|do)"
    r"|(?:i am|i'm|i'd be|i would be|we are|we're) (?:happy|glad|here|pleased) to (?:help|assist)\b"
    r"|what (?:can|may) (?:i|we) do for you"
    r"|as an ai\b"
    r"|(?:i|we)(?:'ve| have|'ll| will)? (?:now )?(?:successfully )?"
    r"(?:cancel|process|refund|return|updat|chang|modif|exchang|look)"
    r"(?:l?ed|e|ied|y)?(?: up)? your\b"
    r"|your (?:order|refund|account|return|exchange|request|address|payment)"
    r" (?:has been|have been|will be|was|is now|is being)"
    r" (?:cancel|process|refund|return|updat|chang|modif|exchang|ship|issu|complet)"
    r"|(?:may|can|could) (?:i|we) (?:please )?have your (?:order|name|e-?mail|zip|user|account)"
    r"|(?:please|could you|can you) (?:provide|confirm|verify|give me|tell me) your"
    r" (?:order|name|full name|e-?mail|zip|user|account)"
    r"|thank you for (?:contacting|reaching out to|calling) )",
    re.IGNORECASE,
)


def find_slip(text: str) -> Slip | None:
    """The first thing in a customer's message that it must not say; None in a good one."""
    if not text.strip():
        return Slip(kind=SlipKind.EMPTY, message="it was empty")
    turn = parse(text)
    kinds = {fault.kind for fault in turn.faults}
    shown = _TAG.search(text) or _NOTES.search(text)
    if turn.reasoning or shown or FaultKind.UNFINISHED_REASONING in kinds:
        what = f" ({shown.group().strip()!r})" if shown else ""
        return Slip(kind=SlipKind.LEAK, message=f"it showed thoughts or notes{what}")
    if turn.status is ParseStatus.CALLS or kinds & _CALL_FAULTS:
        return Slip(kind=SlipKind.ROLE_FLIP, message="it called a tool, which only the agent has")
    flip = _AGENT_TALK.search(text) or _OTHER_SIDE.search(text)
    if flip or FaultKind.INVENTED_TURN in kinds:
        what = f" ({flip.group().strip()!r})" if flip else ""
        return Slip(kind=SlipKind.ROLE_FLIP, message=f"it spoke as the agent{what}")
    return None


_CALL_FAULTS = frozenset(
    {
        FaultKind.MALFORMED_CALL,
        FaultKind.BAD_ARGUMENTS,
        FaultKind.TRUNCATED,
        FaultKind.UNKNOWN_TOOL,
    }
)
