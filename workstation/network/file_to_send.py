"""Read what of a DICOM file has to be known before it is sent (PS3.10 7.1), and open its data set."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from typing_extensions import Buffer, override

from workstation.dicom import part10
from workstation.dicom.dataset_walker import DatasetWalker, raw
from workstation.dicom.encoding_detection import encoding_seen
from workstation.dicom.transfer_syntaxes import ENCAPSULATED
from workstation.dicom.uids import is_uid
from workstation.dicom.value_readers import read_uid
from workstation.errors import Unreadable

_SOP_CLASS, _SOP_INSTANCE = raw(0x0008, 0x0016), raw(0x0008, 0x0018)
_PIXEL_DATA = raw(0x7FE0, 0x0010)
_HEAD = 132 + part10.MAX_META
_LEAST = 8
"""Bytes of a data set of one element without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToSend:
    """A DICOM file (PS3.10 7.1) ready to be sent.

    Attributes:
        path: Where it is.
        sop_class: SOP Class UID of the data set; of the file meta information where it has none.
        sop_instance: SOP Instance UID, likewise.
        transfer_syntax: Of its data set.
        offset: Where the data set begins.
        length: Bytes of the data set; an odd one is padded (PS3.5 A.5).
        differs: The file meta information names another class or instance than the data set.
        converted: The data set in ``transfer_syntax``, which the file is not in; None: as in the file.
    """

    path: Path
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    offset: int
    length: int
    differs: bool = False
    converted: memoryview | None = None

    def in_syntax(self, transfer_syntax: str, content: memoryview) -> FileToSend:
        """The same object with another data set."""
        return replace(
            self, transfer_syntax=transfer_syntax, offset=0, length=len(content), converted=content
        )

    def open(self) -> BinaryIO:
        """Its data set, from the start.

        Raises:
            OSError: The file cannot be read.
        """
        if self.converted is not None:
            return io.BytesIO(self.converted)
        source = _Padded(self.path, self.offset + self.length - 1)
        source.seek(self.offset)
        return source


class _Padded(io.FileIO):
    """A file with a zero behind its last byte, if that is the byte before ``last``; read by its end only."""

    def __init__(self, path: Path, last: int) -> None:
        super().__init__(path)
        self._last = last

    @override
    def readinto(self, buffer: Buffer, /) -> int | None:
        count = super().readinto(buffer)
        view = memoryview(buffer)
        if not count and len(view) and self.tell() == self._last:
            view[0], self._last = 0, -1
            return 1
        return count


def read_file_to_send(path: Path) -> FileToSend:
    """Read a file's meta information (PS3.10 7.1) as far as it has any, and the identity of its data set.

    Raises:
        Unreadable: It is no DICOM file, or names no object.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            meta = part10.read_head(head)
            if isinstance(meta, str):
                raise Unreadable(str(path), meta)
            own, syntax = _seen(file, head[meta.offset :], meta.transfer_syntax)
            size = file.seek(0, 2)
    except OSError as error:
        raise Unreadable(str(path), error.strerror or str(error)) from error
    stated = meta.sop_class, meta.sop_instance
    sop_class, sop_instance = named = [mine or theirs for mine, theirs in zip(own, stated, strict=True)]
    if not (is_uid(sop_class) and is_uid(sop_instance)):
        raise Unreadable(str(path), "it names no class or instance")
    if size - meta.offset < _LEAST:
        raise Unreadable(str(path), "it holds no data set")
    return FileToSend(
        path=path,
        sop_class=sop_class,
        sop_instance=sop_instance,
        transfer_syntax=syntax,
        offset=meta.offset,
        length=size - meta.offset + (size - meta.offset) % 2,
        differs=any(theirs not in ("", one) for one, theirs in zip(named, stated, strict=True)),
    )


def _seen(file: BinaryIO, piece: bytes, syntax: str) -> tuple[tuple[str, str], str]:
    """SOP Class and Instance UID in a data set, and the transfer syntax it is in.

    Empty UIDs where they are missing, or no UIDs. A syntax of compressed pixel data is left over where they
    are not encapsulated (PS3.5 A.4).

    Args:
        file: Stands behind ``piece``.
        piece: The beginning of the data set.
        syntax: Its transfer syntax by the file meta information.
    """
    walk = DatasetWalker(syntax, frozenset((_SOP_CLASS, _SOP_INSTANCE)))
    start, compressed = piece, syntax in ENCAPSULATED
    last = (0x7FE0, 0x000F) if compressed else (0x0008, 0x0018)
    while piece and not walk.fault and not walk.lost and not walk.beyond(*last):
        walk.feed(piece)
        piece = b"" if walk.beyond(*last) else file.read(_HEAD)
    if compressed and walk.last == _PIXEL_DATA and not walk.encapsulated:
        syntax = encoding_seen(start) or syntax
    sop_class, sop_instance = (read_uid(walk.values.get(tag, b"")) for tag in (_SOP_CLASS, _SOP_INSTANCE))
    return (sop_class if is_uid(sop_class) else "", sop_instance if is_uid(sop_instance) else ""), syntax


def cut_off(file: FileToSend, source: BinaryIO) -> str:
    """Why the data set of a file is not all there; empty: it is, or that is not known.

    ``source`` is the open file; it stands at the data set before, and again after it.

    Raises:
        OSError: The file cannot be read.
    """
    walk, left = DatasetWalker(file.transfer_syntax, frozenset()), file.length
    while (piece := source.read(_HEAD)) and not walk.fault and not walk.lost:
        walk.feed(piece)
        left -= len(piece)
        jump = min(walk.ahead, max(0, left))
        source.seek(jump, io.SEEK_CUR)
        walk.jump(jump)
        left -= jump
    source.seek(file.offset)
    fault = walk.end()
    return fault if walk.cut else ""


def same_content(one: FileToSend, other: FileToSend) -> bool:
    """Whether two files hold the same data set, byte by byte, in the same transfer syntax.

    Raises:
        Unreadable: One of them cannot be read.
    """
    if (one.transfer_syntax, one.length) != (other.transfer_syntax, other.length):
        return False
    try:
        with one.path.open("rb") as first, other.path.open("rb") as second:
            first.seek(one.offset)
            second.seek(other.offset)
            while piece := first.read(_HEAD):
                if piece != second.read(len(piece)):
                    return False
    except OSError as error:
        raise Unreadable(str(error.filename or other.path), error.strerror or str(error)) from error
    return True
