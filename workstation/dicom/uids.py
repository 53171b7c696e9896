"""Check UIDs by their grammar, and name those of this implementation."""

from __future__ import annotations

import re
from functools import lru_cache

from workstation.errors import UserMessage

IMPLEMENTATION_CLASS_UID = "2.25.198431707862158033941530417227530616571"
IMPLEMENTATION_VERSION_NAME = "WORKSTATION_0_1"
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
"""Media Storage Directory Storage: the SOP class of a DICOMDIR (PS3.10 8.6)."""

MAX_LENGTH = 64
_GRAMMAR = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_ASKED_FOR = re.compile(r"[ -~]{1,128}")
_FILE_NAME = re.compile(r"x[0-9a-f]{40}")
_NONE = "no UID – {number} ({source})"


def is_uid(text: str) -> bool:
    """Whether ``text`` is a UID that may name something: digits, single dots, 1 to 64 characters.

    PS3.5 9.1. Leading zeros of a component are common in practice and taken.
    """
    return len(text) <= MAX_LENGTH and _fits(text)


@lru_cache(maxsize=1024)  # an object names its class, study and series again and again
def _fits(text: str) -> bool:
    return _GRAMMAR.fullmatch(text) is not None


def may_be_asked_for(value: str) -> bool:
    """Whether a UID as an archive sent it may be sent back to that archive to name the same thing.

    Every UID may, and so may a value that breaks the grammar but is 1 to 128 printable ASCII characters
    without a wildcard (``*``, ``?``) or the backslash that separates values.
    """
    return is_uid(value) or (_ASKED_FOR.fullmatch(value) is not None and not set(value) & set("*?\\"))


def path_name(value: str) -> str:
    """What stands for a UID in a path: itself; ``x`` and 40 hex digits of its SHA-256 if it is not valid.

    ``value`` must be one that :func:`may_be_asked_for`.
    """
    if is_uid(value):
        return value
    import hashlib  # loads OpenSSL: hardly ever needed

    return "x" + hashlib.sha256(value.encode("ascii")).hexdigest()[:40]


def is_path_name(name: str) -> bool:
    """Whether ``name`` is one that :func:`path_name` makes."""
    return is_uid(name) or _FILE_NAME.fullmatch(name) is not None


def placeholder_uid(source: str, number: int) -> str:
    """What an answer without a UID is known by: the ``number``-th of the ``source``.

    The dash is no character of the default repertoire: no peer's UID reads so, and none is asked for by it.
    """
    return _NONE.format(number=number, source=source)


def is_placeholder_uid(value: str) -> bool:
    """Whether ``value`` is one of :func:`placeholder_uid`, not a peer's own."""
    return value.startswith(_NONE.partition("{")[0])


def fault_of_uid(value: str) -> UserMessage | None:
    """What is wrong with a UID (PS3.5 9.1), an end of "its {name} …"; None: nothing is."""
    if is_uid(value):
        return None
    if not value or is_placeholder_uid(value):
        return UserMessage("is missing")
    if len(value) > MAX_LENGTH:
        return UserMessage("is longer than 64 characters")
    if re.fullmatch(r"[0-9.]+", value):
        return UserMessage("has a dot too many")
    return UserMessage("holds other characters than digits and dots")
