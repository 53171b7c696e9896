"""Keeps objects that could not be parsed, within bounds, for somebody to examine."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workstation.atomic_files import atomic_write, retry_while_locked
from workstation.store.files import delete_file

if TYPE_CHECKING:
    from workstation.dicom.association_facts import Peer

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024**3
MAX_ITEMS: Final = 1000
_ARRIVED: Final = ".bin"
_KEPT: Final = ".dcm"


class Quarantine:
    """``<root>/<date>/<random>.bin``, each with a JSON note. Beyond the bounds the oldest go. Thread-safe.

    Files from the library itself are ``.dcm`` instead and never deleted: they may be the only copy.
    """

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> None:
        self.root = root
        self._max_bytes = max_bytes
        self._max_items = max_items
        self._lock = threading.Lock()
        self._kept: deque[tuple[Path, int]] | None = None  # oldest first; found at the first taking

    def add_arrived(self, part: Path, reason: str, status: int, peer: Peer | None = None) -> None:
        """Move a received object, a closed file, here; one too large for the quarantine is deleted.

        Raises:
            OSError: The disk refused; the file may still be where it was.
        """
        with self._lock:
            size = part.stat().st_size
            if size > self._max_bytes:
                delete_file(part)
                return
            note: dict[str, object] = {"status": f"0x{status:04X}"}
            if peer is not None:
                note |= {"peer": peer.ae_title, "address": peer.address}
            kept = self._found()
            path = self._move(part, _ARRIVED)
            kept.append((path, size))
            _write_note(path, reason, size, note)
            self._shrink(kept)

    def add_library_file(self, file: Path, reason: str) -> None:
        """Move a file of the library here, however large; its note says where it was.

        Raises:
            OSError: The disk refused; the file may still be where it was.
        """
        with self._lock:
            size = file.stat().st_size
            path = self._move(file, _KEPT)
            _write_note(path, reason, size, {"file": f"{file.parent.name}/{file.name}"})

    def _move(self, file: Path, suffix: str) -> Path:
        day = self.root / time.strftime("%Y-%m-%d")
        for folder in (self.root, day):
            folder.mkdir(mode=0o700, exist_ok=True)
        path = day / f"{time.time_ns():020d}-{secrets.token_hex(4)}{suffix}"
        retry_while_locked(_rename, str(file), str(path))
        return path

    def _found(self) -> deque[tuple[Path, int]]:
        if self._kept is None:
            paths = sorted(self.root.glob(f"*/*{_ARRIVED}"))
            self._kept = deque((path, path.stat().st_size) for path in paths)
        return self._kept

    def _shrink(self, kept: deque[tuple[Path, int]]) -> None:
        total = sum(size for _, size in kept)
        while kept and (len(kept) > self._max_items or total > self._max_bytes):
            path, size = kept[0]
            delete_file(path)
            delete_file(path.with_suffix(".json"))
            kept.popleft()
            total -= size


def _write_note(path: Path, reason: str, size: int, more: dict[str, object]) -> None:
    note = {"reason": reason, "size": size, "time": time.time(), **more}
    atomic_write(path.with_suffix(".json"), json.dumps(note).encode())


def _rename(source: str, target: str) -> None:
    Path(source).rename(target)
