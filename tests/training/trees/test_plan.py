"""Trees of turns: their numbers, how they grow, and what completions come to."""

import asyncio
import itertools
import statistics
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.credit.tree import completion_returns, joint_returns
from training.trees.plan import (
    Edge,
    Node,
    TreePlan,
    credit_nodes,
    describe,
    grow,
    paths,
)

Tree = Node[str, str]
small_plans = st.builds(
    TreePlan,
    turns=st.integers(1, 3),
    generations=st.integers(2, 3),
    agents=st.integers(1, 2),
    joint_mode=st.sampled_from(["align", "cross"]),
)


class World:
    """Grows trees over texts: a completion is a number, a state the joint actions so far."""

    def __init__(self, plan: TreePlan, rewards: dict[str, float] | None = None) -> None:
        self.plan = plan
        self.rewards = rewards or {}
        self.batches: list[int] = []
        self.spoilt: set[str] = set()
        self.ends: set[str] = set()
        self.full: set[str] = set()

    async def sample(self, nodes: Sequence[Tree]) -> list[list[list[str]]]:
        self.batches.append(len(nodes))
        return [
            [[f"{agent}{n}" for n in range(self.plan.generations)] for agent in range(self.agents)]
            for _ in nodes
        ]

    @property
    def agents(self) -> int:
        return self.plan.agents

    async def act(self, taken: Sequence[tuple[Tree, tuple[int, ...]]]) -> list[Edge[str, str]]:
        edges = []
        for node, picks in taken:
            state = f"{node.state}/" + "".join(map(str, picks))
            edges.append(
                Edge(
                    picks=picks,
                    reward=self.rewards.get(state, 0.0),
                    is_done=state in self.ends,
                    is_spoilt=state in self.spoilt,
                    state=state,
                )
            )
        return edges

    def grown(self, mean_stop: float | None = None) -> Tree:
        root: Tree = Node(path=(), state="")
        asyncio.run(
            grow(
                [root],
                self.plan,
                sample=self.sample,
                act=self.act,
                can_go_on=lambda state: state not in self.full,
                mean_stop=mean_stop,
            )
        )
        return root


def returns_of(root: Tree, gamma: float) -> list[list[list[float | None]]]:
    """Of each node, what each completion of each agent came to."""
    nodes = credit_nodes([root])
    return [
        completion_returns(node, values)
        for node, values in zip(nodes, joint_returns(nodes, gamma), strict=True)
    ]


def test_the_numbers_are_those_of_the_formulas() -> None:
    align = TreePlan(turns=3, generations=4).count()
    assert align is not None
    assert (align.nodes, align.leaves, align.generations, align.steps) == (21, 64, 84, 84)
    cross = TreePlan(turns=3, generations=4, agents=2, joint_mode="cross").count()
    assert cross is not None
    assert (cross.nodes, cross.generations, cross.steps) == (273, 2184, 4368)
    assert TreePlan(turns=60, generations=2).count() is None
    assert TreePlan(turns=1, generations=2, agents=10**9, joint_mode="cross").count() is None


def test_the_cost_is_told_before_the_run() -> None:
    plan = TreePlan(turns=2, generations=2, agents=2, joint_mode="cross")
    assert describe(plan, prompts=16, steps=3) == (
        "trees: 2 turns, 2 generations, 2 agents, cross: each has up to 5 nodes, 16 leaves, "
        "20 generations and 20 steps; a batch of 16 samples up to 320 completions, "
        "the run 960 and 960 steps"
    )
    with pytest.raises(ValueError, match="beyond counting"):
        describe(TreePlan(turns=99, generations=2), prompts=1, steps=1)


@given(small_plans)
def test_a_tree_that_nothing_stops_has_exactly_the_planned_size(plan: TreePlan) -> None:
    world = World(plan)
    root, size = world.grown(), plan.count()
    assert size is not None
    nodes = list(root.walk())
    assert len(nodes) == size.nodes
    assert sum(len(of_agent) for n in nodes for of_agent in n.completions) == size.generations
    assert sum(len(node.edges) for node in nodes) == size.steps
    leaves = [path[-1].state for path in paths(root)]
    assert len(set(leaves)) == len(leaves) == size.leaves
    assert world.batches == [plan.joint_actions**depth for depth in range(plan.turns)]


def test_aligned_agents_meet_pairwise_and_crossed_ones_each_with_each() -> None:
    align = TreePlan(turns=1, generations=3, agents=2)
    assert list(align.picks()) == [(0, 0), (1, 1), (2, 2)]
    cross = TreePlan(turns=1, generations=2, agents=3, joint_mode="cross")
    assert list(cross.picks()) == list(itertools.product((0, 1), repeat=3))


def test_the_environment_ends_one_branch_and_the_others_grow_on() -> None:
    world = World(TreePlan(turns=2, generations=2))
    world.ends = {"/0"}
    assert [path[-1].state for path in paths(world.grown())] == ["/0", "/1/0", "/1/1"]


def test_a_full_conversation_is_a_leaf_that_keeps_its_reward() -> None:
    world = World(TreePlan(turns=2, generations=2), {"/1": 1.0})
    world.full = {"/1"}
    root = world.grown()
    assert [path[-1].state for path in paths(root)] == ["/0/0", "/0/1", "/1"]
    assert returns_of(root, 1.0)[0] == [[0.0, 1.0]]


def test_the_mean_of_siblings_stops_all_of_them() -> None:
    plan = TreePlan(turns=2, generations=2)
    rewards = {"/0": 1.0, "/1": 0.0}
    assert World(plan, rewards).grown(mean_stop=0.5).stopped
    assert len(list(World(plan, rewards).grown(mean_stop=0.5).walk())) == 1
    assert len(list(World(plan, rewards).grown(mean_stop=0.51).walk())) == 3
    assert len(list(World(plan, rewards).grown().walk())) == 3


def test_returns_are_rewards_and_discounted_means_of_what_followed() -> None:
    rewards = {"/0": 1.0, "/0/0": 2.0, "/0/1": 4.0, "/1/0": -1.0}
    root = World(TreePlan(turns=2, generations=2), rewards).grown()
    assert returns_of(root, 0.5)[0] == [[1.0 + 0.5 * 3.0, 0.5 * -0.5]]


def test_a_crossed_completion_is_worth_the_mean_of_its_joint_actions() -> None:
    plan = TreePlan(turns=1, generations=2, agents=2, joint_mode="cross")
    rewards = {"/00": 1.0, "/01": 2.0, "/10": 4.0, "/11": 8.0}
    root = World(plan, rewards).grown()
    assert returns_of(root, 1.0)[0] == [[1.5, 6.0], [2.5, 5.0]]


def test_what_the_environment_spoilt_is_in_no_mean() -> None:
    world = World(TreePlan(turns=2, generations=2), {"/0/0": 2.0, "/0/1": 100.0})
    world.spoilt = {"/0/1", "/1/0", "/1/1"}
    root = world.grown()
    assert returns_of(root, 1.0)[0] == [[2.0, None]]
    child = root.edges[0].child
    assert child is not None
    assert returns_of(child, 1.0) == [[[2.0, None]]]


@given(small_plans, st.data())
def test_the_root_is_worth_the_mean_of_its_paths_when_nothing_stops_early(
    plan: TreePlan, data: st.DataObject
) -> None:
    states = [path[-1].state for path in paths(World(plan).grown())]
    values = st.integers(-4, 4).map(float)
    rewards = {state: data.draw(values) for state in states[:30]}
    root = World(plan, rewards).grown()
    totals = [sum(edge.reward for edge in path) for path in paths(root)]
    for returns in returns_of(root, 1.0)[0]:
        shares = [value for value in returns if value is not None]
        assert statistics.fmean(shares) == pytest.approx(statistics.fmean(totals))
