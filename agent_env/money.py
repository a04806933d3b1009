"""Money as people read it; the store holds integer cents.

Place in the flow: the tools of the shops word their answers with it.
What it does not do: no currencies beside the dollar, no arithmetic.
"""

from functools import lru_cache


@lru_cache(maxsize=16_384)
def dollars(cents: int) -> str:
    """An amount as "$1,290.00".

    Args:
        cents: Not negative.
    """
    return f"${cents // 100:,}.{cents % 100:02d}"
