"""What a C++ or CUDA text says of itself: its functions' prototypes, and what it may not include.

Place in the flow: `compile` asks `refusal` before a compiler sees the text and writes down the
prototypes with the built library; `api` checks every call's arguments against them.

    extern "C" void scale(const float* x, float* y, int64_t n, float by)

What it does not do: it is no C++ parser. It reads `extern "C"` functions (and `__global__` ones)
with plain types, which is all that a candidate can call; the compiler has the last word on the
rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_FUNCTIONS = 64
"""Functions of one text that can be called; the first ones."""
MAX_HEAD_CHARS = 4_000
# How each type is named among tensors; a pointer to what is not here takes any tensor.
SCALARS = {
    "float": "float32",
    "double": "float64",
    "int": "int32",
    "int32_t": "int32",
    "long": "int64",
    "long long": "int64",
    "int64_t": "int64",
    "ptrdiff_t": "int64",
    "size_t": "uint64",
    "unsigned": "uint32",
    "unsigned int": "uint32",
    "unsigned long": "uint64",
    "unsigned long long": "uint64",
    "uint64_t": "uint64",
    "uint32_t": "uint32",
    "short": "int16",
    "int16_t": "int16",
    "unsigned short": "uint16",
    "uint16_t": "uint16",
    "char": "int8",
    "signed char": "int8",
    "int8_t": "int8",
    "unsigned char": "uint8",
    "uint8_t": "uint8",
    "bool": "bool",
}
# What is not closed runs on to the end, as a compiler would have it; so each letter is read once.
_COMMENT_OR_STRING = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|R\"([^\s()\\]{0,16})\(.*?(?:\)\1\"|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n]){1,8}'",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*(?:#|%:)[ \t]*(\w*)[ \t]*(.*)$", re.MULTILINE)
_NOISE = re.compile(
    r"\b(?:const|volatile|inline|noexcept|__restrict__|__restrict|restrict|struct|extern)\b|\bstd::"
    r"|\b__launch_bounds__\s*\([^()]*\)|\b__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)"
)
_EXTERN = re.compile(r'extern\s*"C"\s*')
_PLAIN_INCLUDE = re.compile(r"(?:<[\w+./-]+>|\"[\w+./-]+\")\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: As written; "" when it has none.
        type: The type among tensors, such as "float32"; "any" behind a pointer to something else.
        pointer: Whether it takes a tensor.
    """

    name: str
    type: str
    pointer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """A function that a candidate may call.

    Attributes:
        name: The function's.
        returns: The type that comes back; "" for none.
        parameters: In order.
    """

    name: str
    returns: str
    parameters: tuple[Parameter, ...]

    def to_dict(self) -> dict[str, Any]:
        """The prototype as JSON data, from which `from_dict` makes an equal one."""
        rows = [[one.name, one.type, one.pointer] for one in self.parameters]
        return {"name": self.name, "returns": self.returns, "parameters": rows}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Prototype:
        """The prototype that `to_dict` wrote."""
        rows = (
            Parameter(name=name, type=kind, pointer=pointer)
            for name, kind, pointer in data["parameters"]
        )
        return cls(name=data["name"], returns=data["returns"], parameters=tuple(rows))


def without_comments(source: str) -> str:
    """The text with joined continuation lines, comments gone and string contents emptied.

    Lines are kept, so that offsets in lines still hold, apart from continuations.
    """
    joined = source.replace("\r\n", "\n").replace("\\\n", "")
    return _COMMENT_OR_STRING.sub(_emptied, joined)


def _emptied(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("/"):
        return " " + "\n" * text.count("\n")
    return text if text == '"C"' else text[0] + text[-1] if text[0] in "\"'" else '""'


def refusal(source: str) -> str:
    """Why no compiler is given this text; "" when nothing speaks against it.

    Only headers of the system may be included, by a plain name: another file's contents would come
    back in the compiler's messages. The compiler's cage says the same; here the model is told why.
    """
    joined = source.replace("\r\n", "\n").replace("\\\n", "")
    for found in _DIRECTIVE.finditer(_blank_comments(joined)):
        word, rest = found[1], found[2].strip()
        if word in ("include", "include_next", "import"):
            if not _PLAIN_INCLUDE.match(rest) or ".." in rest or rest[1] == "/":
                return (
                    f"#{word} {rest[:80]} is refused: only headers of the system may be included, "
                    "by their plain names, such as <cmath>."
                )
        elif (word == "line" or word.isdigit()) and "/" in rest:
            return f"#{word} with the path of a file is refused; leave it out."
    if re.search(r"\.\s*inc(bin|lude)\b", joined):
        return ".incbin and .include are refused: a kernel's data come in through its arguments."
    return ""


def _blank_comments(text: str) -> str:
    return _COMMENT_OR_STRING.sub(
        lambda found: " " + "\n" * found[0].count("\n") if found[0].startswith("/") else found[0],
        text,
    )


def prototypes(source: str) -> tuple[Prototype, ...]:
    """The `extern "C"` functions that the text defines or declares, in order, each name once.

    Functions whose parameters are not plain (templates, function pointers, structs by value) are
    left out and cannot be called.
    """
    text = re.sub(r"^[ \t]*#[^\n]*", "", without_comments(source), flags=re.MULTILINE)
    found: dict[str, Prototype] = {}
    place = 0
    for _ in range(MAX_FUNCTIONS):
        extern = _EXTERN.search(text, place)
        if extern is None:
            break
        place = extern.end()
        many = text.startswith("{", place)
        if many:
            start, place = place + 1, _block_end(text, place)
            heads = _heads(text[start:place], many=True)
        else:
            heads = _heads(text[place:], many=False)
        for read in filter(None, map(_prototype, heads)):
            found.setdefault(read.name, read)
    return tuple(found.values())


def kernels(source: str) -> tuple[Prototype, ...]:
    """The `__global__` functions that the text defines, in order, each name once."""
    text = re.sub(r"^[ \t]*#[^\n]*", "", without_comments(source), flags=re.MULTILINE)
    found: dict[str, Prototype] = {}
    for mark in islice(re.finditer(r"\b__global__\b", text), MAX_FUNCTIONS):
        for read in filter(None, map(_prototype, _heads(text[mark.end() :], many=False))):
            found.setdefault(read.name, read)
    return tuple(found.values())


def _block_end(text: str, place: int) -> int:
    """Where the block ends whose brace opens at the place."""
    depth = 0
    for brace in re.compile("[{}]").finditer(text, place):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return len(text)


def _heads(text: str, many: bool) -> list[str]:
    """What stands before each function's body or semicolon, bodies left out."""
    heads: list[str] = []
    depth = start = 0
    for mark in re.finditer("[{};]", text):
        if depth == 0 and mark[0] != "}":
            heads.append(text[start : mark.start()])
            if not many:
                break
        depth = max(depth + {"{": 1, "}": -1, ";": 0}[mark[0]], 0)
        if depth == 0:
            start = mark.end()
    return heads


def _prototype(head: str) -> Prototype | None:
    if len(head) > MAX_HEAD_CHARS:
        return None
    head = " ".join(_NOISE.sub(" ", head).split())
    shape = re.fullmatch(r"((?:\w+ )+)(\w+) ?\(([^()]*)\)", head)
    if shape is None:
        return None
    returns = shape[1].strip()
    if returns != "void" and returns not in SCALARS:
        return None
    rows = [row.strip() for row in shape[3].split(",")]
    parameters = [] if rows in ([""], ["void"]) else [_parameter(row) for row in rows]
    if None in parameters:
        return None
    return Prototype(
        name=shape[2],
        returns="" if returns == "void" else SCALARS[returns],
        parameters=tuple(one for one in parameters if one is not None),
    )


def _parameter(row: str) -> Parameter | None:
    row = row.partition("=")[0]
    array = re.sub(r"\[[^\]]*\]\s*$", "", row)
    words = array.replace("*", " * ").replace("&", " & ").split()
    stars = words.count("*") + (array != row)
    if "&" in words or stars > 1 or not words:
        return None
    plain = [word for word in words if word != "*"]
    kind, name = " ".join(plain), ""
    if kind not in SCALARS and len(plain) > 1:
        kind, name = " ".join(plain[:-1]), plain[-1]
    if kind not in SCALARS and not stars:
        return None
    return Parameter(name=name, type=SCALARS.get(kind, "any"), pointer=bool(stars))
