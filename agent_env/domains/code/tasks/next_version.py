"""A task: version numbers."""


def next_version(version: str, part: str) -> str:
    """The version "a.b.c" with one part raised by one and those behind it set to 0.

    `part` is "major" for a, "minor" for b, or "patch" for c.
    """
    numbers = [int(number) for number in version.split(".")]
    place = ("major", "minor", "patch").index(part)
    numbers[place] += 1
    numbers[place + 1 :] = [0] * (2 - place)
    return ".".join(map(str, numbers))


TESTS = """
assert next_version("1.2.3", "patch") == "1.2.4"
assert next_version("1.2.3", "minor") == "1.3.0"
assert next_version("1.2.3", "major") == "2.0.0"
assert next_version("0.0.0", "patch") == "0.0.1"
assert next_version("0.9.9", "minor") == "0.10.0"
assert next_version("9.9.9", "major") == "10.0.0"
assert next_version("1.19.0", "minor") == "1.20.0"
assert next_version("3.0.99", "patch") == "3.0.100"
assert next_version("12.34.56", "major") == "13.0.0"
"""
