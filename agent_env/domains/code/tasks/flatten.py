"""A task: nested lists."""

from typing import Any


def flatten(value: list[Any]) -> list[Any]:
    """Everything in a list that may hold lists that may hold lists, in order, in one list.

    Only lists are opened; a text or a tuple is kept as it is.
    """
    flat: list[Any] = []
    for one in value:
        flat.extend(flatten(one) if isinstance(one, list) else [one])
    return flat


TESTS = """
assert flatten([1, [2, [3]]]) == [1, 2, 3]
assert flatten([]) == []
assert flatten([[], [[]]]) == []
assert flatten([1, 2]) == [1, 2]
assert flatten(["ab", ["cd"]]) == ["ab", "cd"]
assert flatten([(1, 2), [3]]) == [(1, 2), 3]
assert flatten([[[[[5]]]]]) == [5]
assert flatten([None, [False, [0]]]) == [None, False, 0]
assert flatten([[1, 2], 3, [4, [5, 6]]]) == [1, 2, 3, 4, 5, 6]
"""
