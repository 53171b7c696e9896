"""Calls a codec, whose library may raise anything."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeVar

from workstation.imaging.picture import Undecodable

T = TypeVar("T")


def guarded(codec: Callable[[], T], what: str) -> T:
    """Run a codec; whatever a C library's wrapper raises means that the frame is broken."""
    try:
        return codec()
    except (ValueError, RuntimeError, IndexError, MemoryError, OSError, TypeError, zlib.error) as broken:
        raise Undecodable("Its {codec} data are broken.", codec=what) from broken
