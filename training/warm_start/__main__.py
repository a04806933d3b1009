"""``python -m training.warm_start CONFIG.yaml CACHE``: make the warm start in a process of its own.

Place in the flow: started by ``training/session.py`` while it imports SkyRL and starts Ray, so that
both cores work. Prints what it does; the last line is the checkpoint's folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from training.config import load


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 the gate was missed."""
    # Before torch is imported: more threads than one fight with Ray for the second core.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from training.warm_start.make import WarmStartError, warm_start

    config_path, cache = map(Path, arguments)
    try:
        folder = warm_start(load(path=config_path), cache, lambda text: print(text, flush=True))
    except WarmStartError as error:
        print(error, flush=True)
        return 1
    print(folder, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
