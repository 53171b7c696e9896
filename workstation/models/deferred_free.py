"""Hundreds of thousands of rows come and go without being felt."""

from __future__ import annotations

import gc
import time
from typing import Any

from workstation.models.rows import Row


def freeze_objects() -> None:
    """What is there now lives long and leaves no rings: the search for garbage need not look through it.

    What is garbage already goes first, or it would be kept as well.
    """
    gc.collect()
    gc.freeze()


class DeferredFree:
    """Rows of an old search, and what they stood in, until there is time to let them go."""

    def __init__(self) -> None:
        self._kept: list[list[Any] | dict[Any, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, *holdings: list[Any] | dict[Any, Any]) -> None:
        """Let go these lists and dictionaries, which nobody else holds, and the rows in them."""
        self._kept += holdings

    def let_go(self, until: float) -> None:
        """Let go one after the other until that moment of :func:`time.perf_counter`."""
        while self._kept and time.perf_counter() < until:
            last = self._kept[-1]
            if not last:
                self._kept.pop()
                continue
            gone = last.popitem()[1] if isinstance(last, dict) else last.pop()
            if isinstance(gone, Row):
                gone.children = []  # no rings: what is gone is gone, without a search for garbage
