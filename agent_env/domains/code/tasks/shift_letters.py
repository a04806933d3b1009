"""A task: letters moved along the alphabet."""


def shift_letters(text: str, steps: int) -> str:
    """The text with each letter a to z and A to Z moved that many steps on; behind z comes a.

    Case is kept and every other character stays. A negative number of steps moves back.
    """
    moved = ""
    for letter in text:
        if letter.isascii() and letter.isalpha():
            first = ord("a") if letter.islower() else ord("A")
            letter = chr(first + (ord(letter) - first + steps) % 26)
        moved += letter
    return moved


TESTS = """
assert shift_letters("abc", 1) == "bcd"
assert shift_letters("xyz", 3) == "abc"
assert shift_letters("Hello, World!", 5) == "Mjqqt, Btwqi!"
assert shift_letters("abc", 0) == "abc"
assert shift_letters("bcd", -1) == "abc"
assert shift_letters("Zz", 27) == "Aa"
assert shift_letters("", 9) == ""
assert shift_letters("1 + 2", 4) == "1 + 2"
assert shift_letters("aA", -27) == "zZ"
assert shift_letters("\\u00e9a", 1) == "\\u00e9b"
"""
