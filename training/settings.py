"""The machinery under `training.config`: frozen dataclasses as the schema of `key=value` settings.

A group of settings is a frozen dataclass; a setting is one line:
`steps: int = setting(20, "Training batches.")`.
From that line come its dotted key, its type, its default, its help text and its checks.
What this module does not do: know any setting, read files, or import anything but the standard
library (the keys are checked by the system's Python before anything is installed).
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_origin, get_type_hints

Group = TypeVar("Group")

_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple: "names separated by commas",
    types.UnionType: "a number or none",
}


_SAME_GROUP = 0.15
"""How much likelier a key of the group is that was written than an unlike name elsewhere."""


class ConfigError(ValueError):
    """A setting that cannot be used; its text is one sentence for the person who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting: dotted name, type and what `setting` was told.

    Of the types, `tuple` is a tuple of str, and `types.UnionType` a number or None.
    """

    name: str
    kind: type
    default: Any
    doc: str
    choices: tuple[str, ...]
    least: float | None


def setting(
    default: Any, doc: str, *, choices: Iterable[str] = (), least: float | None = None
) -> Any:
    """A dataclass field that is a setting.

    Args:
        default: Value when nobody sets it.
        doc: One sentence with the unit, shown by `--help`.
        choices: The only texts allowed (for a tuple: for each of its parts); empty allows all.
        least: Smallest number allowed.
    """
    return field(default=default, metadata={"doc": doc, "choices": tuple(choices), "least": least})


def keys_of(schema: type, prefix: str = "") -> dict[str, Key]:
    """Every setting under a group by its dotted name, in the order written."""
    hints = get_type_hints(schema)
    found: dict[str, Key] = {}
    for item in dataclasses.fields(schema):
        hint, name = hints[item.name], prefix + item.name
        if dataclasses.is_dataclass(hint):
            found |= keys_of(_as_class(hint), f"{name}.")
        else:
            kind = get_origin(hint) or hint
            found[name] = Key(name=name, kind=kind, default=item.default, **item.metadata)
    return found


def flatten(nested: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """A nested mapping (as read from YAML) with dotted names."""
    flat: dict[str, object] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def split_override(text: str) -> tuple[str, str]:
    """The key and the value of `key=value`.

    Raises:
        ConfigError: There is no `=`, or nothing before it.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ConfigError(f"expected key=value, got {text!r}; --help lists the keys.")
    return name, value


def checked(schema: type, values: Mapping[str, object]) -> dict[str, object]:
    """The values, each of the type its key asks for.

    Args:
        schema: The outermost group.
        values: By dotted name; text is read as the type asks, so `"3"` is a whole number.

    Raises:
        ConfigError: A key is unknown or names a group, or a value is of the wrong type or out of
            range.
    """
    known = keys_of(schema)
    result: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(_unknown(name, known))
        result[name] = _convert(known[name], value)
    return result


def build(schema: type[Group], values: Mapping[str, object]) -> Group:
    """The group filled with checked values by dotted name, defaults elsewhere."""
    hints = get_type_hints(schema)
    filled: dict[str, object] = {}
    for item in dataclasses.fields(_as_class(schema)):
        hint, prefix = hints[item.name], f"{item.name}."
        if dataclasses.is_dataclass(hint):
            inner = {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
            filled[item.name] = build(_as_class(hint), inner)
        elif item.name in values:
            filled[item.name] = values[item.name]
    return schema(**filled)


def nested(group: Any) -> dict[str, Any]:
    """The group as plain dicts, lists and scalars, ready to be written as YAML or JSON."""
    return {
        item.name: nested(value)
        if dataclasses.is_dataclass(value := getattr(group, item.name))
        else list(value)
        if isinstance(value, tuple)
        else value
        for item in dataclasses.fields(group)
    }


def _as_class(hint: Any) -> Any:
    """The hint as it came; is_dataclass would narrow it to an instance, which no hint is."""
    return hint


def _unknown(name: str, known: Mapping[str, Key]) -> str:
    """The sentence for a name that is no key."""
    members = [key for key in known if key.startswith(f"{name}.")]
    if members:
        return f"'{name}' is a group of keys; set one of them, for example {members[0]}=..."

    def likeness(key: str) -> float:
        tail, key_tail = name.rpartition(".")[2], key.rpartition(".")[2]
        whole = difflib.SequenceMatcher(None, name, key).ratio()
        if "." in name and name.rpartition(".")[0] == key.rpartition(".")[0]:
            whole += _SAME_GROUP
        # The right name in the wrong group counts a little less than a slip within the right one.
        return max(whole, 0.9 * difflib.SequenceMatcher(None, tail, key_tail).ratio())

    return (
        f"unknown key '{name}'; did you mean '{max(known, key=likeness)}'? --help lists the keys."
    )


def _convert(key: Key, value: object) -> object:
    """The value as the key's type, checked against its choices and range."""
    try:
        converted = _READERS[key.kind](value)
    except (ValueError, TypeError) as error:
        came = f"{value!r} ({_name_of(value)})"
        raise ConfigError(f"{key.name}: expected {_EXPECTED[key.kind]}, got {came}.") from error
    parts = converted if isinstance(converted, tuple) else (converted,)
    for part in parts:
        if key.choices and part not in key.choices:
            near = difflib.get_close_matches(str(part), key.choices, n=1, cutoff=0.0)[0]
            allowed = ", ".join(key.choices)
            raise ConfigError(
                f"{key.name}: expected one of {allowed}, got {part!r}; nearest is {near!r}."
            )
    if key.least is not None and isinstance(converted, int | float) and converted < key.least:
        raise ConfigError(f"{key.name}: expected at least {key.least:g}, got {converted:g}.")
    return converted


def _name_of(value: object) -> str:
    """What a person would call the type of a value."""
    if value is None:
        return "nothing"
    names: dict[type, str] = {str: "text", int: "a whole number", float: "a number", list: "a list"}
    return names.get(type(value), type(value).__name__)


def _read_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _BOOLS:
        return _BOOLS[value.lower()]
    raise ValueError(value)


def _read_int(value: object) -> int:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return int(value)
    raise ValueError(value)


def _read_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _read_float_or_none(value: object) -> float | None:
    is_none = value is None or (isinstance(value, str) and value.lower() == "none")
    return None if is_none else _read_float(value)


def _read_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _read_tuple(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError(value)
    names = tuple(_read_str(part).strip() for part in parts)
    if not all(names):
        raise ValueError(value)
    return names


_READERS = types.MappingProxyType(
    {
        bool: _read_bool,
        int: _read_int,
        float: _read_float,
        str: _read_str,
        tuple: _read_tuple,
        types.UnionType: _read_float_or_none,
    }
)
