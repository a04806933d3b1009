"""The episodes of a grown tree: every path from its root to a leaf.

Place in the flow: ``training/trees/generator.py`` grows trees -> here -> metrics and
``rollouts.jsonl``. Where a path ended early it stands for all the paths that could have grown
there, so that rates over episodes are those of playing on.
What this module does not do: credit; it is told what every completion was trained with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.batch import Episode
from training.doctor import Decoder, DoctorError, check_episode
from training.trees.plan import TreePlan, paths
from training.trees.rows import Branch, Tree
from training.turns import TurnRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path from the root to a leaf: the episode that was played along it.

    Attributes:
        task: Which task it belongs to.
        name: Names the path within its batch.
        edges: The joint actions along it.
        advantages: Of each turn, those of each agent's completion.
        returns: Of each turn, what its joint action came to; None where nobody knows.
    """

    task: str
    name: str
    edges: tuple[Branch, ...]
    advantages: list[list[float]]
    returns: list[float | None]

    def weight(self, plan: TreePlan) -> int:
        """How many paths of a full tree begin like this one."""
        return plan.joint_actions ** (plan.turns - len(self.edges))


def paths_of(
    trees: Sequence[Tree],
    advantages: Sequence[Sequence[float]],
    returns: Sequence[Sequence[float | None]],
) -> list[Path]:
    """Every path of every tree.

    Args:
        trees: As for ``rows``.
        advantages: As for ``rows``.
        returns: Of every node, what each joint action came to; see ``joint_returns``.
    """
    nodes = [node for root in trees for node in root.walk()]
    places = {id(node): place for place, node in enumerate(nodes)}
    result = []
    for root in trees:
        for edges in paths(root):
            credited, worth = [], []
            for node, edge in zip(_nodes_along(root, edges), edges, strict=True):
                place, size = places[id(node)], len(node.completions[0])
                flat = advantages[place]
                credited.append([flat[agent * size + k] for agent, k in enumerate(edge.picks)])
                worth.append(returns[place][[one is edge for one in node.edges].index(True)])
            numbers = ".".join("-".join(map(str, edge.picks)) for edge in edges)
            result.append(
                Path(
                    task=root.state.task,
                    name=f"{root.state.task}_{numbers}",
                    edges=edges,
                    advantages=credited,
                    returns=worth,
                )
            )
    return result


def episode_of(path: Path) -> Episode:
    """What was played along a path, each turn told with the credit of the agent that acts."""
    record = path.edges[-1].state.env.get_metrics()
    trajectory = record["trajectory"]
    if len(path.edges[-1].state.parts) > 1:
        trajectory = trajectory | {"agents": [_agents_of(path, k) for k in range(len(path.edges))]}
    is_spoilt = any(edge.is_spoilt for edge in path.edges)
    return Episode(
        session=path.name,
        group=path.task,
        counts=record["counts"] | ({"infra_error": 1.0} if is_spoilt else {}),
        trajectory=trajectory,
        rewards=[edge.reward for edge in path.edges],
        turns=tuple(
            _turn(edge, credited, worth, is_spoilt=is_spoilt)
            for edge, credited, worth in zip(
                path.edges[: len(trajectory["turns"])], path.advantages, path.returns, strict=False
            )
        ),
    )


def _turn(
    edge: Branch, credited: Sequence[float], worth: float | None, *, is_spoilt: bool
) -> TurnRecord:
    last = edge.state.parts[-1]
    if is_spoilt or worth is None:
        return TurnRecord(generation=last.generation, look=last.look)
    return TurnRecord(
        generation=last.generation,
        look=last.look,
        reward=edge.reward,
        return_to_go=worth,
        advantage=credited[-1],
        trained_tokens=last.trained_tokens,
    )


def _agents_of(path: Path, turn: int) -> list[dict[str, Any]]:
    """Of each agent, what it wrote in this turn and what that was trained with."""
    return [
        {
            "text": part.text,
            "advantage": advantage,
            "response_tokens": part.generation.response_tokens,
            "trained_tokens": part.trained_tokens,
            "generation_stop": part.generation.stop_reason,
            "treatment": part.look.treatment.value,
        }
        for part, advantage in zip(path.edges[turn].state.parts, path.advantages[turn], strict=True)
    ]


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
