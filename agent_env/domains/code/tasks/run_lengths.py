"""A task: run-length coding."""


def run_lengths(text: str) -> str:
    """The text with every run of one letter written as the letter and how often it stands there.

    A letter that stands alone is written without a number, so "aaab" becomes "a3b".
    """
    coded, place = "", 0
    while place < len(text):
        end = place
        while end < len(text) and text[end] == text[place]:
            end += 1
        coded += text[place] + (str(end - place) if end - place > 1 else "")
        place = end
    return coded


TESTS = """
assert run_lengths("aaab") == "a3b"
assert run_lengths("") == ""
assert run_lengths("abc") == "abc"
assert run_lengths("aabbaa") == "a2b2a2"
assert run_lengths("z" * 12) == "z12"
assert run_lengths("  x") == " 2x"
assert run_lengths("Aa") == "Aa"
assert run_lengths("xyyyz") == "xy3z"
assert run_lengths("q") == "q"
"""
