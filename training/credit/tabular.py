"""A decision process small enough to be enumerated, against which credit is measured.

Place in the flow: none of a run. The tests and ``benchmarks/credit_bias.py`` ask here what the
gradient really is, and what an estimator returns on average over everything that can happen: exact
expectations, no samples. A state is the actions so far, the policy a softmax over logits of the
state; actions earn rewards, and some may end the episode.

The gradient meant is that of multi-turn credit: sum over turns of E[grad log pi(a|s) * Q(s, a)],
where Q is the expected return-to-go, discounted from that turn on.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from training.credit.baselines import Estimator
from training.credit.returns import aggregated_return, returns_to_go
from training.credit.tree import TreeNode, Weights, tree_advantages

History = tuple[int, ...]
Gradient = list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of a few turns.

    Attributes:
        turns: Most turns of an episode.
        policy: Of each state that can be reached, the chance of each action.
        rewards: Of each action taken in each state, that is, of each history but ().
        ends: Histories at which the episode is over before its last turn.
    """

    turns: int
    policy: Mapping[History, tuple[float, ...]]
    rewards: Mapping[History, float]
    ends: frozenset[History]

    def is_over(self, history: History) -> bool:
        """Whether nothing follows."""
        return len(history) == self.turns or history in self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One course that an episode can take, and its chance."""

    chance: float
    actions: History
    rewards: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How an estimate lies to the exact gradient.

    Attributes:
        scale: Its length along the exact gradient, in lengths of that.
        cosine: Of the angle between them.
        residual: What points elsewhere, in lengths of what points along: the angle's tangent.
    """

    scale: float
    cosine: float
    residual: float


def make_process(
    seed: int, *, turns: int = 3, actions: int = 2, early_stop: bool = False
) -> Process:
    """A process of the seed, in which later rewards are larger, as when work is finished.

    Args:
        seed: Settles logits, rewards and ends.
        turns: Most turns.
        actions: Choices in each state.
        early_stop: A third of the histories end the episode.
    """
    rng = random.Random(seed)
    policy: dict[History, tuple[float, ...]] = {}
    rewards: dict[History, float] = {}
    ends = set()
    for turn in range(turns):
        for state in itertools.product(range(actions), repeat=turn):
            logits = [math.exp(rng.gauss(0, 0.8)) for _ in range(actions)]
            policy[state] = tuple(value / sum(logits) for value in logits)
            for action in range(actions):
                after = (*state, action)
                rewards[after] = rng.random() * (1 + turn)
                if early_stop and turn + 1 < turns and rng.random() < 1 / 3:
                    ends.add(after)
    return Process(turns=turns, policy=policy, rewards=rewards, ends=frozenset(ends))


def episodes(process: Process, start: History = (), chance: float = 1.0) -> Iterator[Episode]:
    """Every course that an episode can take, with chances that sum to 1."""
    if process.is_over(start):
        steps = range(1, len(start) + 1)
        yield Episode(
            chance=chance,
            actions=start,
            rewards=tuple(process.rewards[start[:step]] for step in steps),
        )
        return
    for action, share in enumerate(process.policy[start]):
        yield from episodes(process, (*start, action), chance * share)


def exact_gradient(process: Process, gamma: float, *, aggregated: bool = False) -> Gradient:
    """The gradient by enumeration; ``aggregated`` asks for that of the seed's other objective."""
    total = [0.0] * _size(process)
    for episode in episodes(process):
        values = returns_to_go(episode.rewards, gamma)
        if aggregated:
            values = [aggregated_return(episode.rewards, gamma)] * len(values)
        _add(process, total, episode.actions, [episode.chance * value for value in values])
    return total


def expected_flat(process: Process, estimator: Estimator, size: int, gamma: float) -> Gradient:
    """What the estimator returns on average over every group of ``size`` episodes of one task."""
    courses = list(episodes(process))
    total = [0.0] * _size(process)
    for chance, group in _draws([one.chance for one in courses], size):
        add_flat(process, total, [courses[course] for course in group], estimator, gamma, chance)
    return total


def add_flat(
    process: Process,
    total: Gradient,
    group: Sequence[Episode],
    estimator: Estimator,
    gamma: float,
    weight: float = 1.0,
) -> None:
    """Adds to ``total`` what the estimator returns for one group of episodes, times ``weight``."""
    advantages = estimator([one.rewards for one in group], [0] * len(group), gamma)
    for one, values in zip(group, advantages, strict=True):
        _add(process, total, one.actions, [weight * value / len(group) for value in values])


Grown = list[tuple[History, tuple[int, ...]]]
"""A tree as its nodes' states and the actions sampled there, parents first."""


def expected_tree(
    process: Process,
    size: int,
    gamma: float,
    weights: Weights = "nodes",
    mean_stop: float | None = None,
) -> Gradient:
    """What ``tree_advantages`` returns on average over every tree of ``size`` completions a node.

    Args:
        process: With few turns and actions; its trees are many (903 of 3 turns, 2 actions, size 2).
        size: Completions a node.
        gamma: Discount per turn.
        weights: As in ``tree_advantages``.
        mean_stop: A node whose actions earned this much on average grows no children.
    """
    total = [0.0] * _size(process)
    for chance, grown in _trees(process, (), size, mean_stop):
        add_tree(process, total, grown, gamma, weights, chance)
    return total


def add_tree(
    process: Process,
    total: Gradient,
    grown: Grown,
    gamma: float,
    weights: Weights = "nodes",
    weight: float = 1.0,
) -> None:
    """Adds to ``total`` what ``tree_advantages`` returns for one tree, times ``weight``."""
    nodes = _nodes(process, grown)
    for (state, actions), values in zip(grown, tree_advantages(nodes, gamma, weights), strict=True):
        for action, value in zip(actions, values, strict=True):
            _add_turn(process, total, state, action, weight * value / len(actions))


def sample_episode(process: Process, rng: random.Random) -> Episode:
    """One episode, drawn."""
    history: History = ()
    while not process.is_over(history):
        history = (*history, *_draw(process, history, 1, rng))
    steps = range(1, len(history) + 1)
    return Episode(
        chance=1.0,
        actions=history,
        rewards=tuple(process.rewards[history[:step]] for step in steps),
    )


def sample_tree(process: Process, size: int, rng: random.Random) -> Grown:
    """One tree, drawn."""
    grown: Grown = []
    waiting: list[History] = [()]
    while waiting:
        state = waiting.pop(0)
        actions = _draw(process, state, size, rng)
        grown.append((state, actions))
        waiting += [(*state, one) for one in actions if not process.is_over((*state, one))]
    return grown


def compare(estimate: Gradient, exact: Gradient) -> Comparison:
    """How the estimate lies to the exact gradient, neither of them zero."""
    along = sum(a * b for a, b in zip(estimate, exact, strict=True))
    length, exact_length = math.hypot(*estimate), math.hypot(*exact)
    cosine = along / (length * exact_length)
    return Comparison(
        scale=along / exact_length**2,
        cosine=cosine,
        residual=math.sqrt(max(0.0, 1 - cosine**2)) / max(abs(cosine), 1e-12),
    )


def _draw(process: Process, state: History, count: int, rng: random.Random) -> tuple[int, ...]:
    shares = process.policy[state]
    return tuple(rng.choices(range(len(shares)), shares, k=count))


def _trees(
    process: Process, state: History, size: int, mean_stop: float | None
) -> Iterator[tuple[float, Grown]]:
    """Every tree from this state, in depth-first order, with its chance."""
    for chance, actions in _draws(process.policy[state], size):
        earned = [process.rewards[(*state, action)] for action in actions]
        below: list[list[tuple[float, Grown]]] = []
        if mean_stop is None or sum(earned) / size < mean_stop:
            below = [
                list(_subtrees(process, (*state, action), actions.count(action), size, mean_stop))
                for action in dict.fromkeys(actions)
                if not process.is_over((*state, action))
            ]
        for parts in itertools.product(*below):
            grown: Grown = [(state, actions)]
            for _, part in parts:
                grown += part
            yield chance * math.prod(part_chance for part_chance, _ in parts), grown


def _subtrees(
    process: Process, state: History, count: int, size: int, mean_stop: float | None
) -> Iterator[tuple[float, Grown]]:
    """Every way in which ``count`` trees can grow from this state, with its chance."""
    trees = list(_trees(process, state, size, mean_stop))
    for chance, chosen in _draws([one for one, _ in trees], count):
        yield chance, [node for place in chosen for node in trees[place][1]]


def _draws(chances: Sequence[float], count: int) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Everything that ``count`` independent draws can give, in order of place, and its chance.

    Nothing that is measured here depends on the order of the draws, so each set of them comes once.
    """
    for drawn in itertools.combinations_with_replacement(range(len(chances)), count):
        chance = float(math.factorial(count))
        for place in dict.fromkeys(drawn):
            times = drawn.count(place)
            chance *= chances[place] ** times / math.factorial(times)
        yield chance, drawn


def _nodes(process: Process, grown: Grown) -> list[TreeNode]:
    """The tree as ``tree_advantages`` takes it; equal siblings are told apart by their order."""
    waiting: dict[History, list[int]] = {}
    for place, (state, _) in enumerate(grown):
        waiting.setdefault(state, []).append(place)
    nodes = []
    for state, actions in grown:
        children = []
        for action in actions:
            places = waiting.get((*state, action), [])
            children.append(places.pop(0) if places else None)
        earned = tuple(process.rewards[(*state, action)] for action in actions)
        nodes.append(TreeNode(rewards=earned, children=tuple(children)))
    return nodes


def _size(process: Process) -> int:
    return sum(map(len, process.policy.values()))


def _add(process: Process, total: Gradient, actions: History, values: Sequence[float]) -> None:
    """Adds value times grad log pi of every turn."""
    for turn, value in enumerate(values):
        _add_turn(process, total, actions[:turn], actions[turn], value)


def _add_turn(process: Process, total: Gradient, state: History, action: int, value: float) -> None:
    """Adds value times grad log pi(action|state): one in the action's place, less every chance."""
    place = 0
    for known, shares in process.policy.items():
        if known == state:
            for other, share in enumerate(shares):
                total[place + other] += value * (float(other == action) - share)
            return
        place += len(shares)
