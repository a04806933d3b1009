"""``python -m training [--smoke] [--config PATH] [key=value ...]``: one run.

What happens is in ``training/run.py``.
"""

from __future__ import annotations

import sys

from training.run import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
