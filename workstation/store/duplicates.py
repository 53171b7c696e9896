"""Names the file of an object, and compares it with files of the same SOP Instance UID. Overwrites none."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from typing import Final

from workstation.dicom.part10 import FileMeta
from workstation.store.files import delete_part, rename_part
from workstation.store.instance_header import IDENTITY_TAGS, UID_TAGS, walk_file
from workstation.store.store_results import Duplicate

_PIECE: Final = 1024 * 1024
MAX_VERSIONS: Final = 20
_REMEMBERED: Final = 1024
_COARSE_CLOCK: Final = 3.0
"""Seconds in which a file may change, or another take its place, with the same times."""


class TooManyVersions(OSError):
    """There are :data:`MAX_VERSIONS` different objects of one UID already."""


def place_file(part: str, folder: str, uid: str) -> tuple[str, Duplicate]:
    """Rename a finished part file to ``<uid>.dcm`` in ``folder``, or return the equal file there.

    Same transfer syntax and equal bytes: one file. Another syntax of the same study, series and patient:
    the first stays, unless something is wrong with it. Everything else is a conflict and becomes
    ``<uid>~2.dcm``, ``~3`` and so on. Unless the part file got a name, it is gone.

    Raises:
        TooManyVersions: There is no further name; the part file is still there.
        OSError: The disk refused; the part file may still be there.
    """
    hashed: list[bytes] = []  # of the part file, once it was needed
    for version in range(1, MAX_VERSIONS + 1):
        path = f"{folder}{os.sep}{uid}.dcm" if version == 1 else f"{folder}{os.sep}{uid}~{version}.dcm"
        try:
            rename_part(part, path)
        except FileExistsError:
            verdict = _compare(part, path, hashed)
            if verdict is not Duplicate.CONFLICT:
                delete_part(part)
                return path, verdict
        else:
            return path, Duplicate.NEW if version == 1 else Duplicate.CONFLICT
    raise TooManyVersions(errno.EEXIST, os.strerror(errno.EEXIST))


def _compare(new: str, old: str, hashed: list[bytes]) -> Duplicate:
    """Compare the object in the file ``new`` with the one in ``old``: SAME, KEPT_FIRST or CONFLICT.

    Raises:
        OSError: One of them cannot be read.
    """
    binary = getattr(os, "O_BINARY", 0)
    files: list[int] = []
    try:
        for path in (new, old):
            files.append(os.open(path, os.O_RDONLY | binary))
        walked = [walk_file(file, IDENTITY_TAGS, to_end=False) for file in files]
        if isinstance(walked[0], str) or isinstance(walked[1], str):
            return Duplicate.CONFLICT
        (new_meta, new_walk), (old_meta, old_walk) = walked[0], walked[1]
        if new_meta.transfer_syntax == old_meta.transfer_syntax:
            same = _equal(files, (new_meta, old_meta), hashed)
            return Duplicate.SAME if same else Duplicate.CONFLICT
        if old_meta.mark:  # it may hold less than the new one
            return Duplicate.CONFLICT
        identities = [
            {tag: walk.values.get(tag, b"").strip(b" \0") for tag in IDENTITY_TAGS}
            for walk in (new_walk, old_walk)
        ]
        known = all(identities[0].get(tag) for tag in UID_TAGS)
        return Duplicate.KEPT_FIRST if known and identities[0] == identities[1] else Duplicate.CONFLICT
    finally:
        for file in files:
            os.close(file)


def _equal(files: list[int], metas: tuple[FileMeta, FileMeta], hashed: list[bytes]) -> bool:
    """Whether two data sets are the same bytes; the new one is read once for all it is compared with."""
    sizes = [os.fstat(file).st_size - meta.offset for file, meta in zip(files, metas, strict=True)]
    if sizes[0] != sizes[1]:
        return False
    if not hashed:
        hashed.append(_hash(files[0], metas[0].offset))
    return hashed[0] == _hash_of_kept(files[1], metas[1].offset)


def _hash_of_kept(file: int, offset: int) -> bytes:
    """The hash of a file that has its final name; cached while the file is unchanged."""
    state = os.fstat(file)
    known = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    if (found := _hashes.get(known)) is not None:
        return found
    found = _hash(file, offset)
    if state.st_ino and time.time() - max(state.st_mtime, state.st_ctime) > _COARSE_CLOCK:
        with _lock:
            if len(_hashes) >= _REMEMBERED:
                _hashes.clear()
            _hashes[known] = found
    return found


def _hash(file: int, offset: int) -> bytes:
    os.lseek(file, offset, os.SEEK_SET)
    found = hashlib.blake2b()
    while piece := os.read(file, _PIECE):
        found.update(piece)
    return found.digest()


_lock = threading.Lock()
_hashes: dict[tuple[int, ...], bytes] = {}
