"""What was told of a turn so far: names that began, complete calls, and what was withdrawn.

`preview.py` finds out what is certain and says it here; `close` compares it with the whole turn.
Nothing here reads text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .types import StreamEvent, ToolCall


@dataclass(slots=True, kw_only=True)
class Told:
    """The events of one turn.

    Attributes:
        calls: Complete calls that stand, with their indexes.
        begun: Names whose calls wait for the end of the turn, by index.
        count: Indexes that were given.
        held: A call waits for the end, and those behind it with it: they are told in their order.
        events: What was told and not yet taken.
    """

    calls: list[tuple[int, ToolCall]] = field(default_factory=list)
    begun: dict[int, str] = field(default_factory=dict)
    count: int = 0
    held: bool = False
    events: list[StreamEvent] = field(default_factory=list)

    def take(self) -> list[StreamEvent]:
        """What was told since the last time."""
        told, self.events = self.events, []
        return told

    def name(self, name: str) -> int:
        """Tells that a call has begun; returns its index."""
        self.events.append(StreamEvent(kind="name", index=self.count, name=name))
        self.count += 1
        return self.count - 1

    def part(self, index: int, name: str, text: str) -> None:
        """Tells the next part of the arguments of a call."""
        self.events.append(StreamEvent(kind="arguments", index=index, name=name, text=text))

    def call(self, begun: dict[int, str], call: ToolCall) -> None:
        """Tells a complete call, under the index of its name in `begun` if that was told."""
        index = next((key for key, name in begun.items() if name == call.name), self.count)
        self.count += index == self.count
        begun.pop(index, None)
        self.calls.append((index, call))
        self.events.append(StreamEvent(kind="call", index=index, name=call.name, call=call))

    def knows(self, call: ToolCall) -> bool:
        """Whether the same call was told before."""
        return any((call.name, call.arguments) == (c.name, c.arguments) for _, c in self.calls)

    def hold(self, begun: dict[int, str]) -> None:
        """Leaves these names to the end of the turn."""
        self.held = True
        self.begun.update(begun)
        begun.clear()

    def give_up(self, begun: dict[int, str]) -> None:
        """Withdraws names that never became a call."""
        for index, name in begun.items():
            self.events.append(StreamEvent(kind="withdrawn", index=index, name=name))
        begun.clear()

    def void(self) -> None:
        """Withdraws every call, and the names that wait for the end."""
        self._withdraw(self.calls)
        self.give_up(self.begun)
        self.calls, self.held = [], False

    def close(self, calls: tuple[ToolCall, ...]) -> list[StreamEvent]:
        """The events after which exactly the calls of the whole turn stand."""
        left, wrong = list(calls), []
        for index, told in self.calls:
            same = next((at for at, call in enumerate(left) if _is_same(call, told)), None)
            if same is None:
                wrong.append((index, told))
            else:
                del left[same]
        self._withdraw(wrong)
        for call in left:
            self.call(self.begun, call)
        self.give_up(self.begun)
        return self.take()

    def _withdraw(self, calls: list[tuple[int, ToolCall]]) -> None:
        for index, call in calls:
            event = StreamEvent(kind="withdrawn", index=index, name=call.name, call=call)
            self.events.append(event)


def _is_same(call: ToolCall, told: ToolCall) -> bool:
    """Whether a call of the turn is the one that was told."""
    return call.span[0] == told.span[0] and call == told
