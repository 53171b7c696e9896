"""Decides at opening whether the index of a library can be trusted, and sets a damaged one aside."""

from __future__ import annotations

import logging
import os
import time
from enum import Enum
from pathlib import Path
from typing import Final

from workstation.atomic_files import retry_while_locked
from workstation.errors import Unreadable
from workstation.stop import Stop
from workstation.store.files import delete_file, sync_folder
from workstation.store.index import Index
from workstation.store.rebuild import study_folders

log = logging.getLogger(__name__)

NOTE_NAME: Final = "unclean"  # is there while the library is open, and stays if it was not closed properly
_DAMAGED: Final = "damaged"  # stands in the note where the index was found broken
_QUICKLY_CHECKED: Final = 128 * 1024 * 1024  # bytes of an index that is looked through at every opening


class Scan(Enum):
    """What opening found to be done before the index can be believed."""

    NOTHING = "nothing"
    ADOPT = "adopt"  # the last writer did not close: compare index and files
    REBUILD = "rebuild"  # there is no usable index, or an older program's that knew less


def open_index(index: Index, root: Path, stop: Stop) -> Scan:
    """Open the index of the library at ``root`` and note that it is open; a damaged one is set aside.

    Raises:
        NotWritable, TooNew: As :meth:`Index.open_file`.
        OSError: The folder cannot be used.
        Cancelled: ``stop`` was requested.
    """
    note = _mark(root)
    unclean = note is not None
    try:
        index.open_file()
        trusted = not unclean and index.file.stat().st_size > _QUICKLY_CHECKED
        sound = note != _DAMAGED and (trusted or index.quick_check(stop))
        if sound and not trusted:  # else when all files are compared
            index.drop_foreign()
        empty = sound and index.is_empty()
    except Unreadable:
        sound = empty = False
    if not sound:
        index.close()
        _set_aside(index.file)
        (root / NOTE_NAME).write_bytes(b"")
        index.open_file()
        return Scan.REBUILD
    if empty and any(study_folders(root)):
        return Scan.REBUILD
    return Scan.ADOPT if unclean else Scan.NOTHING


def note_closing(index: Index, root: Path, scan_needed: Scan) -> None:
    """Note that the closed index agrees with the files, if it does, or that it was found broken.

    Raises:
        OSError: The folder cannot be used.
    """
    if scan_needed is Scan.NOTHING and index.trusted:
        (root / NOTE_NAME).unlink(missing_ok=True)
    elif index.damaged:
        (root / NOTE_NAME).write_text(_DAMAGED, "ascii")


def _mark(root: Path) -> str | None:
    """Note on the disk that the library is open; the note of the one before, if it was not closed properly.

    The time of the note stays that of the first opening without a clean end: what is newer may have
    suffered from it.
    """
    flag = root / NOTE_NAME
    if flag.exists():
        return flag.read_text("ascii", "replace")
    flag.touch(mode=0o600)
    sync_folder(root)
    return None


def _set_aside(path: Path) -> None:
    log.error("The index is damaged; it is set aside and made anew from the files.")
    for older in path.parent.glob(f"{path.name}.damaged-*"):
        delete_file(older)
    damaged = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    retry_while_locked(os.replace, str(path), str(damaged))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
