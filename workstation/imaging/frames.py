"""Where each frame lies in a file, and reading exactly one (PS3.5 8.2, A.4)."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from workstation.imaging.picture import MAX_FRAME_BYTES, PixelSpec, Undecodable

UNDEFINED = 0xFFFFFFFF
MAX_FRAGMENTS = 1_000_000
_ITEM = b"\xfe\xff\x00\xe0"
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")

Piece = tuple[int, int]
"""Offset and length in the file."""


@dataclass(frozen=True)
class FrameSource:
    """The frames of one file.

    Attributes:
        path: The file; None if ``held`` is its inflated data set.
        frames: The pieces each encapsulated frame is made of; empty for native pixel data.
        start: Offset of native pixel data.
        length: Its length, as far as the file goes.
    """

    spec: PixelSpec
    path: Path | None
    held: bytes = b""
    start: int = 0
    length: int = 0
    frames: tuple[tuple[Piece, ...], ...] = ()

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.frames) or self.spec.frames

    def read(self, frame: int) -> bytes:
        """The bytes of ``frame``, counted from 0; fewer than a native frame takes if the file ends early.

        Raises:
            Undecodable: There is no such frame, or it is too big.
            OSError: The file cannot be read.
        """
        if not 0 <= frame < self.count:
            raise Undecodable("There is no frame {number}.", number=frame + 1)
        pieces = self.frames[frame] if self.frames else (self._native(frame),)
        if sum(length for _, length in pieces) > MAX_FRAME_BYTES:
            raise Undecodable("The frame is too big.")
        with self._open() as file:
            return b"".join(_read_at(file, piece) for piece in pieces)

    def bit_offset(self, frame: int) -> int:
        """The bit at which a native frame begins in what :meth:`read` gives; frames are not padded."""
        return frame * self.spec.frame_bits % self.spec.unit

    def _native(self, frame: int) -> Piece:
        bits, unit = self.spec.frame_bits, self.spec.unit
        first = frame * bits // unit * (unit // 8)
        last = min(-(-(frame + 1) * bits // unit) * (unit // 8), self.length)
        return self.start + first, max(0, last - first)

    def _open(self) -> BinaryIO:
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.held)


def _read_at(file: BinaryIO, piece: Piece) -> bytes:
    offset, length = piece
    file.seek(offset)
    return file.read(length)


def find_frames(file: BinaryIO, frames: int, extended: Sequence[int] = ()) -> tuple[tuple[Piece, ...], ...]:
    """Attribute the fragments of encapsulated pixel data to frames (PS3.5 A.4).

    Args:
        file: Stands at the first item, the Basic Offset Table.
        frames: Number of Frames, which may be wrong.
        extended: The Extended Offset Table (PS3.3 C.7.6.3.1.8), if there is one.

    Raises:
        Undecodable: There are no fragments, or they fit no number of frames.
    """
    table, fragments = _fragments(file)
    if not fragments:
        raise Undecodable("It holds no pixel data.")
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    if frames <= 1 or len(fragments) == 1:
        return (tuple(fragments),)
    base = fragments[0][0] - 8
    for offsets in (table, extended):
        starts = [base + offset for offset in offsets]
        known = {offset - 8 for offset, _ in fragments}
        if len(starts) == frames and starts[0] == base and known.issuperset(starts):
            return _grouped(fragments, set(starts))
    starts = [offset - 8 for offset, length in fragments if _begins_stream(file, offset, length)]
    if len(starts) > 1 and starts[0] == base:
        return _grouped(fragments, set(starts))
    raise Undecodable("Its frames cannot be told apart.")


def _fragments(file: BinaryIO) -> tuple[list[int], list[Piece]]:
    """The Basic Offset Table and the fragments; a file that ends early gives what it has."""
    end = file.seek(0, io.SEEK_CUR)
    size = file.seek(0, io.SEEK_END)
    file.seek(end)
    table: list[int] = []
    pieces: list[Piece] = []
    first = True
    while len(head := file.read(8)) == 8 and head[:4] == _ITEM:
        length = struct.unpack("<I", head[4:])[0]
        offset = file.tell()
        length = min(length, max(0, size - offset))
        if first:
            raw = file.read(min(length, 4 * MAX_FRAGMENTS))
            table = list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))
            first = False
        elif length:
            pieces.append((offset, length))
        if len(pieces) > MAX_FRAGMENTS:
            raise Undecodable("It has too many fragments.")
        file.seek(offset + length)
    return table, pieces


def _begins_stream(file: BinaryIO, offset: int, length: int) -> bool:
    return _read_at(file, (offset, min(4, length))).startswith(_STARTS)


def _grouped(fragments: Sequence[Piece], starts: set[int]) -> tuple[tuple[Piece, ...], ...]:
    marks = [n for n, (offset, _) in enumerate(fragments) if offset - 8 in starts]
    return tuple(tuple(fragments[a:b]) for a, b in pairwise([*marks, len(fragments)]))
