"""Decoded frames that were not long ago shown, or are about to be: a cache limited by bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict

from workstation.imaging.picture import Card, Picture

Key = tuple[str, int]
"""Path of the file, and the frame in it."""


class FrameStore:
    """Thread-safe; what was not used longest goes first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._frames: OrderedDict[Key, Picture | Card] = OrderedDict()
        self.bytes = 0

    def get(self, key: Key) -> Picture | Card | None:
        """What is kept under ``key``."""
        with self._lock:
            found = self._frames.get(key)
            if found is not None:
                self._frames.move_to_end(key)
            return found

    def put(self, key: Key, frame: Picture | Card) -> None:
        """Keep ``frame``; one bigger than the limit is not kept."""
        with self._lock:
            if key in self._frames:
                self.bytes -= self._frames.pop(key).bytes
            if frame.bytes > self.limit:
                return
            self._frames[key] = frame
            self.bytes += frame.bytes
            while self.bytes > self.limit:
                self.bytes -= self._frames.popitem(last=False)[1].bytes

    def drop(self, *paths: str) -> None:
        """Forget every frame of these files."""
        gone = set(paths)
        with self._lock:
            for key in [key for key in self._frames if key[0] in gone]:
                self.bytes -= self._frames.pop(key).bytes
