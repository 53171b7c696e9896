"""Counts how often a file ended a decoding process; after twice it is not decoded again automatically.

Kept from one start to the next. A file is identified by a digest of its path, size and time, so that neither
patient nor path is stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from pathlib import Path

from workstation.atomic_files import atomic_write

TWICE = 2
_MOST = 1000
"""Files that are kept; the oldest go first."""
_LARGEST = 256 * 1024


class BrokenObjects:
    """A small file of digests and counts. Thread-safe."""

    def __init__(self, path: Path | None) -> None:
        """``path``: where it is kept; None: only in memory. It is read when first asked for."""
        self._path = path
        self._lock = threading.Lock()
        self._counts: dict[str, int] | None = None

    def count(self, file: Path) -> int:
        """How often ``file``, as it is now, ended a process."""
        with self._lock:
            counts = self._loaded()
            return counts.get(_digest(file), 0) if counts else 0

    def add(self, file: Path) -> None:
        """Count one more end of a process."""
        if not (digest := _digest(file)):
            return  # deleted meanwhile
        with self._lock:
            counts = self._loaded()
            counts[digest] = counts.pop(digest, 0) + 1
            while len(counts) > _MOST:
                del counts[next(iter(counts))]
            self._write(counts)

    def forget(self, file: Path) -> None:
        """Reset the count of a file."""
        with self._lock:
            counts = self._loaded()
            if counts.pop(_digest(file), 0):
                self._write(counts)

    def _loaded(self) -> dict[str, int]:
        if self._counts is None:
            self._counts = {}
            with contextlib.suppress(OSError, ValueError, RecursionError):
                if self._path is not None and self._path.stat().st_size <= _LARGEST:
                    content = json.loads(self._path.read_text("ascii"))
                    if isinstance(content, dict):
                        self._counts = {
                            str(digest): count for digest, count in content.items() if isinstance(count, int)
                        }
        return self._counts

    def _write(self, counts: dict[str, int]) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):  # then it is remembered until this process ends
                atomic_write(self._path, json.dumps(counts).encode("ascii"))


def _digest(file: Path) -> str:
    try:
        state = file.stat()
    except OSError:
        return ""
    state_text = f"{file}\0{state.st_size}\0{state.st_mtime_ns}"
    return hashlib.sha256(state_text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
