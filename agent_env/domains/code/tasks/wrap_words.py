"""A task: lines of a bounded width."""


def wrap_words(text: str, width: int) -> list[str]:
    """The words of a text in lines of at most `width` characters.

    Words are parted by blanks; in a line they stand one blank apart. Each line takes as many words
    as fit. A word that is longer than the width stands alone in its line.
    """
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


TESTS = """
assert wrap_words("a b c", 3) == ["a b", "c"]
assert wrap_words("", 5) == []
assert wrap_words("   ", 5) == []
assert wrap_words("one two three", 7) == ["one two", "three"]
assert wrap_words("one  two", 99) == ["one two"]
assert wrap_words("extraordinary day", 5) == ["extraordinary", "day"]
assert wrap_words("aa bb cc", 2) == ["aa", "bb", "cc"]
assert wrap_words("aa bb cc", 5) == ["aa bb", "cc"]
assert wrap_words("x yy zzz w", 6) == ["x yy", "zzz w"]
assert wrap_words("to be or not to be", 9) == ["to be or", "not to be"]
"""
