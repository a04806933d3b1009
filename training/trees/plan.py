"""Trees of turns: how large they are, and how they grow.

Place in the flow: ``training/config.py`` refuses trees that explode, ``generator.py`` grows them
with a model and environments, ``training/credit`` compares what became of them. A node
is a conversation before a turn. There each of N agents samples G completions, and joint actions
combine them, one of each agent:

    align   the agents' first ones together, their second ones together, ...: G joint actions
    cross   every combination: G**N joint actions

A joint action is taken in a fork of the node's environment, and what comes of it is the next node.
What this module does not do: sample, step, credit, or know what a conversation is; it needs the
standard library alone.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from training.credit import TreeNode

JOINT_MODES = ("align", "cross")
COUNTABLE = 10**15
"""Trees with more states than this are "more than" it: nobody can grow them."""

State = TypeVar("State")
Completion = TypeVar("Completion")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreePlan:
    """The shape of every tree of a run.

    Attributes:
        turns: Turns of a path; at least 1.
        generations: Completions that each agent samples at a node; at least 2.
        agents: Agents that act at once; at least 1.
        joint_mode: One of ``JOINT_MODES``.
    """

    turns: int
    generations: int
    agents: int = 1
    joint_mode: str = "align"

    @property
    def joint_actions(self) -> int:
        """Joint actions of a node: G, or G**N when crossed."""
        return self.generations if self.joint_mode == "align" else self._crossed()

    def count(self) -> TreeSize | None:
        """The largest size of one tree; None when that is beyond counting."""
        width, nodes, leaves = self.joint_actions, 0, 1
        for _ in range(self.turns):
            nodes, leaves = nodes + leaves, leaves * width
            if leaves > COUNTABLE:
                return None
        return TreeSize(
            nodes=nodes,
            leaves=leaves,
            generations=nodes * self.generations * self.agents,
            steps=nodes * width,
        )

    def picks(self) -> Iterator[tuple[int, ...]]:
        """The joint actions of a node: of each agent, which of its completions."""
        if self.joint_mode == "align":
            return ((number,) * self.agents for number in range(self.generations))
        return itertools.product(range(self.generations), repeat=self.agents)

    def _crossed(self) -> int:
        """G**N, or something that is already too much."""
        width = 1
        for _ in range(self.agents):
            width *= self.generations
            if width > COUNTABLE:
                break
        return width


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSize:
    """How large a tree can become; environments that end early make it smaller.

    Attributes:
        nodes: Conversations from which the agents act.
        leaves: Conversations in which no more is done.
        generations: Completions that are sampled.
        steps: Joint actions, each a step of a forked environment and one reward.
    """

    nodes: int
    leaves: int
    generations: int
    steps: int

    @property
    def states(self) -> int:
        """Nodes and leaves together: environments that are alive at once, at worst."""
        return self.nodes + self.leaves


def describe(plan: TreePlan, *, prompts: int, steps: int) -> str:
    """What the run will grow, in one sentence, for people to see before it does.

    Args:
        plan: Small enough to be counted.
        prompts: Trees a batch.
        steps: Batches.

    Raises:
        ValueError: The plan is beyond counting.
    """
    size = plan.count()
    if size is None:
        raise ValueError("this tree is beyond counting; refuse it before you describe it")
    trees, agents = prompts * steps, f"{plan.agents} agent{'s' if plan.agents > 1 else ''}"
    return (
        f"trees: {plan.turns} turns, {plan.generations} generations, {agents}, "
        f"{plan.joint_mode}: each has up to {size.nodes:,} nodes, "
        f"{size.leaves:,} leaves, {size.generations:,} generations and {size.steps:,} steps; "
        f"a batch of {prompts} samples up to {prompts * size.generations:,} completions, "
        f"the run {trees * size.generations:,} and {trees * size.steps:,} steps"
    )


@dataclass(slots=True, kw_only=True)
class Edge(Generic[State, Completion]):
    """A joint action and what came of it.

    Attributes:
        picks: Of each agent, which of its completions.
        reward: Of the step.
        is_done: The environment ended the episode.
        is_spoilt: The environment failed; there is no reward, and nothing is learned from it.
        state: Where the episode stands now.
        child: The node that grew from here; None at a leaf.
    """

    picks: tuple[int, ...]
    reward: float
    is_done: bool
    is_spoilt: bool
    state: State
    child: Node[State, Completion] | None = None


@dataclass(slots=True, kw_only=True)
class Node(Generic[State, Completion]):
    """A conversation from which the agents acted, or will.

    Attributes:
        path: Which joint action was taken at each turn before; () at the root.
        state: Where the episode stands.
        completions: Of each agent, what it sampled here.
        edges: The joint actions taken here.
        stopped: The mean reward of the joint actions reached the threshold: nothing grew on.
    """

    path: tuple[int, ...]
    state: State
    completions: list[list[Completion]] = field(default_factory=list)
    edges: list[Edge[State, Completion]] = field(default_factory=list)
    stopped: bool = False

    @property
    def depth(self) -> int:
        """Turns before this one."""
        return len(self.path)

    def walk(self) -> Iterator[Node[State, Completion]]:
        """This node and all that grew from it, parents first."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [edge.child for edge in reversed(node.edges) if edge.child is not None]


Sample = Callable[
    [Sequence[Node[State, Completion]]], Awaitable[Sequence[Sequence[Sequence[Completion]]]]
]
"""The completions of all nodes of a depth at once: one list a node, of one list an agent."""

Act = Callable[
    [Sequence[tuple[Node[State, Completion], tuple[int, ...]]]],
    Awaitable[Sequence[Edge[State, Completion]]],
]
"""The edges of these joint actions, each taken in a fork of its node's environment."""


async def grow(
    roots: Iterable[Node[State, Completion]],
    plan: TreePlan,
    *,
    sample: Sample[State, Completion],
    act: Act[State, Completion],
    can_go_on: Callable[[State], bool] = lambda _state: True,
    mean_stop: float | None = None,
) -> None:
    """Grows all trees together, a depth at a time, so that each depth is one batch of generations.

    Args:
        roots: Nodes without edges; they are filled.
        plan: The trees' shape.
        sample: Samples the completions.
        act: Takes the joint actions.
        can_go_on: Whether a conversation has room for another turn.
        mean_stop: A node whose joint actions earned this much on average grows no children; None
            asks only the environment.
    """
    frontier = list(roots)
    for depth in range(plan.turns):
        if not frontier:
            return
        for node, completions in zip(frontier, await sample(frontier), strict=True):
            node.completions = [list(of_agent) for of_agent in completions]
        taken = [(node, picks) for node in frontier for picks in plan.picks()]
        for (node, _), edge in zip(taken, await act(taken), strict=True):
            node.edges.append(edge)
        for node in frontier:
            node.stopped = depth + 1 < plan.turns and _is_enough(node, mean_stop)
        if depth + 1 == plan.turns:
            return
        frontier = [
            child for node in frontier if not node.stopped for child in _children(node, can_go_on)
        ]


def _is_enough(node: Node[State, Completion], mean_stop: float | None) -> bool:
    rewards = [edge.reward for edge in node.edges if not edge.is_spoilt]
    return mean_stop is not None and bool(rewards) and statistics.fmean(rewards) >= mean_stop


def _children(
    node: Node[State, Completion], can_go_on: Callable[[State], bool]
) -> Iterator[Node[State, Completion]]:
    """New nodes at the edges that are not the end, already hung onto them."""
    for number, edge in enumerate(node.edges):
        if not (edge.is_done or edge.is_spoilt) and can_go_on(edge.state):
            edge.child = Node(path=(*node.path, number), state=edge.state)
            yield edge.child


def credit_nodes(roots: Iterable[Node[State, Completion]]) -> list[TreeNode]:
    """All nodes of the trees for ``tree_advantages``, in the order of walking tree after tree."""
    nodes = [node for root in roots for node in root.walk()]
    places = {id(node): place for place, node in enumerate(nodes)}
    return [
        TreeNode(
            rewards=tuple(None if edge.is_spoilt else edge.reward for edge in node.edges),
            children=tuple(
                None if edge.child is None else places[id(edge.child)] for edge in node.edges
            ),
            picks=tuple(edge.picks for edge in node.edges),
        )
        for node in nodes
    ]


def paths(
    root: Node[State, Completion],
) -> Iterator[tuple[Edge[State, Completion], ...]]:
    """Every path from the root to a leaf, as the edges along it."""
    waiting: list[tuple[Edge[State, Completion], ...]] = [(edge,) for edge in root.edges]
    waiting.reverse()
    while waiting:
        path = waiting.pop()
        child = path[-1].child
        if child is None or not child.edges:
            yield path
        else:
            waiting += [(*path, edge) for edge in reversed(child.edges)]
