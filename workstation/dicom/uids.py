"""UIDs: the grammar, and those that name this implementation."""

from __future__ import annotations

import re
from functools import lru_cache

IMPLEMENTATION_CLASS_UID = "2.25.198431707862158033941530417227530616571"
IMPLEMENTATION_VERSION_NAME = "WORKSTATION_0_1"

MAX_LENGTH = 64
_GRAMMAR = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def is_uid(text: str) -> bool:
    """Whether ``text`` is a UID that may name something: digits, single dots, 1 to 64 characters.

    PS3.5 9.1. Leading zeros of a component are common in practice and taken.
    """
    return len(text) <= MAX_LENGTH and _fits(text)


@lru_cache(maxsize=1024)  # an object names its class, study and series again and again
def _fits(text: str) -> bool:
    return _GRAMMAR.fullmatch(text) is not None
