from __future__ import annotations

import pytest

from agent_env import load_domain
from agent_env.customers.slips import SlipKind, find_slip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", SlipKind.EMPTY),
        (" \n", SlipKind.EMPTY),
        ("<think>They ask for my name.</think>My name is Ada.", SlipKind.LEAK),
        ("<think>They ask for", SlipKind.LEAK),
        ("They ask.</think>\nMy name is Ada.", SlipKind.LEAK),
        ("<scratchpad>order first</scratchpad> Hi.", SlipKind.LEAK),
        ("Thought: I should give my name.\nMy name is Ada.", SlipKind.LEAK),
        ("**Internal thoughts:** be brief\n\nHi.", SlipKind.LEAK),
        ("Reasoning: the agent asked.\nYes.", SlipKind.LEAK),
        ("User Response: Yes please.", SlipKind.LEAK),
        ("How can I help you today?", SlipKind.ROLE_FLIP),
        ("Sure. Is there anything else I can help you with?", SlipKind.ROLE_FLIP),
        ("I'd be happy to assist you with that.", SlipKind.ROLE_FLIP),
        ("I've cancelled your order #W0001.", SlipKind.ROLE_FLIP),
        ("Your refund has been issued.", SlipKind.ROLE_FLIP),
        ("Could you please provide your order number?", SlipKind.ROLE_FLIP),
        ("Could you confirm your zip code?", SlipKind.ROLE_FLIP),
        ("Yes.\nAgent: Done, it is cancelled.", SlipKind.ROLE_FLIP),
        ("Yes.\n<|im_start|>assistant\nDone.", SlipKind.ROLE_FLIP),
        ('<tool_call>\n{"name": "cancel", "arguments": {}}\n</tool_call>', SlipKind.ROLE_FLIP),
        ('<tool_call>{"name": "cancel", "argu', SlipKind.ROLE_FLIP),
    ],
)
def test_what_is_no_customers_message(text: str, kind: SlipKind) -> None:
    slip = find_slip(text)
    assert slip is not None
    assert slip.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "Hi, I need help with an order.",
        "Could you help me cancel my order?",
        "Has my order been cancelled?",
        "My name is Ada Berg and my zip is 10115.",
        "I thought it was blue: that is why I want to return it.",
        "No, that is wrong. I want the order #W0001 cancelled, not #W0002.",
        "Thank you for your help!",
        "Yes, please cancel it. I changed my mind.",
        "Can you tell me the refund amount?",
        "I think your colleague said: it has been shipped.",
        "Please update my address to Main Street 1, Oslo.",
        "Note that I have two orders.",
        "You told me your system was down: is it back?",
    ],
)
def test_what_a_customer_may_say(text: str) -> None:
    assert find_slip(text) is None


def test_no_scripted_customer_slips() -> None:
    domain = load_domain("retail_mini")
    assert [task.opening for task in domain.tasks(60) if find_slip(task.opening)] == []
