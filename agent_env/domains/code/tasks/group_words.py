"""A task: words with the same letters."""


def group_words(words: list[str]) -> list[list[str]]:
    """The words in groups that are written with the same letters.

    Groups come in the order of their first words, words in a group in the order of the list. Case
    matters.
    """
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault("".join(sorted(word)), []).append(word)
    return list(groups.values())


TESTS = """
assert group_words([]) == []
assert group_words(["tea", "eat", "tan"]) == [["tea", "eat"], ["tan"]]
assert group_words(["a", "b", "a"]) == [["a", "a"], ["b"]]
assert group_words(["ab", "Ab"]) == [["ab"], ["Ab"]]
assert group_words(["", "x", ""]) == [["", ""], ["x"]]
assert group_words(["aab", "ab", "baa"]) == [["aab", "baa"], ["ab"]]
assert group_words(["one"]) == [["one"]]
assert group_words(
    ["stop", "pots", "tops", "opt", "pot"]
) == [["stop", "pots", "tops"], ["opt", "pot"]]
assert group_words(["z", "y", "z", "y"]) == [["z", "z"], ["y", "y"]]
"""
