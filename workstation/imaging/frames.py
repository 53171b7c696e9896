"""Finds where each frame lies in a file, and reads one (PS3.5 8.2, A.4)."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from workstation.imaging.picture import MAX_FRAME_BYTES, Mark, PixelSpec, Undecodable, doubtful
from workstation.imaging.run_length import is_run_length

UNDEFINED = 0xFFFFFFFF
MAX_FRAGMENTS = 1_000_000
ITEM = b"\xfe\xff\x00\xe0"
"""The tag of an item, little endian."""
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")

Piece = tuple[int, int]
"""Offset and length in the file."""


@dataclass(frozen=True, kw_only=True)
class FrameSource:
    """The frames of one file.

    Attributes:
        path: The file; None if ``held`` is its inflated data set.
        frames: The pieces each encapsulated frame is made of; empty for native pixel data.
        marks: What was wrong with how they lie in the file.
        start: Offset of native pixel data.
        length: Its length, as far as the file goes.
    """

    spec: PixelSpec
    path: Path | None
    held: bytes = b""
    start: int = 0
    length: int = 0
    frames: tuple[tuple[Piece, ...], ...] = ()
    marks: tuple[Mark, ...] = ()

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
            return b"".join(read_at(file, piece) for piece in pieces)

    def bit_offset(self, frame: int) -> int:
        """The bit at which a native frame begins in what :meth:`read` gives; frames are not padded."""
        return 0 if self.frames else frame * self.spec.frame_bits % self.spec.unit

    def _native(self, frame: int) -> Piece:
        bits, unit = self.spec.frame_bits, self.spec.unit
        first = frame * bits // unit * (unit // 8)
        last = min(-(-(frame + 1) * bits // unit) * (unit // 8), self.length)
        return self.start + first, max(0, last - first)

    def _open(self) -> BinaryIO:
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.held)


def read_at(file: BinaryIO, piece: Piece) -> bytes:
    """The bytes of a piece, fewer if the file ends early."""
    offset, length = piece
    file.seek(offset)
    return file.read(length)


def find_frames(
    file: BinaryIO, frames: int, extended: Sequence[int] = (), end: int | None = None, size: int = 0
) -> tuple[tuple[tuple[Piece, ...], ...], tuple[Mark, ...]]:
    """Attribute the fragments of encapsulated pixel data to frames (PS3.5 A.4), and say what was wrong.

    Where no table of offsets can be right, each fragment that begins a stream begins a frame, then each
    fragment is one if none begins a stream.

    Args:
        file: Stands at the first item, the Basic Offset Table.
        frames: Number of Frames, which may be wrong.
        extended: The Extended Offset Table (PS3.3 C.7.6.3.1.8), if there is one.
        end: Where the items end, if not at their delimiter.
        size: Bytes of a frame that is not compressed; 0: they are.

    Raises:
        Undecodable: There are no fragments.
    """
    table, fragments = _fragments(file, end)
    if not fragments:
        raise Undecodable("It holds no pixel data.")
    if len(fragments) == frames and not _goes_on(file, fragments):
        return tuple((fragment,) for fragment in fragments), ()
    base = fragments[0][0] - 8
    for offsets in (table, extended):
        starts = _told(fragments, offsets, frames)
        found = _grouped(fragments, starts)
        # what a table leaves out at its end is in the last frame
        if starts and not any(_begins_stream(file, *fragment) for fragment in found[-1][1:]):
            return _counted(found, frames)
    begun = [offset - 8 for offset, length in fragments if _begins_stream(file, offset, length)]
    if begun[:1] == [base] and (len(begun) > 1 or frames <= 1 or len(fragments) == 1):
        return _counted(_grouped(fragments, set(begun)), frames)
    if frames <= 1 or len(fragments) == 1:
        return (tuple(fragments),), _wrong_number(1, frames)
    if begun[:1] == [base]:  # a frame in several fragments, the others are missing
        return _counted((tuple(fragments),), frames)
    if size:
        return _counted(_filling(fragments, size), frames)
    return _counted(tuple((fragment,) for fragment in fragments), frames)


def _filling(fragments: Sequence[Piece], size: int) -> tuple[tuple[Piece, ...], ...]:
    """As many fragments for each frame as fill it."""
    found: list[list[Piece]] = []
    room = 0
    for fragment in fragments:
        if room <= 0:
            found.append([])
            room = size
        found[-1].append(fragment)
        room -= fragment[1]
    return tuple(map(tuple, found))


def _goes_on(file: BinaryIO, fragments: Sequence[Piece]) -> bool:
    """Whether the first frame goes on in the second fragment: the file may break off just there."""
    begun = [_begins_stream(file, *fragment) for fragment in fragments[:2]]
    return begun == [True, False]


def _told(fragments: Sequence[Piece], offsets: Sequence[int], frames: int) -> set[int]:
    """Where the frames begin by a table, as far as the file goes; empty if the table cannot be right."""
    base, last = fragments[0][0] - 8, fragments[-1][0] - 8
    starts = [base + offset for offset in offsets]
    rising = all(one < other for one, other in pairwise(starts))
    if frames < 2 or len(starts) != frames or starts[0] != base or not rising:
        return set()
    there = {start for start in starts if start <= last}
    return there if there <= {offset - 8 for offset, _ in fragments} else set()


def _counted(
    found: tuple[tuple[Piece, ...], ...], frames: int
) -> tuple[tuple[tuple[Piece, ...], ...], tuple[Mark, ...]]:
    return found, _wrong_number(len(found), frames)


def _wrong_number(held: int, declared: int) -> tuple[Mark, ...]:
    if held == declared:
        return ()
    return (doubtful("Its header says {declared} frames, it holds {held}.", declared=declared, held=held),)


def _fragments(file: BinaryIO, end: int | None) -> tuple[list[int], list[Piece]]:
    """The Basic Offset Table and the fragments; a file that ends early gives what it has."""
    start = file.tell()
    size = file.seek(0, io.SEEK_END) if end is None else end
    file.seek(start)
    table: list[int] = []
    pieces: list[Piece] = []
    first = True
    while file.tell() < size and len(head := file.read(8)) == 8 and head[:4] == ITEM:
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
    return begins_stream(read_at(file, (offset, min(64, length))))


def begins_stream(head: bytes) -> bool:
    """Whether at least 64 bytes begin as compressed pixel data do: JPEG of any kind, JPEG 2000, RLE."""
    return head.startswith(_STARTS) or is_run_length(head)


def _grouped(fragments: Sequence[Piece], starts: set[int]) -> tuple[tuple[Piece, ...], ...]:
    marks = [n for n, (offset, _) in enumerate(fragments) if offset - 8 in starts]
    return tuple(tuple(fragments[a:b]) for a, b in pairwise([*marks, len(fragments)]))
