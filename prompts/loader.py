"""Reads prompt files and fills their variables.

Place in the flow: the only reader of `prompts/<kind>/<name>.md`; `prompts/__init__.py` describes
the file format.

What it does not do: nothing is read at import; a file is read once per process, when first named.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parent
_PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_HEADER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_VARIANT = re.compile(r"^===$\n?", re.MULTILINE)


class PromptError(ValueError):
    """A prompt that does not exist, is not well formed, or was given the wrong variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt file.

    Attributes:
        kind: The folder.
        name: The file's name without `.md`.
        about: What the text is for, in one sentence.
        examples: An example value of each variable; its keys are exactly the variables that must be
            given.
        bodies: The text, one entry a variant; most prompts have one.
    """

    kind: str
    name: str
    about: str
    examples: Mapping[str, str]
    bodies: tuple[str, ...]

    def render(self, variables: Mapping[str, str], variant: int = 0) -> str:
        """The text with every variable filled.

        Args:
            variables: A string for each variable of the prompt, no more and no less.
            variant: Which of the variants; counted modulo their number, so that any draw is valid.

        Raises:
            PromptError: A variable is missing, unknown, or not a string.
        """
        if variables.keys() != self.examples.keys():
            raise PromptError(self._mismatch(set(variables)))
        for key, value in variables.items():
            if not isinstance(value, str):
                got = type(value).__name__
                raise PromptError(
                    f"{self.kind}/{self.name}: variable {key!r} is a {got}; give a string."
                )
        body = self.bodies[variant % len(self.bodies)]
        return _PLACE.sub(lambda place: variables[place.group(1)], body) if variables else body

    def _mismatch(self, given: set[str]) -> str:
        wanted = set(self.examples)
        parts = [
            f"{word} {', '.join(sorted(names))}"
            for word, names in (("missing", wanted - given), ("unknown", given - wanted))
            if names
        ]
        takes = ", ".join(sorted(wanted)) or "no variables"
        return f"{self.kind}/{self.name}: {'; '.join(parts)}. It takes {takes}."


def render(kind: str, name: str, /, **variables: str) -> str:
    """The first variant of a prompt with its variables filled.

    Raises:
        PromptError: No such prompt, or variables that are not exactly the prompt's.
    """
    return load(kind, name).render(variables)


@cache
def list_prompts(kind: str | None = None) -> tuple[tuple[str, str], ...]:
    """Every (kind, name) there is, sorted; of one kind when one is named.

    Raises:
        PromptError: There is no such kind.
    """
    found = sorted((path.parent.name, path.stem) for path in _ROOT.glob("*/*.md"))
    if kind is None:
        return tuple(found)
    kinds = sorted({one for one, _ in found})
    if kind not in kinds:
        raise PromptError(_unknown("prompt kind", kind, kinds))
    return tuple(entry for entry in found if entry[0] == kind)


@cache
def load(kind: str, name: str) -> Prompt:
    """One prompt, read from its file and checked.

    Raises:
        PromptError: No such prompt, or a file whose header and body do not agree.
    """
    names = [one for _, one in list_prompts(kind)]
    if name not in names:
        raise PromptError(_unknown(f"{kind} prompt", name, names))
    text = (_ROOT / kind / f"{name}.md").read_text(encoding="utf-8")
    return parse_prompt(kind, name, text)


def parse_prompt(kind: str, name: str, text: str) -> Prompt:
    """A prompt from the text of its file.

    Raises:
        PromptError: No header, no `about`, an unreadable header line, or variables that header and
            body do not share.
    """
    where = f"{kind}/{name}"
    match = _HEADER.match(text)
    if match is None:
        raise PromptError(f"{where}: the file must open with a header between two '---' lines.")
    about, examples = _header(where, match.group(1))
    bodies = tuple(part.strip("\n") for part in _VARIANT.split(match.group(2)))
    for number, body in enumerate(bodies):
        if not body:
            raise PromptError(f"{where}: variant {number} is empty.")
        used = set(_PLACE.findall(body))
        if not used <= examples.keys():
            undeclared = ", ".join(sorted(used - examples.keys()))
            raise PromptError(
                f"{where}: variant {number} uses {undeclared}, which the header does not declare."
            )
    idle = examples.keys() - {place for body in bodies for place in _PLACE.findall(body)}
    if idle:
        raise PromptError(
            f"{where}: the header declares {', '.join(sorted(idle))}, which the body never uses."
        )
    return Prompt(kind=kind, name=name, about=about, examples=examples, bodies=bodies)


def _header(where: str, header: str) -> tuple[str, dict[str, str]]:
    about, examples = "", {}
    for line in header.split("\n"):
        key, colon, value = line.partition(":")
        if not colon:
            raise PromptError(f"{where}: header line {line!r} is not 'key: value'.")
        if key == "about":
            about = value.strip()
        elif key.startswith("$"):
            examples[key[1:]] = value.strip()
        elif key != "source":
            raise PromptError(f"{where}: header key {key!r} is none of about, source, $variable.")
    if not about:
        raise PromptError(f"{where}: the header needs an 'about: ...' line.")
    return about, examples


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {what} {name!r}.{hint} Known: {', '.join(known)}."
