import time

import pytest

from agent_env.kernels.sources import MAX_SOURCES, Source, find_sources, source_hash

IMPORT = "from agent_env.kernels.api import cpp, cuda\n"


def texts(code):
    return [(one.language, one.text) for one in find_sources(code)]


@pytest.mark.parametrize(
    "code",
    [
        f"{IMPORT}lib = cpp('int f;')",
        "from agent_env.kernels.api import cpp as build\nlib = build('int f;')",
        "from agent_env.kernels import api\nlib = api.cpp('int f;')",
        "from agent_env.kernels import api as a\nlib = a.cpp('int f;')",
        "import agent_env.kernels.api\nlib = agent_env.kernels.api.cpp('int f;')",
        "import agent_env.kernels.api as a\nlib = a.cpp(source='int f;')",
        f"{IMPORT}SRC = 'int f;'\nclass M:\n    def __init__(self):\n        self.lib = cpp(SRC)",
        f"{IMPORT}SRC: str = 'int f;'\nlib = cpp(SRC)",
        f"{IMPORT}lib = cpp('int ' + 'f;')",
        f"{IMPORT}T = 'int'\nlib = cpp(f'{{T}} f;')",
        f"{IMPORT}lib = cpp('  int f;\\n'.strip())",
        f"{IMPORT}lib = cpp('int NAME;'.replace('NAME', 'f'))",
    ],
)
def test_a_source_that_the_text_tells_is_found(code):
    assert texts(code) == [("cpp", "int f;")]


@pytest.mark.parametrize(
    "code",
    [
        "lib = cpp('int f;')",
        "from other import cpp\nlib = cpp('int f;')",
        f"{IMPORT}def make(text):\n    return cpp(text)",
        f"{IMPORT}SRC = 'a'\nSRC = 'b'\nlib = cpp(SRC)",
        f"{IMPORT}SRC = 'a'\ndef f():\n    global SRC\n    SRC = 'b'\nlib = cpp(SRC)",
        f"{IMPORT}for SRC in ['a']:\n    lib = cpp(SRC)",
        f"{IMPORT}lib = cpp('int f;' * 1000)",
        f"{IMPORT}lib = cpp(b'int f;')",
        f"{IMPORT}lib = cpp()",
        f"{IMPORT}lib = cpp('int f;', flags=FLAGS)",
    ],
)
def test_what_the_text_does_not_tell_is_left_out(code):
    assert texts(code) == []


def test_flags_and_language_are_part_of_the_hash():
    found = find_sources(
        f"{IMPORT}a = cpp('x')\nb = cpp('x', flags=['-Ofast'])\nc = cuda('x')\nd = cpp('x')\n"
    )
    assert [(one.language, one.flags, one.line) for one in found] == [
        ("cpp", (), 2),
        ("cpp", ("-Ofast",), 3),
        ("cuda", (), 4),
    ]
    assert len({one.hash for one in found}) == 3
    assert found[1].hash == source_hash("cpp", "x", ["-Ofast"])
    assert Source(language="cpp", text="x").hash == found[0].hash


def test_no_more_than_a_few_are_taken():
    calls = "\n".join(f"l{number} = cpp('int f{number};')" for number in range(100))
    assert len(find_sources(IMPORT + calls)) == MAX_SOURCES


def test_texts_that_would_grow_without_end_are_left_out():
    doubling = IMPORT + "A0 = 'xxxxxxxxxxxxxxxx'\n"
    doubling += "".join(f"A{i + 1} = A{i} + A{i}\n" for i in range(60)) + "lib = cpp(A60)\n"
    grown = f"{IMPORT}lib = cpp('{'a' * 1000}'.replace('a', '{'b' * 1000}'))"
    begin = time.process_time()
    assert texts(doubling) == []
    assert texts(grown) == []
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize("code", ["def f(:", "x = " + "(" * 500 + ")" * 500, "a\0b"])
def test_what_is_no_python_raises_what_it_says(code):
    with pytest.raises((SyntaxError, ValueError)):
        find_sources(code)


def test_a_long_sum_does_not_exhaust_the_stack():
    with pytest.raises(ValueError, match="too deeply"):
        find_sources(f"{IMPORT}lib = cpp({'+'.join(['1'] * 50_000)})")
