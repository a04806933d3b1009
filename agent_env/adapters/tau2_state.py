"""The state of a tau2 episode: an environment object of its own, over data shared where it can be.

Place in the flow: `Tau2World` is made of one environment that the checkout built. Where all data
are tables of rows and the environment couples nothing (retail, airline), an episode's database is
a model over a `RowState`. Else (telecom) each episode has a copy of the whole, and rows are told
apart only when somebody asks what changed.

What it does not do: it never validates or dumps a database that is half shared; pydantic would see
only the rows that were touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from typing import Any, Self, TypeAlias

from agent_env.adapters.book import ENDING
from agent_env.adapters.rows import Row, RowState, RowWorld, row_diff
from agent_env.errors import ToolError
from agent_env.store import canonical_json
from agent_env.tool_spec import ToolSpec
from agent_env.types import Effect
from agent_env.world import Diff

State: TypeAlias = "RowState | WholeState"

Rows: TypeAlias = dict[tuple[str, str], Row]
"""Rows as plain data by table and key."""


def plain(value: Any) -> Any:
    """A pydantic model as plain JSON data, whatever its tools put into it; else the value."""
    dump = getattr(value, "model_dump", None)
    return value if dump is None else dump(mode="json", warnings=False)


class Tau2World:
    """The data that all episodes start from.

    Attributes:
        environment: The checkout's own, untouched; what an episode has is made of it.
        fingerprint: Tells worlds apart.
    """

    def __init__(self, environment: Any, shares_rows: bool) -> None:
        """Takes the environment; the caller gives it away.

        Args:
            environment: As the checkout's `get_environment` makes it.
            shares_rows: Whether a call changes nothing but rows of the agent's database.
        """
        self.environment = environment
        self._shared: RowWorld | None = None
        if shares_rows and environment.user_tools is None:
            tables = dict(environment.tools.db)
            self._shared = RowWorld(tables, plain, lambda row: row.model_copy(deep=True))
            self.fingerprint = self._shared.fingerprint
        else:
            rows = [[*place, row] for place, row in sorted(rows_of(environment).items())]
            self.fingerprint = hashlib.sha256(canonical_json(rows).encode()).hexdigest()

    @property
    def is_solo(self) -> bool:
        """Whether the agent has the customer's tools too."""
        return bool(self.environment.solo_mode)

    def open(self) -> State:
        """A state in which nothing has changed yet."""
        if self._shared is not None:
            return self._shared.open()
        return WholeState(deepcopy(self.environment), rows_of(self.environment))

    def compute_fingerprint(self) -> str:
        """The fingerprint from the shared data as they are now; equal to `fingerprint`, always."""
        return type(self)(self.environment, self._shared is not None).fingerprint

    def environment_of(self, state: State, reads: bool = False) -> Any:
        """The checkout's environment over an episode's state, for one call.

        Args:
            state: The episode's.
            reads: Whether what is called changes nothing.
        """
        if isinstance(state, WholeState):
            return state.environment
        tables = state.reading() if reads else state.writing()
        environment = copy(self.environment)
        environment.tools = copy(self.environment.tools)
        environment.tools.db = type(self.environment.tools.db).model_construct(**tables)
        return environment

    def whole(self, state: State) -> Any:
        """An environment with all data of the state in it, which can be hashed; to be read only."""
        environment = self.environment_of(state, reads=True)
        if isinstance(state, RowState):
            tables = {
                name: {key: table[key] for key in table} for name, table in state.reading().items()
            }
            environment.tools.db = type(environment.tools.db).model_construct(**tables)
        return environment

    def reads(self, name: str) -> bool:
        """Whether the tool of that name changes nothing, as the checkout declares it."""
        return any(kit.has_tool(name) and not kit.tool_mutates_state(name) for kit in self._kits())

    def _kits(self) -> list[Any]:
        return [self.environment.tools, *([self.environment.user_tools] if self.is_solo else [])]

    def specs(self) -> tuple[ToolSpec, ...]:
        """The agent's tools; in solo mode those of the customer too."""
        kits = self._kits()
        return tuple(
            self._spec(kit, name, theirs)
            for kit in kits
            for name, theirs in kit.get_tools().items()
        )

    def _spec(self, kit: Any, name: str, theirs: Any) -> ToolSpec:
        function = theirs.openai_schema["function"]
        reads = not kit.tool_mutates_state(name)
        effect = Effect.HANDOVER if name in ENDING else Effect.READ if reads else Effect.WRITE
        return ToolSpec(
            name=name,
            description=function["description"],
            parameters=function["parameters"],
            effect=effect,
            function=self._runner(name, reads),
            foreign=True,
        )

    def _runner(self, name: str, reads: bool) -> Callable[..., str]:
        def run(state: State, /, **arguments: Any) -> str:
            environment = self.environment_of(state, reads)
            try:
                answer = environment.make_tool_call(name, **deepcopy(arguments))
                environment.sync_tools()
            except Exception as error:  # Their environment tells any exception to the model.
                raise ToolError(f"Error: {error}") from error
            text: str = environment.to_json_str(answer)
            return text

        return run


class WholeState:
    """An episode with an environment of its own.

    Attributes:
        environment: The checkout's, with all its data.
    """

    __slots__ = ("_start", "environment")

    def __init__(self, environment: Any, start: Mapping[tuple[str, str], Row]) -> None:
        """Takes the environment.

        Args:
            environment: The episode's own.
            start: Its rows as plain data when nothing has changed yet.
        """
        self.environment = environment
        self._start = start

    def begin(self) -> None:
        """Makes what is there now what `diff` compares with."""
        self._start = rows_of(self.environment)

    def fork(self) -> Self:
        """A state that starts from this one and goes its own way."""
        return type(self)(deepcopy(self.environment), self._start)

    def restore(self, earlier: Self) -> None:
        """Goes back to a state that was forked from this one."""
        self.environment = deepcopy(earlier.environment)

    def diff(self) -> Diff:
        """What changed since the task began; see `world.Diff`."""
        changes: Diff = {}
        now = rows_of(self.environment)
        for table, key in sorted(self._start.keys() | now.keys()):
            after = now.get((table, key))
            change = None
            if after is not None:
                change = row_diff(self._start.get((table, key), {}), after)
            if change is None or change:
                changes.setdefault(table, {})[key] = change
        return changes

    def state_hash(self) -> str:
        """Hex sha256 of all rows."""
        rows = [[*place, row] for place, row in sorted(rows_of(self.environment).items())]
        return hashlib.sha256(canonical_json(rows).encode()).hexdigest()


def rows_of(environment: Any) -> Rows:
    """All rows of an environment's databases; the customer's tables open with "user."."""
    rows: Rows = {}
    for owner, kit in (("", environment.tools), ("user.", environment.user_tools)):
        if kit is None or kit.db is None:
            continue
        for table, value in plain(kit.db).items():
            for key, row in _keyed(value):
                rows[f"{owner}{table}", key] = row if isinstance(row, dict) else {"value": row}
    return rows


def _keyed(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(_key_of(row, place), row) for place, row in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(row, dict) for row in value.values()):
        return list(value.items())
    return [("", value)]


def _key_of(row: Any, place: int) -> str:
    """The row's first field that ends in "_id"; its place where it has none."""
    named = [name for name in row if name.endswith("_id")] if isinstance(row, dict) else []
    return str(row[named[0]]) if named else str(place)
