"""`python -m parsers --jsonl`: a JSON request on each line of stdin, its answer on stdout.

Request: {"id", "text", "tools", "reasoning"}; only `text` is needed,
other fields are passed over. A line that cannot be answered gets
{"id", "error"} and the next one is read. The answer is ASCII, so that lone surrogates survive any
encoding. Exit status 2 only for wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import IO, Any

from .parse import parse
from .types import Fault, ParsedMessage, Repair, ToolCall


def answer(line: str) -> dict[str, Any]:
    """The answer to one request line; whatever is wrong with the line is said under "error"."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"id": None, "error": f"the line is no JSON: {str(error)[:200]}"}
    if not isinstance(request, dict):
        return {"id": None, "error": f"expected an object, got {type(request).__name__}"}
    identity = request.get("id")
    if "text" not in request:
        return {"id": identity, "error": 'the field "text" is missing'}
    try:
        turn = parse(request["text"], request.get("tools"), request.get("reasoning") or "auto")
    except (TypeError, ValueError) as error:
        return {"id": identity, "error": str(error)[:500]}
    except Exception as error:  # no request, whatever is in it, may keep the next from an answer
        return {"id": identity, "error": f"{type(error).__name__}: {str(error)[:400]}"}
    return {"id": identity, **as_json(turn)}


def as_json(turn: ParsedMessage) -> dict[str, Any]:
    """A turn as plain JSON values."""
    return {
        "status": turn.status.value,
        "calls": [_call(call) for call in turn.calls],
        "content": turn.content,
        "reasoning": turn.reasoning,
        "faults": [_note(fault.kind.value, fault) for fault in turn.faults],
        "format": turn.format,
    }


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "name": call.name,
        "arguments": call.arguments,
        "format": call.format,
        "span": list(call.span),
        "repairs": [_note(repair.kind, repair) for repair in call.repairs],
        "faults": [_note(fault.kind.value, fault) for fault in call.faults],
    }


def _note(kind: str, note: Repair | Fault) -> dict[str, Any]:
    return {"kind": kind, "span": list(note.span), "message": note.message}


def run(lines: IO[str], out: IO[str]) -> None:
    """Answers every line that is not blank, in order, each as soon as it is read."""
    for line in lines:
        if line.strip():
            print(_written(answer(line)), file=out, flush=True)


def _written(reply: dict[str, Any]) -> str:
    try:
        return json.dumps(reply)
    except RecursionError:  # an "id" may be nested deeper than can be written
        return json.dumps({"id": None, "error": "the id is nested too deep to be repeated"})


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status of the command line."""
    parser = argparse.ArgumentParser(prog="python -m parsers", description=__doc__)
    parser.add_argument("--jsonl", action="store_true", required=True, help="answer requests")
    parser.parse_args(argv)
    # A surrogate or a broken byte in the input must reach the parser, not end the loop.
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    try:
        run(sys.stdin, sys.stdout)
    except BrokenPipeError:  # the reader went away; there is nobody left to tell
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
