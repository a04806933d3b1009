"""A task: Roman numerals."""


def roman(number: int) -> str:
    """The Roman numeral of a number from 1 to 3999, in capitals; 4 is IV and 9 is IX."""
    written = ""
    for value, letters in (
        *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
        *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
    ):
        written += letters * (number // value)
        number %= value
    return written


TESTS = """
assert roman(1) == "I"
assert roman(4) == "IV"
assert roman(9) == "IX"
assert roman(14) == "XIV"
assert roman(40) == "XL"
assert roman(90) == "XC"
assert roman(400) == "CD"
assert roman(1994) == "MCMXCIV"
assert roman(2026) == "MMXXVI"
assert roman(3999) == "MMMCMXCIX"
assert roman(58) == "LVIII"
"""
