"""A compiler's messages cut down to what the author of a kernel can act on.

Place in the flow: `compile` passes every log through `trim` before it is kept or shown.

What it does not do: it rewords nothing; what is left is the tool's own text.
"""

from __future__ import annotations

import re
from pathlib import Path

MAX_CHARS = 4_000
_MESSAGE = re.compile(r"^(?P<file>[^\s:(][^:(\n]*?)[:(](?P<line>\d+)[,:)]")
_ASIDE = re.compile(
    r"^(?:In file included from|\s+from |compilation terminated|cc1plus:|ptxas info"
    r"|make:|ninja:|collect2:|\s+\d+ bytes stack frame)"
)


def trim(log: str, *, folder: Path, own: str) -> str:
    """The messages about the author's own file, without our folder and at most `MAX_CHARS` long.

    Messages about other files are kept when there are none about the author's, as for a linker.

    Args:
        log: What the tool printed.
        folder: Where it ran; cut out wherever it stands.
        own: The name of the author's file there, such as "candidate.cpp".
    """
    clean = log.replace(f"{folder}/", "").replace(str(folder), "")
    clean = re.sub(r"/tmp/\S+?/", "", clean)
    kept: list[str] = []
    about_own = False
    for line in clean.splitlines():
        if _ASIDE.match(line):
            about_own = False
            continue
        found = _MESSAGE.match(line)
        if found is not None:
            about_own = found["file"] == own
        elif line.startswith(f"{own}: In "):
            about_own = True
        if about_own:
            kept.append(line.rstrip())
    text = "\n".join(kept) or "\n".join(
        line.rstrip() for line in clean.splitlines() if line.strip() and not _ASIDE.match(line)
    )
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}\n(cut)"


def first_error(log: str) -> str:
    """The first error's own line, for a one-sentence reason; "" when there is none."""
    for line in log.splitlines():
        if re.search(r"\berror\b|undefined reference", line):
            return line.strip()[:300]
    return ""
