"""Two objects of the same SOP Instance UID: nothing is ever written over."""

from __future__ import annotations

import errno
import os
from typing import Final

from workstation.dicom.part10 import FileMeta
from workstation.store.arrivals import Duplicate
from workstation.store.files import drop, settle
from workstation.store.header import IDENTITY, UIDS, walk_file

_PIECE: Final = 1024 * 1024
_MAX_VERSIONS: Final = 1000


def place(part: str, folder: str, uid: str) -> tuple[str, Duplicate]:
    """Give a finished part file its name ``<uid>.dcm`` in ``folder``, or say which file has it already.

    Same transfer syntax and equal bytes: one file. Another syntax of the same study, series and patient:
    the first stays. Everything else is a conflict and becomes ``<uid>~2.dcm``, ``~3`` and so on. Unless
    the part file got a name, it is gone.

    Raises:
        OSError: The disk refused; the part file may still be there.
    """
    for version in range(1, _MAX_VERSIONS):
        path = f"{folder}{os.sep}{uid}.dcm" if version == 1 else f"{folder}{os.sep}{uid}~{version}.dcm"
        try:
            settle(part, path)
        except FileExistsError:
            verdict = compare(part, path)
            if verdict is not Duplicate.CONFLICT:
                drop(part)
                return path, verdict
        else:
            return path, Duplicate.NEW if version == 1 else Duplicate.CONFLICT
    raise OSError(errno.EEXIST, "too many versions of one object")


def compare(new: str, old: str) -> Duplicate:
    """How the object in the file ``new`` stands to the one in ``old``: SAME, KEPT_FIRST or CONFLICT.

    Raises:
        OSError: One of them cannot be read.
    """
    binary = getattr(os, "O_BINARY", 0)
    files: list[int] = []
    try:
        for path in (new, old):
            files.append(os.open(path, os.O_RDONLY | binary))
        walked = [walk_file(file, IDENTITY, whole=False) for file in files]
        if isinstance(walked[0], str) or isinstance(walked[1], str):
            return Duplicate.CONFLICT
        (new_meta, new_walk), (old_meta, old_walk) = walked[0], walked[1]
        if new_meta.transfer_syntax == old_meta.transfer_syntax:
            return Duplicate.SAME if _equal(files, (new_meta, old_meta)) else Duplicate.CONFLICT
        identities = [
            {tag: walk.values.get(tag, b"").strip(b" \0") for tag in IDENTITY}
            for walk in (new_walk, old_walk)
        ]
        known = all(identities[0].get(tag) for tag in UIDS)
        return Duplicate.KEPT_FIRST if known and identities[0] == identities[1] else Duplicate.CONFLICT
    finally:
        for file in files:
            os.close(file)


def _equal(files: list[int], metas: tuple[FileMeta, FileMeta]) -> bool:
    sizes = [os.fstat(file).st_size - meta.offset for file, meta in zip(files, metas, strict=True)]
    if sizes[0] != sizes[1]:
        return False
    for file, meta in zip(files, metas, strict=True):
        os.lseek(file, meta.offset, os.SEEK_SET)
    while True:
        first, second = _read(files[0]), _read(files[1])
        if first != second:
            return False
        if not first:
            return True


def _read(file: int) -> bytes:
    """The next piece, whole unless the file ends."""
    pieces = bytearray()
    while len(pieces) < _PIECE and (piece := os.read(file, _PIECE - len(pieces))):
        pieces += piece
    return bytes(pieces)
