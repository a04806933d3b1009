"""The service desk of a small shop, in a size that a model of half a million weights can learn.

Place in the flow: `agent_env.load_domain("retail_mini", ...)` calls `build`. A customer names an
order and wants it cancelled, returned or sent to another city; the agent looks it up, does one
write and tells the result. `domains/retail` is the shop at full strength.

What it does not do: no payment methods, no variants of products, no authentication, no refusals.
"""

from __future__ import annotations

from agent_env.consent import is_required
from agent_env.domain import Domain, load_tools
from agent_env.domains.retail_mini import tools as tool_folder
from agent_env.domains.retail_mini.intents import INTENTS, USER, TaskSource, close
from agent_env.domains.retail_mini.prompt import STYLES, build_prompt
from agent_env.domains.retail_mini.world import generate
from agent_env.errors import UnknownNameError
from agent_env.external.feedback import feedback_of
from agent_env.store import Base
from agent_env.types import Wording


def build(
    seed: int = 0,
    orders: int = 16,
    prompt: str = "retail_mini",
    kinds: tuple[str, ...] = tuple(INTENTS),
    feedback: str | None = None,
    wire_format: str = "hermes",
    consent: str = "watched",
    external_mode: str | None = None,
    external_expert_edits_model: str = "",
    external_expert_edits_url: str = "",
    external_on_failure: str = "infra_error",
    external_expert_key_env: str = "OPENAI_API_KEY",
    external_expert_timeout_s: float = 60.0,
) -> Domain:
    """The retail domain for these options.

    Args:
        seed: Settles the generated shop.
        orders: How many orders it has.
        prompt: "retail_mini" states rules, schemas and worked examples and offers every tool;
            "retail_mini_compact" is about sixty words and offers only the tools that the kinds
            need.
        kinds: Which tasks there are.
        feedback: "full" or "compact" wording of faults; None takes the one that suits the prompt.
        wire_format: How the prompt's examples write calls; a format of `parsers.render`.
        consent: Whether a write that the customer had not agreed to spoils the outcome ("required")
            or is only counted ("watched").
        external_mode: How a turn of which nothing could be made is worded: a feedback mode, or None
            for the words of `feedback`.
        external_expert_edits_model: This and the others: see `ExternalSettings`.
        external_expert_edits_url: See there.
        external_on_failure: See there.
        external_expert_key_env: See there.
        external_expert_timeout_s: See there.

    Raises:
        UnknownNameError: No such prompt, kind, feedback or consent.
        ValueError: A number of orders that the shop cannot have, or no kind at all.
    """
    if prompt not in STYLES:
        raise UnknownNameError("retail_mini prompt", prompt, STYLES)
    if not kinds:
        raise ValueError(f"kinds is empty; name at least one of {', '.join(INTENTS)}.")
    for kind in kinds:
        if kind not in INTENTS:
            raise UnknownNameError("retail_mini task kind", kind, INTENTS)
    style = STYLES[prompt]
    wordings = {wording.value: wording for wording in Wording}
    if feedback is not None and feedback not in wordings:
        raise UnknownNameError("feedback", feedback, wordings)
    needed = {"get_order", *(INTENTS[kind].tool for kind in kinds)}
    tools = {
        spec.name: spec
        for spec in load_tools(tool_folder)
        if style.offers_all or spec.name in needed
    }
    base = Base(generate(seed, orders))
    built = build_prompt(prompt, tools, kinds, wire_format)
    options = {
        "seed": seed,
        "orders": orders,
        "prompt": prompt,
        "kinds": kinds,
        "feedback": feedback,
        "wire_format": wire_format,
        "consent": consent,
        "external_mode": external_mode,
        "external_expert_edits_model": external_expert_edits_model,
        "external_expert_edits_url": external_expert_edits_url,
        "external_on_failure": external_on_failure,
        "external_expert_key_env": external_expert_key_env,
        "external_expert_timeout_s": external_expert_timeout_s,
    }
    worded = feedback_of(options)
    return Domain(
        name="retail_mini",
        options=options,
        base=base,
        tools=tuple(tools.values()),
        schemas=[spec.to_openai() for spec in tools.values()],
        system_prompt=built.text,
        examples=built.examples,
        wording=style.wording if feedback is None else wordings[feedback],
        user=USER,
        derive=TaskSource.of(base, tools, kinds).derive,
        close=close,
        needs_consent=is_required(consent),
        corrective=None if worded is None else worded.tell,
    )
