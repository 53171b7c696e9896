"""Match wild cards: ``*`` is any text, ``?`` any one character (PS3.4 C.2.2.2.4)."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def wildcard_pattern(key: str) -> re.Pattern[str]:
    """A key as a regular expression; whoever wants letter case disregarded folds key and value.

    Each piece between stars is taken where it first occurs, which is right and never goes back: the time is
    bounded by the lengths of key and value.
    """
    first, *rest = (".".join(map(re.escape, piece.split("?"))) for piece in re.split(r"\*+", key))
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)


_SPECIAL = str.maketrans("*?\\", "???")


def literal_key(value: str) -> str:
    """The narrowest key that matches ``value``, of which answers are to be compared with it.

    Wild cards cannot be escaped, and a backslash parts values: a ``?`` stands for each of them.
    """
    return value.translate(_SPECIAL)
