"""Caches decoded frames, limited by bytes; the least recently used go first."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable

from workstation.imaging.picture import Card, Picture

Key = tuple[str, int]
"""Path of the file, and the frame in it."""


def is_of(key: Key, paths: Collection[str]) -> bool:
    """Whether a frame is of one of these files, or of a file in one of these folders."""
    return key[0] in paths or key[0].rpartition(os.sep)[0] in paths


class FrameCache:
    """Thread-safe; the least recently used frames go first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._frames: OrderedDict[Key, Picture | Card] = OrderedDict()
        self._left: set[Key] = set()
        self.bytes = 0

    def get(self, key: Key) -> Picture | Card | None:
        """What is kept under ``key``."""
        with self._lock:
            found = self._frames.get(key)
            if found is not None:
                self._frames.move_to_end(key)
                self._left.discard(key)
            return found

    def put(self, key: Key, frame: Picture | Card) -> None:
        """Keep ``frame``; one bigger than the limit is not kept."""
        with self._lock:
            if key in self._frames:
                self.bytes -= self._frames.pop(key).bytes
            self._left.discard(key)
            if frame.bytes > self.limit:
                return
            self._frames[key] = frame
            self.bytes += frame.bytes
            while self.bytes > self.limit:
                self.bytes -= self._frames.popitem(last=False)[1].bytes

    def drop(self, *paths: str) -> None:
        """Forget every frame of these files, and of those in these folders."""
        gone = set(paths)
        with self._lock:
            for key in [key for key in self._frames if is_of(key, gone)]:
                self.bytes -= self._frames.pop(key).bytes

    def leave(self) -> None:
        """Mark all frames as those of closed studies, until they are used or held again."""
        with self._lock:
            self._left = set(self._frames)

    def hold(self, paths: Iterable[str]) -> None:
        """Mark the frames of these files as those of an open study."""
        with self._lock:
            if self._left:
                held = set(paths)
                self._left = {key for key in self._left if key[0] not in held}

    def release(self, limit: int) -> None:
        """Forget frames of closed studies, those not used longest first, until ``limit`` bytes are kept."""
        with self._lock:
            released = []
            for key in [key for key in self._frames if key in self._left]:
                if self.bytes <= limit:
                    break
                released.append(self._frames.pop(key))
                self.bytes -= released[-1].bytes
            self._left.clear()
        released.clear()  # not under the lock: a gigabyte takes its time
