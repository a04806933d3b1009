"""Whether the customer said yes before something was changed for it.

Place in the flow: the environment notes here what was said, and asks when a tool has written. It is
read from the conversation alone, so that it holds for every customer, scripted, model or person.

    a yes to a proposal      covers the writes that come, however many the proposal named
    another answer to one    takes it back
    any message after writes ends what the yes covered

What it does not do: it does not compare what was agreed to with what was written; what is written
beside the goal fails by the store already.
"""

from __future__ import annotations

import re
from enum import Enum

from agent_env.customers.acts import read_acts
from agent_env.errors import UnknownNameError

MODES = ("required", "watched")
"""What a domain can make of it: a write without a yes spoils the outcome, or is only counted."""

_BEGIN = r"(?:\A|[.!?\n])[\s\"'*(]*"
_YES = re.compile(
    _BEGIN + r"(?:(?:please|just|then|so|great|perfect|good|fine)[,!]? ){0,2}"
    r"(?:yes|yeah|yep|yup|sure|ok|okay|alright|all right|go ahead|go for it|do (?:it|that|so)"
    r"|proceed|of course|absolutely|certainly|definitely|correct|exactly|agreed|confirmed"
    r"|i (?:agree|confirm|approve|accept)|(?:that|this)(?:'s| is| sounds| looks) (?:right|correct"
    r"|fine|good|ok|okay|great|perfect)|sounds good|looks good)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    _BEGIN + r"(?:no|nope|not|never|don't|do not|stop|wait|hold on|hang on|actually)\b",
    re.IGNORECASE,
)


class Consent(Enum):
    """What the customer agreed to, as far as writes care."""

    NONE = "none"
    """Nothing."""
    GIVEN = "given"
    """The last proposal."""
    USED = "used"
    """The last proposal, of which something was written since."""

    def after_talk(self, message: str, reply: str) -> Consent:
        """What holds once the agent said `message` and the customer answered `reply`."""
        if read_acts(message).proposal:
            return Consent.GIVEN if says_yes(reply) else Consent.NONE
        return Consent.GIVEN if self is Consent.GIVEN else Consent.NONE

    def after_write(self) -> Consent:
        """What holds once something was written."""
        return Consent.NONE if self is Consent.NONE else Consent.USED


def says_yes(reply: str) -> bool:
    """Whether an answer to a proposal is a yes: it says yes, and does not say no before."""
    reply = reply.replace("\u2019", "'")
    yes, no = _YES.search(reply), _NO.search(reply)
    return yes is not None and (no is None or yes.start() < no.start())


def is_required(mode: str) -> bool:
    """Whether the option `consent` of a domain asks for a yes.

    Raises:
        UnknownNameError: It is none of MODES.
    """
    if mode not in MODES:
        raise UnknownNameError("consent", mode, MODES)
    return mode == "required"
