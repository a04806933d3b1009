"""A task: spans of whole numbers, joined where they overlap."""


def merge_intervals(spans: list[list[int]]) -> list[list[int]]:
    """The spans [start, end], sorted, with those joined that overlap or touch.

    [1, 3] and [3, 5] touch; [1, 3] and [4, 5] do not. A start is never above its end.
    """
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


TESTS = """
assert merge_intervals([]) == []
assert merge_intervals([[1, 3], [2, 6]]) == [[1, 6]]
assert merge_intervals([[1, 3], [3, 5]]) == [[1, 5]]
assert merge_intervals([[1, 3], [4, 5]]) == [[1, 3], [4, 5]]
assert merge_intervals([[8, 9], [1, 2]]) == [[1, 2], [8, 9]]
assert merge_intervals([[1, 9], [2, 3]]) == [[1, 9]]
assert merge_intervals([[0, 0]]) == [[0, 0]]
assert merge_intervals(
    [[-5, -1], [-2, 4], [6, 7], [7, 8]]
) == [[-5, 4], [6, 8]]
assert merge_intervals([[1, 2], [1, 2], [1, 5]]) == [[1, 5]]
"""
