"""What an agent's message does in a conversation: ask, propose, refuse, or ask what else.

Place in the flow: a scripted customer reads the agent's message with `read_acts`, and answers what
it does. Models word freely, so a message is read sentence by sentence: a sentence that asks for
something is one kind, a sentence that asks for a yes another, and a message can do several things.

What it does not do: it knows no domain, no goals and no values; what is asked for, and whether a
proposal is right, is the customer's affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What a message does.

    Attributes:
        asking: The sentences that ask for something, together; "" when none does.
        proposal: The sentences that ask for a yes, together; "" when none does.
        offers_more: Whether it asks what else there is to do.
    """

    asking: str
    proposal: str
    offers_more: bool


def _any(*patterns: str) -> re.Pattern[str]:
    """Matches any of them, in a text in lower case."""
    return re.compile("|".join(patterns))


# Curly quotes, which models like, count as straight ones.
_PLAIN = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0xA0: " "}
_SENTENCE = re.compile(r"(?<=[.!?])[\s*_)]+|\n+")

_SIGNS = (
    *("?", "please", "kindly", "confirm", "yes", "let me", "let us", "need", "require", "tell me"),
    *("give", "provide", "share", "specify", "verify", "state ", "if you", "once you", "when you"),
    *("after you", "until you", "as soon as", "your ok", "your app", "your per", "your go", "pls"),
    *("y/n", "missing", "what", "which", "where", "who", "why", "how ", "may i", "may we", "like"),
    *("shall", "should", "else", "more", "assist", "do you", "want", "okay", "sounds", "i must"),
    *("have to", "reply", "answer", "respond", "to confirm", "your consent", "your final"),
    *("your explicit", "your yes", "your auth", "your agree", "can i", "can we", "send me", "know"),
)

_QUESTION_WORD = re.compile(r"\b(?:what|which|where|whose|who|why|how)\b(?! about)")

# What opens a request for something that the customer knows.
_REQUEST = _any(
    r"\b(?:may|can|could|might) (?:i|we) (?:please |kindly )?(?:have|get|ask|know|take|see)\b",
    r"\b(?:can|could|would|will) you (?:please |kindly |also |first )*(?:tell|give|share|provide"
    r"|send|state|specify|supply|let me know|say|name|clarify|describe|remind|verify)\b",
    r"\b(?:please|kindly|just|first|also)\b,? (?:also |first )?(?:tell|give|share|provide|send"
    r"|state|specify|enter|supply|let me|let us|name|clarify|choose|pick|indicate|type|verify"
    r"|identify)\b",
    r"\b(?:tell|give|send) (?:me|us)\b",
    r"\b(?:provide|share|specify|state|verify) (?:me |us )?(?:with )?(?:your|the|its)\b",
    r"\b(?:i|we)(?:'ll| will|'d| would)?(?: also| first| just| still)* (?:need|require|have to"
    r" (?:know|have|ask|verify|identify)|must (?:know|verify)|like to (?:know|have|verify))\b",
    r"\b(?:is|are) (?:needed|required|missing)\b",
    r"\blet (?:me|us) (?:know|have)\b",
    r"\b(?:do|would) you (?:have|know|prefer|happen to)\b",
    r"\bor\b[^?]*\?",
    # A bare noun with a question mark: "Your e-mail address, please?"
    r"^[^,]{0,60}\b(?:please|pls)\W*$",
    r"^(?:and |also )?(?:your|the)\b[^?]{0,60}\?",
)

# "Please confirm your e-mail address" asks, "please confirm the change" proposes; where the value
# stands in the sentence, the customer reads it as the second.
_CONFIRMS_NOUN = _any(
    r"\bconfirm (?:me |with me )?(?:your|the) (?:\w+ ){0,3}?(?:e-?mail|name|zip|postal|order number"
    r"|order id|address|reason|identity)\b",
)

_PROPOSAL = _any(
    r"\b(?:shall|should) (?:i|we)\b",
    r"\bmay (?:i|we) (?!please |kindly |have|ask|know|get|take|see)",
    r"\bcan (?:i|we) (?:now |then |please )?(?:go ahead|proceed|do|make|process|submit|place|start"
    r"|cancel|return|exchange|change|modify|update|send|transfer|refund|book|arrange)\b",
    r"\b(?:do you|would you|you) (?:really |still |now )?(?:want|like|wish|prefer) (?:me|us) to\b",
    r"\b(?:would|do) you (?:like|want|wish) to (?:proceed|go ahead|go on|continue|confirm|move"
    r" forward)\b",
    r"\bdo you (?:confirm|agree|approve|consent|authori[sz]e|accept|give)\b",
    r"\b(?:are|if) you(?:'re| are)? (?:happy|fine|ok|okay|ready|good|comfortable|sure"
    r"|in agreement)\b",
    r"\b(?:please|kindly|can you|could you|would you|you)(?:,| \w+){0,2} confirm\b",
    r"\bconfirm(?:ing)? (?:that|this|these|with|by|if|whether|to|so|and|before|first|the (?:change"
    r"|cancellation|return|exchange|details|following|above))\b",
    r"^\W*confirm\b",
    r"\bto confirm\b(?! (?:your|the) (?:identity|account|e-?mail))",
    r"\bso,? you(?:'d| would)? (?:want|like|wish)\b",
    r"\b(?:is|are|does|do) (?:this|that|these|those|it|everything|all (?:of )?(?:this|that)|the "
    r"(?:above|following|details))(?: all| plan| sound| look| seem| work| change)* ?"
    r"(?:right|correct|ok|okay|fine|good|alright|all right|acceptable|what you want|as you want"
    r"|agreeable|for you)\b",
    r"\bdoes (?:this|that|it) (?:work|suit|sound|look|seem)\b",
    r"\b(?:ok|okay|fine|alright|all right|good)(?: with you)?,? if (?:i|we)\b",
    r"\bsounds? (?:good|right|ok|okay|fine)\b",
    r"\b(?:ok|okay|ready|good|happy|alright|all right|fine|safe) (?:for me )?(?:to|if i)"
    r" (?:go|proceed|continue|do|submit|cancel|return|exchange|change|make)",
    r"\byour (?:final |explicit )?(?:go-?ahead|approval|permission|confirmation|consent|ok|okay"
    r"|agreement|yes|authori[sz]ation)\b",
    r"[\"'*(\[]+yes\b",
    r"\byes\W{0,3}(?:/|or|and)\W{0,3}no\b",
    r"\by\s?/\s?n\b",
    r"\b(?:reply|answer|respond|say|type|write)(?: back)?(?: with)?(?: a)? \W*(?:yes|ok|confirm)\b",
    r"\b(?:if|once|when|after|as soon as|until) you(?:'ve| have)? (?:agree|confirm|approve|say yes"
    r"|accept|give me|consent)",
    r"\blet me know if (?:you(?:'d| would)? (?:like|want) (?:me )?to (?:proceed|go|continue|do"
    r"|make)|i (?:should|may|can|shall)|(?:that|this|it)(?:'s| is| works| looks| sounds))",
    r"\b(?:agreed?|correct|right|okay|ok|proceed|go ahead|deal|good|alright)\W{0,3}\?",
)

_OFFERS_MORE = _any(
    r"\b(?:any|some|no)(?:thing| thing|where)? (?:else|further|more)\b",
    r"\bwhat (?:else|more)\b",
    r"\belse (?:i can|can i|that|you need|to do)\b",
    r"\b(?:how|what) (?:can|may|could) (?:i|we) (?:help|assist|do|be of)\b",
    r"\bany (?:other|further|more|additional) (?:help|assistance|questions?|requests?|wish"
    r"|concerns?|issues?|matters?)\b",
    r"\b(?:help|assist) you with (?:today|anything)\b",
    r"\bis that (?:all|everything)\b",
    r"\bfurther assistance\b",
    r"\bmore i can\b",
)

_REFUSES = _any(
    r"\b(?:can ?not|can[']t|could not|couldn[']t|won[']t|will not)\b",
    r"\b(?:un|in)able\b",
    r"\bnot (?:\w+ )?(?:possible|able|allowed|permitted|eligible|available|something i)\b",
    r"\bno longer (?:be|possible|eligible)\b",
    r"\b(?:isn[']t|aren[']t) (?:\w+ )?(?:possible|allowed|permitted|eligible)\b",
    r"\b(?:sorry|unfortunately|regret|afraid|impossible|apologi[sz]e)\b",
    r"\bonly (?:a |an )?\w+ (?:orders?|items?) can\b",
)


@lru_cache(maxsize=2048)
def read_acts(message: str) -> Acts:
    """What the message does; never raises."""
    asking, proposal, offers_more = [], [], False
    for sentence in _SENTENCE.split(message.translate(_PLAIN)):
        text = sentence.lower()
        # Most sentences only tell something; these words are in all others.
        if not any(word in text for word in _SIGNS):
            continue
        if _OFFERS_MORE.search(text):
            offers_more = True
            continue
        kind = _kind(text)
        if kind in ("asks", "both"):
            asking.append(sentence)
        if kind in ("proposes", "both"):
            proposal.append(sentence)
    return Acts(asking="\n".join(asking), proposal="\n".join(proposal), offers_more=offers_more)


def refuses(message: str) -> bool:
    """Whether the message says that something cannot be done."""
    return _REFUSES.search(message.translate(_PLAIN).lower()) is not None


def _kind(sentence: str) -> str:
    """Whether a sentence "asks" for something, "proposes", does "both", or neither ("")."""
    proposed = _PROPOSAL.search(sentence)
    word = _QUESTION_WORD.search(sentence)
    if word and "?" in sentence and (proposed is None or word.start() < proposed.start()):
        return "asks"  # "Which card should I use?" is no proposal; "Shall I do what ...?" is one.
    if "confirm" in sentence and _CONFIRMS_NOUN.search(sentence):
        return "both"
    requested = _REQUEST.search(sentence)
    if proposed is None:
        return "asks" if requested or (word and word.start() < 12) else ""
    return "both" if requested and requested.start() <= proposed.start() else "proposes"
