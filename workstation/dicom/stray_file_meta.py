"""Skip file meta elements (group 0002) at the beginning of a received data set, where none belong.

Some archives send their files as they are, without the preamble. What these elements state of the transfer
syntax may be true, or left over from before the data set was converted: the bytes behind them decide.
"""

from __future__ import annotations

import struct

from workstation.dicom.dataset_walker import StripPrefix, is_vr
from workstation.dicom.encoding_detection import SAMPLE, encoding_of, encoding_seen
from workstation.dicom.part10 import MAX_META, FileMeta, meta_at
from workstation.dicom.transfer_syntaxes import EXPLICIT_BE, EXPLICIT_LE, is_encapsulated
from workstation.dicom.uids import is_uid

UNDECIDED = "it names another transfer syntax than was agreed, and its bytes do not tell which is right"


class StrayFileMeta:
    """Passes over the leading group 0002 elements of one data set.

    Attributes:
        candidates: Transfer syntaxes the data set behind them may be in, the likeliest first; empty where
            they name no other one than was agreed.
        endless: They do not end within 64 KiB.
    """

    __slots__ = ("_agreed", "_head", "_read_at", "candidates", "endless")

    def __init__(self, agreed: str) -> None:
        """``agreed`` is the transfer syntax of the presentation context; the elements are encoded in it."""
        self.candidates: tuple[str, ...] = ()
        self.endless = False
        self._agreed = agreed
        self._head = bytearray()
        self._read_at = 8  # bytes; grows with the head, so that pieces of one byte cost no more than others

    def strip(self, data: bytes | memoryview, /, *, last: bool = False) -> bytes | memoryview | None:
        """The bytes of the data set proper among those that came so far; None: more are needed.

        Args:
            data: The next piece.
            last: No more will come.
        """
        if not self._head and len(data) >= 8 and not self._begins(data):
            return data
        self._head += data
        if len(self._head) < self._read_at and not last:
            return None
        head = bytes(self._head)
        if not self._begins(head):
            return head
        self._read_at = len(head) + max(SAMPLE, min(len(head), MAX_META + 1 - len(head)))
        meta = self._read(head)
        if meta is None or (meta.offset + SAMPLE > len(head) and not last):
            self.endless = meta is None and len(head) > MAX_META
            return head if last else None
        self.candidates = _candidates(self._agreed, meta.transfer_syntax, head[meta.offset :])
        return head[meta.offset :]

    def _begins(self, head: bytes | memoryview) -> bool:
        if len(head) < 8:
            return False
        order = self._order(head)
        group, element = struct.unpack_from(order + "HH", head)
        if group != 2 or element > 0x0102:
            return False
        return is_vr(bytes(head[4:6])) or struct.unpack_from(order + "I", head, 4)[0] <= MAX_META

    def _order(self, head: bytes | memoryview) -> str:
        return ">" if self._agreed == EXPLICIT_BE and head[0] == 0 else "<"

    def _read(self, head: bytes) -> FileMeta | None:
        return meta_at(head, 0, self._order(head))


def strip_deflated_meta() -> StripPrefix:
    """Passes over them where they are deflated with the data set: Explicit VR Little Endian (PS3.5 A.5)."""
    return StrayFileMeta(EXPLICIT_LE).strip


def settled(candidates: tuple[str, ...], *, encapsulated: bool) -> tuple[str, bool]:
    """Which of these transfer syntaxes a data set is in, and whether that is sure.

    Args:
        candidates: See :class:`StrayFileMeta`.
        encapsulated: It holds encapsulated pixel data (PS3.5 A.4).
    """
    fitting = [syntax for syntax in candidates if is_encapsulated(syntax) == encapsulated]
    if fitting:
        return fitting[0], len(fitting) == 1
    return (candidates[0], False) if encapsulated else (encoding_of(candidates[0]), True)


def _candidates(agreed: str, stated: str, start: bytes) -> tuple[str, ...]:
    if stated == agreed or not is_uid(stated):
        return ()
    seen = encoding_seen(start)
    if seen is None:
        return (stated, agreed)
    return tuple(syntax for syntax in (stated, agreed) if encoding_of(syntax) == seen) or (seen,)
