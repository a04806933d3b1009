"""A task: rows to columns where rows differ in length."""


def transpose(rows: list[list[int]], fill: int = 0) -> list[list[int]]:
    """The columns of a table whose rows may differ in length.

    Short rows are filled up behind with `fill`. No rows, or only empty ones, have no columns.
    """
    width = max((len(row) for row in rows), default=0)
    return [[row[place] if place < len(row) else fill for row in rows] for place in range(width)]


TESTS = """
assert transpose([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]
assert transpose([]) == []
assert transpose([[], []]) == []
assert transpose([[1, 2, 3]]) == [[1], [2], [3]]
assert transpose([[1], [2, 3]]) == [[1, 2], [0, 3]]
assert transpose([[1], [2, 3]], fill=-1) == [[1, 2], [-1, 3]]
assert transpose([[], [7]], 9) == [[9, 7]]
assert transpose([[1], [2], [3]]) == [[1, 2, 3]]
assert transpose([[1, 2], [], [3]], 5) == [[1, 5, 3], [2, 5, 5]]
"""
