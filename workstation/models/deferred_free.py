"""Free large sets of rows in time slices, and keep rows out of garbage collection, so that nothing stalls."""

from __future__ import annotations

import gc
import time
from typing import Any

from workstation.models.rows import Row

_ROWS_BETWEEN = 300


def freeze_objects() -> None:
    """Move all objects to the permanent generation (:func:`gc.freeze`): they live long and form no cycles.

    What is garbage already is collected first, or it would be kept as well.
    """
    gc.collect()
    gc.freeze()


class DeferredFree:
    """Holds rows of an earlier search, and the containers they stood in, until there is time to free them."""

    def __init__(self) -> None:
        self._kept: list[list[Any] | dict[Any, Any]] = []
        self._grown = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def take(self, *containers: list[Any] | dict[Any, Any]) -> None:
        """Take over lists and dictionaries that nothing else refers to, and the rows in them."""
        self._kept += containers

    def free(self, until: float) -> None:
        """Free one item after the other until that moment of :func:`time.perf_counter`."""
        while self._kept and time.perf_counter() < until:
            last = self._kept[-1]
            if not last:
                self._kept.pop()
                continue
            gone = last.popitem()[1] if isinstance(last, dict) else last.pop()
            if isinstance(gone, Row):
                gone.children = []  # breaks the cycle of parent and children, which would wait for gc

    def grow(self) -> None:
        """Count a row that was made or shown; freeze the objects there are after every 300 of them."""
        self._grown += 1
        if self._grown % _ROWS_BETWEEN == 0:
            freeze_objects()
