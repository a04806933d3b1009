"""Turns drafts into calls to offered tools, or into the fault that keeps them from being one.

This is the only place that knows both what was written and what is offered. It never guesses: a
name must be offered exactly (but for a namespace prefix), arguments must be an object as written
or by a named repair.
"""

from __future__ import annotations

from typing import Any

from .coercion import coerce
from .drafts import MISSING, Draft
from .lenient_json import NotJsonError, decode, skip_space
from .literals import settle, unwrapped
from .schema import Path, pointer
from .tools import Tool, Toolbox
from .types import Fault, FaultKind, Repair, Span, ToolCall


def resolve(draft: Draft, box: Toolbox, text: str, layer: str, number: int = 0) -> ToolCall | Fault:
    """The call that a draft states, or why it is none.

    Args:
        draft: What a format read.
        box: The offered tools.
        text: The whole turn, to locate a single argument in it.
        layer: The format's name.
        number: Which call of the turn this would be, for its id.
    """
    if draft.fault is not None:
        return draft.fault
    span = draft.span
    if not isinstance(draft.name, str) or not draft.name.strip():
        shown = type(draft.name).__name__ if not isinstance(draft.name, str) else "an empty name"
        return _fault(
            FaultKind.MALFORMED_CALL, span, f"a call needs the name of a tool as text, got {shown}"
        )
    name, tool = box.find(draft.name)
    if tool is None and box.tools is not None and not draft.open_end:
        return unknown_tool(name, span, box)
    if draft.open_end and _may_go_on(name, tool, box):
        message = f"the turn ends behind the name {name[:60]}, in front of its arguments"
        return _fault(FaultKind.TRUNCATED, span, message)
    if (draft.conflict or draft.beside) and (refusal := _contradiction(draft, name, tool)):
        return _fault(FaultKind.BAD_ARGUMENTS, span, refusal)
    repairs = list(draft.repairs)
    if draft.wrapping:
        draft.arguments = unwrapped(draft, tool)
    if draft.soft:
        draft.arguments = settle(draft.arguments, tool.schema if tool else None)
    arguments = _arguments(draft, name, tool, layer, repairs)
    if isinstance(arguments, Fault):
        return arguments
    faults: tuple[Fault, ...] = ()
    if tool is not None:
        arguments, faults = _fitted(arguments, draft, tool, text, repairs)
    return ToolCall(
        name=name,
        arguments=arguments,
        span=span,
        format=layer,
        repairs=tuple(repairs),
        faults=faults,
        id=draft.id or f"call_{number}",
    )


def _may_go_on(name: str, tool: Tool | None, box: Toolbox) -> bool:
    """Whether a name at the end of the turn may be a part of one, or lack its arguments."""
    if tool is None or tool.parameters:
        return True
    return any(other != name and other.startswith(name) for other in box.tools or ())


def unknown_tool(name: str, span: Span, box: Toolbox) -> Fault:
    """The fault of a call to a tool that is not offered, with the nearest offered names."""
    near = box.nearest(name)
    offered = list(box.tools or ())
    listed = ", ".join(offered[:20]) + (", …" if len(offered) > 20 else "")
    hint = f"did you mean {near}?" if near else f"offered are: {listed or 'no tools'}"
    return _fault(FaultKind.UNKNOWN_TOOL, span, f"there is no tool {name[:60]!r}; {hint}")


def _fault(kind: FaultKind, span: Span, message: str) -> Fault:
    return Fault(kind=kind, span=span, message=message)


def _contradiction(draft: Draft, name: str, tool: Tool | None) -> str:
    """Why it cannot be told which arguments are meant; "" if it can."""
    if draft.conflict:
        return f"the call to {name} contradicts itself: {draft.conflict}"
    lost = _lost_arguments(draft, tool) if draft.beside else []
    if not lost:
        return ""
    return f"the arguments of {name} close too early: {', '.join(lost[:5])} stand outside of them"


def _lost_arguments(draft: Draft, tool: Tool | None) -> list[str]:
    """Keys beside the arguments that belong inside them."""
    if tool is not None:
        return [key for key in dict.fromkeys(draft.beside) if key in tool.parameters]
    damaged = any(repair.kind == "bracket_damage" for repair in draft.repairs)
    return list(dict.fromkeys(draft.beside)) if damaged else []


def _arguments(
    draft: Draft, name: str, tool: Tool | None, layer: str, repairs: list[Repair]
) -> dict[str, Any] | Fault:
    """The arguments as an object, or a `bad_arguments` fault."""
    value, span = draft.arguments, draft.span
    if isinstance(value, dict):
        return value
    takes_none = tool is not None and not tool.required if tool is not None else value is MISSING
    if value is MISSING or value is None or value in ("", []) or _blank(value):
        if takes_none:
            message = f"read the missing arguments of {name} as {{}}"
            repairs.append(Repair(kind="empty_arguments", span=span, message=message))
            return {}
        needed = ", ".join(tool.required) if tool else "an object"
        return _fault(
            FaultKind.BAD_ARGUMENTS, span, f"the call to {name} has no arguments; needed: {needed}"
        )
    if isinstance(value, str):
        return _decoded(value, name, span, layer, repairs)
    got = "an array" if isinstance(value, list) else repr(value)[:40]
    return _fault(
        FaultKind.BAD_ARGUMENTS, span, f"the arguments of {name} must be an object, got {got}"
    )


def _blank(value: Any) -> bool:
    return isinstance(value, str) and value.strip() in ("", "null")


def _decoded(
    value: str, name: str, span: Span, layer: str, repairs: list[Repair]
) -> dict[str, Any] | Fault:
    """Arguments that were written as a JSON string, twice encoded at most."""
    found: Any = value
    for depth in range(2):
        try:
            inner = decode(found, skip_space(found, 0))
        except NotJsonError as error:
            return _fault(
                FaultKind.BAD_ARGUMENTS,
                span,
                f"cannot read the arguments of {name}: {error.reason}",
            )
        rest = found[inner.end :].strip()
        if rest:
            message = f"cannot read the arguments of {name}: {rest[:20]!r} stands behind the object"
            return _fault(FaultKind.BAD_ARGUMENTS, span, message)
        repairs.extend(
            Repair(kind=fix.kind, span=span, message=fix.message) for fix in inner.repairs
        )
        # The OpenAI format has arguments as a string; everywhere else, and twice, it is a repair.
        if depth or layer != "openai":
            message = f"decoded the arguments of {name} from a string"
            repairs.append(Repair(kind="string_arguments", span=span, message=message))
        found = inner.value
        if isinstance(found, dict):
            return found
        if not isinstance(found, str):
            break
    return _fault(
        FaultKind.BAD_ARGUMENTS,
        span,
        f"the arguments of {name} must be an object, got {value[:40]!r}",
    )


def _fitted(
    arguments: dict[str, Any], draft: Draft, tool: Tool, text: str, repairs: list[Repair]
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The arguments typed by the tool's schema, and a fault for each that does not fit it."""
    if tool.fits(arguments) or not tool.check(arguments):
        return arguments, ()

    def note(path: Path, message: str) -> None:
        """Lists one coercion; typing values that never had a type is no repair."""
        if not draft.untyped:
            message = f"{pointer(path)}: {message}"
            repairs.append(
                Repair(kind="coerced", span=_place(text, draft.span, path), message=message)
            )

    fitted = coerce(arguments, tool.schema, note)
    faults = tuple(
        Fault(
            kind=FaultKind.INVALID_ARGUMENTS,
            span=_place(text, draft.span, mismatch.path),
            message=f"{pointer(mismatch.path)} of {tool.name}: {mismatch.message}",
        )
        for mismatch in tool.check(fitted)[:16]
    )
    return fitted, faults


def _place(text: str, span: Span, path: Path) -> Span:
    """Where the last named step of a path stands in the call; the whole call if it is not found."""
    keys = [step for step in path if isinstance(step, str)]
    if keys:
        at = text.find(keys[-1], *span)
        if at >= 0:
            return at, at + len(keys[-1])
    return span
