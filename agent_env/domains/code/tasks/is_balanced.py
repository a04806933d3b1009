"""A task: brackets that match."""


def is_balanced(text: str) -> bool:
    """Whether the brackets (), [] and {} in the text are closed in the right order.

    Every other character is passed over.
    """
    open_ones: list[str] = []
    for letter in text:
        if letter in "([{":
            open_ones.append(letter)
        elif letter in ")]}" and (not open_ones or open_ones.pop() + letter not in "()[]{}"):
            return False
    return not open_ones


TESTS = """
assert is_balanced("") is True
assert is_balanced("(a[b]{c})") is True
assert is_balanced("(]") is False
assert is_balanced("(") is False
assert is_balanced(")(") is False
assert is_balanced("([)]") is False
assert is_balanced("no brackets") is True
assert is_balanced("{[()()]}[]") is True
assert is_balanced("((())") is False
assert is_balanced("}") is False
"""
