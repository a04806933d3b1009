"""Runs the calls of one turn.

Place in the flow: the environment passes the calls that the parser read; each is run on the
episode's state and answered, in the order in which the model wrote them. Arguments that the parser
found at odds with the tool's schema are answered with every error at once.

What it does not do: it does not see malformed turns, and it scores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent_env import feedback
from agent_env.domain import Domain
from agent_env.errors import ToolError, boundary
from agent_env.tool_spec import ToolSpec
from agent_env.types import CallOutcome, CallResult, Effect, Limits, Message
from agent_env.world import State
from parsers import FaultKind, ParsedMessage, ToolCall

# Faults that mean that something the model wanted to run was not run.
_LOST = frozenset(
    {FaultKind.UNKNOWN_TOOL, FaultKind.BAD_ARGUMENTS, FaultKind.TRUNCATED, FaultKind.MALFORMED_CALL}
)


def run_calls(
    parsed: ParsedMessage, domain: Domain, state: State, limits: Limits
) -> tuple[CallResult, ...]:
    """What came of each call of the turn, up to the limit or to a hand-over that worked.

    Raises:
        EnvError: A tool failed in a way that is no answer.
    """
    results: list[CallResult] = []
    for call in parsed.calls[: limits.max_calls]:
        results.append(_run_call(call, domain, state, limits))
        if _ends(results[-1]):
            break
    return tuple(results)


def _ends(result: CallResult) -> bool:
    return result.effect is Effect.HANDOVER and result.outcome is CallOutcome.OK


def call_messages(
    parsed: ParsedMessage, results: tuple[CallResult, ...], domain: Domain, limits: Limits
) -> Iterator[Message]:
    """What the model reads after a turn of calls: each answer, then what was not run and why."""
    for result in results:
        yield tool_message(result.content)
    if len(results) < len(parsed.calls) and results and _ends(results[-1]):
        yield tool_message(feedback.after_handover_text())
    elif len(parsed.calls) > limits.max_calls:
        yield tool_message(feedback.too_many_text(limits.max_calls))
    if parsed.faults and any(fault.kind in _LOST for fault in parsed.faults):
        yield tool_message(feedback.dropped_text(parsed, domain.wording))


def tool_message(content: str) -> Message:
    """A message that only the model reads."""
    return {"role": "tool", "content": feedback.encodable(content)}


def _run_call(call: ToolCall, domain: Domain, state: State, limits: Limits) -> CallResult:
    spec = domain.tool(call.name)
    # The parser checks arguments against the same schemas; its faults are the one verdict on them.
    errors = call.faults and [
        fault.message for fault in call.faults if fault.kind is FaultKind.INVALID_ARGUMENTS
    ]
    if errors:
        outcome = CallOutcome.INVALID_ARGUMENTS
        content = feedback.invalid_arguments_text(errors, domain.wording)
    else:
        outcome, content = _run_tool(spec, call, state)
    return CallResult(
        name=call.name,
        arguments=call.arguments,
        outcome=outcome,
        content=feedback.cut(content, limits.max_answer_chars),
        effect=spec.effect,
    )


def _run_tool(spec: ToolSpec, call: ToolCall, state: State) -> tuple[CallOutcome, str]:
    # A tool that refuses half-way must not leave half of its writes; one that only reads has none,
    # and what another project's tool left is left, as there.
    before = None if spec.effect is Effect.READ or spec.foreign else state.fork()
    try:
        with boundary(f"tool {spec.name}"):
            return CallOutcome.OK, feedback.answer_text(spec.call(state, call.arguments))
    except ToolError as refusal:
        if before is not None:
            state.restore(before)
        told = str(refusal)
        return CallOutcome.TOOL_ERROR, told if spec.foreign else feedback.refusal_text(told)
