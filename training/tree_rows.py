"""What is made of a grown tree: rows to train on, episodes to log, and numbers about the trees.

Place in the flow: ``training/tree_generator.py`` grows trees -> here -> SkyRL and the run's files.
A row is one completion of one agent. An episode is one path from the root to a leaf; where a path
ended early it stands for all the paths that could have grown there, so that rates over episodes are
those of playing on.
What this module does not do: credit (``training/credit``), or know SkyRL.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

from training.doctor import Decoder, DoctorError, check_episode
from training.tree import Edge, Node, TreePlan, paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What one agent sampled at a node.

    Attributes:
        text: What the environment is told, special tokens included.
        ids: The tokens sampled.
        logprobs: Of each token, under the policy that sampled it; None where nobody measured them.
        stop_reason: Why sampling ended: ``stop`` or ``length``.
    """

    text: str
    ids: list[int]
    logprobs: list[float] | None
    stop_reason: str


class Forkable(Protocol):
    """The part of an environment that trees need; ``CallforgeEnv`` has it."""

    @property
    def domain_name(self) -> str:
        """Name of the world that the episode plays in."""

    @property
    def is_spoilt(self) -> bool:
        """The environment failed: what it paid is no reward."""

    def fork(self) -> Self:
        """An episode that goes its own way from here."""

    def step(self, action: str) -> Any:
        """Observations, reward and end of one turn."""

    def get_metrics(self) -> dict[str, Any]:
        """Counts and trajectory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an episode stands.

    Attributes:
        task: Which task it belongs to.
        env: The episode.
        conversations: Of each agent, the tokens that its next completion continues.
        parts: What the agents wrote to get here from the node before.
    """

    task: str
    env: Forkable
    conversations: tuple[list[int], ...]
    parts: tuple[Completion, ...] = ()


Tree: TypeAlias = Node[Position, Completion]
Branch: TypeAlias = Edge[Position, Completion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One completion as it is trained on.

    Attributes:
        task: Which task it belongs to.
        prompt_ids: The agent's conversation at the node.
        completion: What was sampled there.
        reward: Mean reward of the joint actions it took part in; 0 where all failed.
        advantage: What its tokens are trained with.
        is_trained: Whether its worth is known; the environment failed otherwise.
    """

    task: str
    prompt_ids: list[int]
    completion: Completion
    reward: float
    advantage: float
    is_trained: bool

    @property
    def mask(self) -> list[int]:
        """Ones where the row is trained."""
        return [int(self.is_trained)] * len(self.completion.ids)

    @property
    def token_rewards(self) -> list[float]:
        """The reward on the last token."""
        return [*[0.0] * (len(self.completion.ids) - 1), self.reward]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path from the root to a leaf: the episode that was played along it.

    Attributes:
        task: Which task it belongs to.
        name: Names the path within its batch.
        edges: The joint actions along it.
        advantages: Of each turn, those of each agent's completion.
    """

    task: str
    name: str
    edges: tuple[Branch, ...]
    advantages: list[list[float]]

    def weight(self, plan: TreePlan) -> int:
        """How many paths of a full tree begin like this one."""
        return plan.joint_actions ** (plan.turns - len(self.edges))


def rows(trees: Sequence[Tree], advantages: Sequence[Sequence[float]]) -> list[Row]:
    """Every completion of every tree, those of a tree next to each other.

    Args:
        trees: Roots of the grown trees.
        advantages: Of every node in the order of walking tree after tree; see ``tree_advantages``.
    """
    result: list[Row] = []
    at_nodes = iter(advantages)
    for root in trees:
        for node in root.walk():
            flat = iter(next(at_nodes))
            for agent, completions in enumerate(node.completions):
                for number, completion in enumerate(completions):
                    result.append(_row(node, agent, number, completion, next(flat)))
    return result


def _row(node: Tree, agent: int, number: int, completion: Completion, advantage: float) -> Row:
    rewards = [
        edge.reward
        for edge in node.edges
        if edge.picks[agent] == number and not edge.is_spoilt and not _is_lost(edge)
    ]
    return Row(
        task=node.state.task,
        prompt_ids=node.state.conversations[agent],
        completion=completion,
        reward=statistics.fmean(rewards) if rewards else 0.0,
        advantage=advantage,
        is_trained=bool(rewards),
    )


def _is_lost(edge: Branch) -> bool:
    """Whether the environment failed on every way on, so that nobody knows the edge's worth."""
    grown = edge.child.edges if edge.child is not None else []
    return bool(grown) and all(later.is_spoilt or _is_lost(later) for later in grown)


def paths_of(trees: Sequence[Tree], advantages: Sequence[Sequence[float]]) -> list[Path]:
    """Every path of every tree; the arguments are those of ``rows``."""
    nodes = [node for root in trees for node in root.walk()]
    by_node = {id(node): at for node, at in zip(nodes, advantages, strict=True)}
    result = []
    for root in trees:
        for edges in paths(root):
            along, node = [], root
            for edge in edges:
                size = len(node.completions[0])
                flat = by_node[id(node)]
                along.append([flat[agent * size + k] for agent, k in enumerate(edge.picks)])
                node = edge.child or node
            numbers = ".".join("-".join(map(str, edge.picks)) for edge in edges)
            task, name = root.state.task, f"{root.state.task}_{numbers}"
            result.append(Path(task=task, name=name, edges=edges, advantages=along))
    return result


def metrics(trees: Sequence[Tree], plan: TreePlan) -> dict[str, float]:
    """Numbers about the trees of a batch; every key in every batch."""
    nodes = [node for root in trees for node in root.walk()]
    edges = [(node, edge) for node in nodes for edge in node.edges]
    could_grow = [edge for node, edge in edges if node.depth + 1 < plan.turns]
    return {
        "tree/nodes": float(len(nodes)),
        "tree/leaves": float(sum(edge.child is None for _, edge in edges)),
        "tree/generations": float(sum(len(c) for node in nodes for c in node.completions)),
        "tree/steps": float(len(edges)),
        "tree/early_stop_frac": _share([edge.child is None for edge in could_grow]),
        "tree/mean_stop_frac": _share([node.stopped for node in nodes]),
        "tree/spoilt_frac": _share([edge.is_spoilt for _, edge in edges]),
    }


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def check_trees(decoder: Decoder, trees: Sequence[Tree]) -> None:
    """Compare what each agent is trained on along every path with what was played there.

    Raises:
        DoctorError: Trained tokens are not the words that made the turns, or an observation is
            missing between them.
    """
    for root in trees:
        for number, edges in enumerate(paths(root)):
            if any(edge.is_spoilt for edge in edges):
                continue
            trajectory = edges[-1].state.env.get_metrics()["trajectory"]
            for agent in range(len(root.completions)):
                try:
                    _check_path(decoder, root, edges, agent, trajectory)
                except DoctorError as error:
                    raise DoctorError(f"path {number}, agent {agent + 1}: {error}") from None


def _check_path(
    decoder: Decoder,
    root: Tree,
    edges: Sequence[Branch],
    agent: int,
    trajectory: Mapping[str, Any],
) -> None:
    ids: list[int] = []
    mask: list[int] = []
    opening = len(root.state.conversations[agent])
    for node, edge in zip(_nodes_along(root, edges), edges, strict=True):
        ids = [*node.state.conversations[agent][opening:], *edge.state.parts[agent].ids]
        mask += [0] * (len(node.state.conversations[agent]) - opening - len(mask))
        mask += [1] * len(edge.state.parts[agent].ids)
    said = [{"text": edge.state.parts[agent].text} for edge in edges]
    check_episode(decoder, ids, mask, [0.0] * len(ids), {**trajectory, "turns": said})


def _nodes_along(root: Tree, edges: Sequence[Branch]) -> Iterator[Tree]:
    """The nodes in which these edges begin."""
    node = root
    for edge in edges:
        yield node
        node = edge.child or node
