"""A task: durations in words to seconds."""


def parse_duration(text: str) -> int:
    """Seconds in a duration such as "1h30m5s".

    The units are h, m and s. They come in this order, and each of them may be missing. An empty
    text is 0 seconds. Anything else is no duration and gives -1.
    """
    seconds, rest = 0, text
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        number, found, behind = rest.partition(unit)
        if found and number.isdecimal():
            seconds, rest = seconds + int(number) * size, behind
    return -1 if rest else seconds


TESTS = """
assert parse_duration("45s") == 45
assert parse_duration("2m") == 120
assert parse_duration("1h30m5s") == 5405
assert parse_duration("") == 0
assert parse_duration("10h") == 36000
assert parse_duration("1h5s") == 3605
assert parse_duration("5s1h") == -1
assert parse_duration("12") == -1
assert parse_duration("h") == -1
assert parse_duration("100m") == 6000
"""
