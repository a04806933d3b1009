"""A task: sums over a window."""


def moving_sum(values: list[int], size: int) -> list[int]:
    """The sums of every `size` neighbouring values, in order.

    There are none when there are fewer values than `size`, or `size` is below 1.
    """
    if size < 1:
        return []
    return [sum(values[start : start + size]) for start in range(len(values) - size + 1)]


TESTS = """
assert moving_sum([1, 2, 3, 4], 2) == [3, 5, 7]
assert moving_sum([1, 2, 3], 3) == [6]
assert moving_sum([1, 2], 3) == []
assert moving_sum([], 1) == []
assert moving_sum([5, -5, 5], 1) == [5, -5, 5]
assert moving_sum([1, 2, 3], 0) == []
assert moving_sum([4, 4, 4], 2) == [8, 8]
assert moving_sum([1, 2, 3], -1) == []
assert moving_sum([0, 0, 0, 0], 4) == [0]
assert moving_sum([10, -3, 7, 1, 2], 3) == [14, 5, 10]
"""
