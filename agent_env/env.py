"""One episode: the model's text in, what the world answers out.

Place in the flow: the only loop over turns. `parsers.parse` reads a turn; then

    MALFORMED  the model is told what was wrong (role "tool"); the customer sees nothing
    CALLS      each call in order: schema check, tool, answer (role "tool")
    MESSAGE    the customer replies (role "user")

and the turn is scored and counted. In a domain with a referee no customer speaks: calls are run,
and whatever the turn was, the referee rules on it and says what the model reads next (role "user").
Tools, customers, referees and domains run inside `boundary()`: when one fails, the episode ends as
`infra_error` with reward 0.0 and a record of what happened, and nothing is raised.

What it does not do: it samples no model, knows no trainer, words nothing (`prompts/`) and weighs
nothing (`rewards`). An episode object is single-use and belongs to one thread at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any, Self, TypeAlias

from agent_env import feedback, metrics
from agent_env.asking import Asking, arun, run
from agent_env.calls import call_messages, run_calls
from agent_env.consent import Consent
from agent_env.customers.user import Situation, User
from agent_env.domain import Domain
from agent_env.errors import EnvError, boundary
from agent_env.external.of_turns import corrected
from agent_env.goal import Progress
from agent_env.referee import Look, Referee
from agent_env.rewards import COMPONENTS, QUIET, RewardWeights, TurnEvents, score
from agent_env.store import thaw
from agent_env.trajectory import Turn, course, step_result
from agent_env.types import (
    CallOutcome,
    CallResult,
    Effect,
    Limits,
    Message,
    StepResult,
    StopReason,
    Task,
)
from agent_env.whole_body import is_strict_lost
from agent_env.world import Diff, State
from parsers import ParsedMessage, ParseStatus, parse

_WEIGHTS = RewardWeights()
_CUSTOMER, _SCORING, _REFEREE = boundary("customer"), boundary("scoring"), boundary("referee")
_NOTHING = dict.fromkeys(COMPONENTS, 0.0)
_Note: TypeAlias = Mapping[str, Any]
_Answered: TypeAlias = tuple[list[Message], _Note | None]
_Ruled: TypeAlias = tuple[tuple[CallResult, ...], list[Message], dict[str, float], _Note]


class ToolEnv:
    """An agent's episode on one task.

    Attributes:
        domain: The world; shared.
        task: The job.
        store: The episode's state.
        messages: The conversation so far as the model sees it, its own turns raw.
        stop_reason: Why the episode is over; None while it is not.
        infra_error: What ended it, as `{"kind", "message", "retryable"}`; None without a failure.
    """

    __slots__ = (
        "_chat",
        "_consent",
        "_counts",
        "_limits",
        "_progress",
        "_reasoning",
        "_turns",
        "_user",
        "_weights",
        "domain",
        "infra_error",
        "messages",
        "stop_reason",
        "store",
        "task",
    )

    def __init__(
        self,
        domain: Domain,
        task: Task,
        user: User | None = None,
        limits: Limits | None = None,
        weights: RewardWeights | None = None,
        reasoning: str = "auto",
    ) -> None:
        """Makes an episode; cheap, it runs nothing yet.

        Args:
            domain: As loaded by `load_domain`.
            task: Derived from the world that the domain holds.
            user: The customer; None is the domain's own.
            limits: None is the domain's own.
            weights: None is `RewardWeights()`.
            reasoning: How `parsers.parse` takes thinking; "open" when the prompt already opened the
                block.

        Raises:
            ValueError: The task was derived from another world; or no customer can speak here.
        """
        if task.world != domain.base.fingerprint:
            raise ValueError(
                f"Task {task.id} comes from world {task.world[:12]}, but domain {domain.name} "
                f"holds world {domain.base.fingerprint[:12]}; load the domain with the options "
                "that the task was made with."
            )
        self.domain = domain
        self.task = task
        self.store: State = domain.base.open() if domain.start is None else domain.start(task)
        self.messages: list[Message] = []
        self.stop_reason: StopReason | None = None
        self.infra_error: dict[str, object] | None = None
        self._user = domain.customer(user)
        self._limits = limits or domain.limits
        self._weights = weights or _WEIGHTS
        self._reasoning = reasoning
        self._progress = Progress(task, domain.judge)
        self._chat: tuple[Message, ...] = ()
        self._consent = Consent.NONE
        self._turns: list[Turn] = []
        self._counts = metrics.new_counts()

    @property
    def done(self) -> bool:
        """Whether the episode is over."""
        return self.stop_reason is not None

    def reset(self) -> list[Message]:
        """The messages that the episode opens with: system prompt and the customer's first message.

        A failing customer raises nothing: the episode is then over as `infra_error`, and the next
        `step` says so.

        Raises:
            RuntimeError: The episode was reset before.
        """
        return run(self._open(), self._user)

    async def areset(self) -> list[Message]:
        """As `reset`, awaiting a customer that can be awaited."""
        return await arun(self._open(), self._user)

    def step(self, turn: str | ParsedMessage) -> StepResult:
        """What the world answers to one assistant turn, whatever its text.

        A failing tool, customer or domain raises nothing: the result then has `stop_reason`
        INFRA_ERROR, and so has that of every later step.

        Args:
            turn: The raw generation, with its thinking and special tokens; or a turn that was read
                already with this domain's schemas, whose `text` is what is recorded.

        Raises:
            RuntimeError: The episode has not been reset, or is over by itself.
        """
        return run(self._turn(turn), self._user)

    async def astep(self, turn: str | ParsedMessage) -> StepResult:
        """As `step`, awaiting a customer that can be awaited."""
        return await arun(self._turn(turn), self._user)

    def _open(self) -> Asking[list[Message]]:
        if self.messages:
            raise RuntimeError(
                "This episode was reset before. An episode is single-use: make a new ToolEnv."
            )
        opening: Message = {"role": "user", "content": ""}
        try:
            with _CUSTOMER:
                reply = yield self.task
                opening = {"role": "user", "content": feedback.encodable(reply.text)}
                metrics.count_user(self._counts, reply)
        except EnvError as error:
            self._fail(error)
        self.messages = [{"role": "system", "content": self.domain.system_prompt}, opening]
        self._chat = (opening,)
        return [dict(message) for message in self.messages]

    def _turn(self, turn: str | ParsedMessage) -> Asking[StepResult]:
        if not self.messages:
            raise RuntimeError("step() came before reset(); reset the episode first.")
        if self.done and self.infra_error is None:
            raise RuntimeError(f"The episode is over ({self.stop_reason}); make a new ToolEnv.")
        if isinstance(turn, str):
            text, parsed = turn, parse(turn, self.domain.schemas, self._reasoning)
        else:
            text, parsed = turn.text, turn
        strict_lost = is_strict_lost(text, parsed, self.domain.tool_names)
        self.messages.append({"role": "assistant", "content": text})
        answers: list[Message] = []
        results: tuple[CallResult, ...] = ()
        components: dict[str, float] = _NOTHING
        note: _Note | None = None
        if self.infra_error is None:
            metrics.count_turn(self._counts, parsed, strict_lost)
            try:
                if self.domain.referee is not None:
                    ruled = yield from self._rule(self.domain.referee, text, parsed)
                    results, answers, components, note = ruled
                elif parsed.status is ParseStatus.CALLS:
                    results, answers = self._call(parsed)
                    components = self._score(parsed, results)
                else:
                    answers, note = yield from self._answer(parsed)
                    components = self._score(parsed, results)
            except EnvError as error:
                self._fail(error)
        self.messages += answers
        self._turns.append(Turn(text, parsed, strict_lost, results, components, note))
        return step_result(self._turns, answers, self.stop_reason, self.infra_error)

    def metrics(self) -> metrics.Counts:
        """The episode's counts up to now: all of `metrics.episode_keys()` and `Domain.keys`."""
        return metrics.as_of_now(self._counts, self.done, self.domain.keys)

    def diff(self) -> Diff:
        """What the episode changed in the store; a copy."""
        changes: Diff = thaw(self.store.diff())
        return changes

    def state_hash(self) -> str:
        """The store's hash; equal states have equal ones."""
        return self.store.state_hash()

    def fork(self) -> Self:
        """An episode that starts where this one stands and goes its own way."""
        twin = copy.copy(self)
        twin.store = self.store.fork()
        twin.messages = [dict(message) for message in self.messages]
        twin._progress = self._progress.fork()
        twin._turns = list(self._turns)
        twin._counts = self._counts.copy()
        return twin

    @property
    def trajectory(self) -> dict[str, Any]:
        """The episode as JSON-able data: enough to show it, and to score it again."""
        return {
            "domain": {"name": self.domain.name, "options": thaw(self.domain.options)},
            "task": self.task.to_dict(),
            "messages": [dict(message) for message in self.messages],
            **course(self._turns, self.stop_reason, self._counts),
            "told": sorted(self._progress.told),
            "diff": self.diff(),
            "state_hash": self.state_hash(),
            "infra_error": self.infra_error,
        }

    def _answer(self, parsed: ParsedMessage) -> Asking[_Answered]:
        """What the model is told after a turn without calls, and what is noted."""
        if parsed.status is ParseStatus.MESSAGE:
            return [(yield from self._converse(feedback.encodable(parsed.content)))], None
        return (yield from corrected(self.domain, parsed, len(self._turns), self._limits))

    def _call(self, parsed: ParsedMessage) -> tuple[tuple[CallResult, ...], list[Message]]:
        results = run_calls(parsed, self.domain, self.store, self._limits)
        for result in results:
            metrics.count_call(self._counts, result)
            if result.effect is not Effect.READ and result.outcome is CallOutcome.OK:
                self._note_write(result)
        return results, list(call_messages(parsed, results, self.domain, self._limits))

    def _note_write(self, result: CallResult) -> None:
        if result.effect is Effect.HANDOVER:
            self.stop_reason = StopReason.HANDED_OVER
        elif self.domain.tool(result.name).needs_yes:
            metrics.count_write(self._counts, agreed=self._consent is not Consent.NONE)
            self._consent = self._consent.after_write()

    def _converse(self, message: str) -> Asking[Message]:
        self._progress.hear(message)
        self._chat += ({"role": "assistant", "content": message},)
        with _SCORING:
            situation = Situation(
                task=self.task,
                message=message,
                conversation=self._chat,
                is_reached=self._progress.is_reached(self.store),
                visible_goals=self._progress.visible_goals(self.store.diff()),
                missing_facts=self._progress.missing_facts(),
            )
        with _CUSTOMER:
            reply = yield situation
            metrics.count_user(self._counts, reply)
            answer = {"role": "user", "content": feedback.encodable(reply.text)}
            if reply.done:
                self.stop_reason = StopReason.USER_DONE
        self._chat += (answer,)
        self._consent = self._consent.after_talk(message, answer["content"])
        return answer

    def _rule(self, referee: Referee, text: str, parsed: ParsedMessage) -> Asking[_Ruled]:
        """What a turn with a referee brings; its calls may take long, as the referee may."""
        results: tuple[CallResult, ...] = ()
        answers: list[Message] = []
        if parsed.status is ParseStatus.CALLS:
            results, answers = yield partial(self._call, parsed)
        turn = len(self._turns) + 1
        left = 0 if self.done else max(0, self._limits.max_turns - turn)
        look = Look(self.task, self.store, text, parsed, results, self._reasoning, turn, left)
        with _REFEREE:
            ruling = yield partial(referee.judge, look)
            metrics.count_ruling(self._counts, ruling.counts, referee.keys)
        self._end(ruling.stop_reason)
        components = score(TurnEvents(gain=ruling.gain), self._weights)
        metrics.count_reward(self._counts, components)
        if self.stop_reason is not None:
            metrics.count_stop(self._counts, self.stop_reason, ruling.is_success)
        else:
            answers.append({"role": "user", "content": feedback.encodable(ruling.text)})
        return results, answers, components, ruling.note

    def _score(self, parsed: ParsedMessage, results: tuple[CallResult, ...]) -> dict[str, float]:
        self._end(None)
        malformed = parsed.status is ParseStatus.MALFORMED
        with _SCORING:
            events = self._progress.events(self.store, results, malformed=malformed, done=self.done)
            if events.is_success and self.domain.needs_consent:
                events = events._replace(is_success=metrics.is_all_agreed(self._counts))
            if self.done and self.domain.audit is not None:
                self.domain.audit(self.task, self.store, self._progress.is_right(self.store))
        components = score(events, self._weights)
        if events is not QUIET:
            metrics.count_reward(self._counts, components)
        if self.stop_reason is not None:
            metrics.count_stop(self._counts, self.stop_reason, events.is_success)
        return components

    def _end(self, reason: StopReason | None) -> None:
        self.stop_reason = self.stop_reason or reason
        if self.stop_reason is None and len(self._turns) + 1 >= self._limits.max_turns:
            self.stop_reason = StopReason.MAX_TURNS

    def _fail(self, error: EnvError) -> None:
        self.infra_error = error.to_dict()
        self.stop_reason = StopReason.INFRA_ERROR
        metrics.count_stop(self._counts, StopReason.INFRA_ERROR, success=False)
