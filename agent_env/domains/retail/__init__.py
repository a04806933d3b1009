"""The service desk of a shop at full strength: a written policy, fifteen tools, several wishes.

Place in the flow: `agent_env.load_domain("retail", ...)` calls `build`. A customer is identified
and wants one to `max_intents` things done to orders, account or home address, some of which the
rules forbid; the agent looks up, proposes, acts after a yes and tells the result.

What it does not do: no models; a customer that one plays is `agent_env.customers.model`.
"""

from __future__ import annotations

from agent_env.consent import is_required
from agent_env.domain import Domain, load_tools
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.customer import make_user
from agent_env.domains.retail.prompt import PROMPTS, build_prompt
from agent_env.domains.retail.script import close, script
from agent_env.domains.retail.tasks import KINDS, TaskSource
from agent_env.domains.retail.world import generate
from agent_env.errors import UnknownNameError
from agent_env.external.feedback import feedback_of
from agent_env.store import Base
from agent_env.types import Limits, Wording

NATIVE_PROMPT = "retail_native"
LIMITS = Limits(max_turns=30)
"""Of 1,000 tasks the longest takes the oracle 28 turns; half of them take 8 or fewer."""


def build(
    seed: int = 0,
    users: int = 120,
    products: int = 24,
    orders: int = 400,
    prompt: str = "retail",
    kinds: tuple[str, ...] = KINDS,
    max_intents: int = 4,
    feedback: str | None = None,
    wire_format: str = "hermes",
    noise: float = 0.0,
    consent: str = "required",
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
        users: How many customers it has.
        products: How many products it sells.
        orders: How many orders it has; every customer has at least one.
        prompt: "retail" states rules, schemas and worked examples; "retail_native" the rules alone,
            for servers that get the tools apart from it.
        kinds: What customers may want.
        max_intents: The most things that one customer wants.
        feedback: "full" or "compact" wording of faults; None is "full".
        wire_format: How the prompt's examples write calls; a format of `parsers.render`.
        noise: How often the scripted customer is difficult, from 0.0 (never) to 1.0.
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
        ValueError: A size that the shop cannot have, kinds that make no task, a number out of
            range, or no such wire format.
    """
    wordings = {wording.value: wording for wording in Wording}
    if prompt not in PROMPTS:
        raise UnknownNameError("retail prompt", prompt, PROMPTS)
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownNameError("retail task kind", kind, KINDS)
    if feedback is not None and feedback not in wordings:
        raise UnknownNameError("feedback", feedback, wordings)
    user = make_user(noise)
    tools = {spec.name: spec for spec in load_tools(tool_folder)}
    base = Base(generate(seed, users, products, orders))
    built = build_prompt(prompt, tools, wire_format)
    options = {
        "seed": seed,
        "users": users,
        "products": products,
        "orders": orders,
        "prompt": prompt,
        "kinds": kinds,
        "max_intents": max_intents,
        "feedback": feedback,
        "wire_format": wire_format,
        "noise": noise,
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
        name="retail",
        options=options,
        base=base,
        tools=tuple(tools.values()),
        schemas=[spec.to_openai() for spec in tools.values()],
        system_prompt=built.text,
        examples=built.examples,
        wording=wordings[feedback or Wording.FULL.value],
        user=user,
        derive=TaskSource.of(base, tools, kinds, max_intents).derive,
        close=close,
        limits=LIMITS,
        script=script,
        needs_consent=is_required(consent),
        corrective=None if worded is None else worded.tell,
    )
