"""Tree credit: values worked out by hand, joint actions, failures, and trees that are none."""

import random

import pytest

from training.credit import TreeNode, leave_one_out, tree_advantages
from training.credit.tree import completion_returns, joint_returns, node_weights

TREE = (
    TreeNode(rewards=(0.2, 0.4), children=(1, 2)),
    TreeNode(rewards=(1.0, 0.0), children=(None, None)),
    TreeNode(rewards=(0.0, 0.5), children=(None, None)),
)


def test_an_edge_is_worth_its_reward_and_the_discounted_mean_behind_it() -> None:
    assert joint_returns(TREE, 0.4)[0] == pytest.approx([0.2 + 0.4 * 0.5, 0.4 + 0.4 * 0.25])


def test_siblings_are_compared_and_deeper_nodes_count_for_their_share() -> None:
    advantages = tree_advantages(TREE, 0.4)
    assert advantages[0] == pytest.approx([-0.1, 0.1])
    assert advantages[1] == pytest.approx([0.5, -0.5])
    assert advantages[2] == pytest.approx([-0.25, 0.25])
    assert tree_advantages(TREE, 0.4, "equal")[1] == pytest.approx([1.0, -1.0])


def test_a_leaf_that_ended_early_shares_its_weight_with_nobody() -> None:
    nodes = (
        TreeNode(rewards=(1.0, 0.0, 0.0), children=(None, 1, None)),
        TreeNode(rewards=(1.0, 0.0, 0.5), children=(None, None, None)),
    )
    assert node_weights(nodes, joint_returns(nodes)) == pytest.approx([1.0, 1 / 3])


def test_a_failure_of_the_environment_is_in_no_baseline_and_takes_no_share() -> None:
    nodes = (
        TreeNode(rewards=(None, 1.0, 0.0), children=(None, 1, 2)),
        TreeNode(rewards=(None, None, None), children=(None, None, None)),
        TreeNode(rewards=(0.5, None, 0.1), children=(None, None, None)),
    )
    assert joint_returns(nodes)[0] == [None, None, pytest.approx(0.3)]
    advantages = tree_advantages(nodes)
    assert advantages[0] == pytest.approx([0.0, 0.0, 0.3])
    assert advantages[1] == [0.0, 0.0, 0.0]
    assert advantages[2] == pytest.approx([0.4, 0.0, -0.4])


def test_a_crossed_completion_is_worth_the_mean_of_what_it_took_part_in() -> None:
    picks = ((0, 0), (0, 1), (1, 0), (1, 1))
    node = TreeNode(rewards=(1.0, 0.0, 0.5, 0.1), children=(None,) * 4, picks=picks)
    own = completion_returns(node, joint_returns([node])[0])
    assert own == [pytest.approx([0.5, 0.3]), pytest.approx([0.75, 0.05])]
    assert tree_advantages([node]) == [pytest.approx([0.2, -0.2, 0.7, -0.7])]


def test_aligned_agents_share_what_their_joint_action_came_to() -> None:
    node = TreeNode(rewards=(1.0, 0.0), children=(None, None), picks=((0, 0), (1, 1)))
    assert tree_advantages([node]) == [pytest.approx([1.0, -1.0, 1.0, -1.0])]


def test_a_tree_of_one_turn_is_a_flat_group() -> None:
    rewards = (0.3, 0.9, 0.0, 0.4)
    node = TreeNode(rewards=rewards, children=(None,) * 4)
    assert tree_advantages([node])[0] == pytest.approx(leave_one_out(rewards))


def test_trees_of_a_batch_do_not_touch_each_other() -> None:
    moved = [
        TreeNode(
            rewards=node.rewards,
            children=tuple(None if child is None else child + 3 for child in node.children),
        )
        for node in TREE
    ]
    alone = tree_advantages(TREE, 0.4)
    assert tree_advantages([*TREE, *moved], 0.4) == [*alone, *alone]


def test_weights_of_a_full_tree_are_one_over_the_nodes_of_the_depth() -> None:
    rng, nodes, depths = random.Random(0), [], []

    def add(depth: int) -> int:
        place = len(nodes)
        nodes.append(None)
        depths.append(depth)
        children = tuple(add(depth + 1) if depth < 2 else None for _ in range(3))
        nodes[place] = TreeNode(rewards=tuple(rng.random() for _ in range(3)), children=children)
        return place

    add(0)
    weights = node_weights(nodes, joint_returns(nodes))
    assert weights == pytest.approx([3.0**-depth for depth in depths])
    assert len(nodes) == 1 + 3 + 9


def test_no_nodes_have_no_advantages() -> None:
    assert tree_advantages([]) == []


def test_what_is_no_tree_is_refused() -> None:
    with pytest.raises(ValueError, match="2 rewards, 1 children and 2 picks"):
        TreeNode(rewards=(1.0, 0.0), children=(None,))
    with pytest.raises(ValueError, match="behind its only parent"):
        tree_advantages([TreeNode(rewards=(1.0,), children=(0,))])
    with pytest.raises(ValueError, match="behind its only parent"):
        tree_advantages([TreeNode(rewards=(1.0,), children=(4,))])
    with pytest.raises(ValueError, match="got 'equals'"):
        tree_advantages(TREE, weights="equals")  # type: ignore[arg-type]
