"""The same checks under atheris, which looks for new paths through the parser by coverage.

    python tests/fuzz/fuzz_atheris.py -runs=2000000

Further arguments are libFuzzer's. The examples of the formats and all marks are given to it as its
first corpus, in a folder that is gone afterwards. Needs the extra `fuzz`.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit(
        "atheris is not installed, so nothing was fuzzed by coverage; pip install -e '.[fuzz]'"
    )

with atheris.instrument_imports(include=["parsers"]):
    import fuzz_parse

    # The parser imports most of itself at its first use; what is imported later is not seen.
    for example in fuzz_parse.seeds():
        fuzz_parse.check(example, random.Random(0))


def one_input(data: bytes) -> None:
    """Checks one text; its first two bytes choose tools, mode and cuts."""
    fuzz_parse.check(data[2:].decode("utf-8", "surrogateescape"), random.Random(data[:2]))


def main() -> None:
    """Runs until libFuzzer ends it; it leaves by itself, with status 77 for a broken promise."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate([*fuzz_parse.seeds(), *fuzz_parse.lexer().roles]):
            seed = b"\0\0" + text.encode("utf-8", "surrogatepass")
            (Path(folder) / f"{number:05}").write_bytes(seed)
        atheris.Setup([*sys.argv, "-max_len=4000", "-timeout=5", folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
