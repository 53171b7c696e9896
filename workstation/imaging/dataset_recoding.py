"""Encodes a data set anew in an uncompressed little endian transfer syntax, value by value (PS3.5 7, 8).

Whatever is not understood to its last byte is refused: what would go out must be what came in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from workstation.dicom.dataset_walker import MAX_DEPTH, MAX_ELEMENTS
from workstation.imaging.picture import Undecodable

Value: TypeAlias = bytes | bytearray | memoryview
Changes: TypeAlias = Mapping[int, tuple[bytes, Value] | None]
"""By tag, group above element: VR and value that are put in its place; None: it is left out."""

PIXEL_DATA = 0x7FE00010
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_WORDS = {b"AT": 2, b"OW": 2, b"SS": 2, b"US": 2, b"FL": 4, b"OF": 4, b"OL": 4, b"SL": 4, b"UL": 4}
_WORDS |= {b"FD": 8, b"OD": 8, b"OV": 8, b"SV": 8, b"UV": 8}
_PADDED_BY_SPACE = frozenset(b"AE AS CS DA DS DT IS LO LT PN SH ST TM UC UR UT".split())
_LENGTH_TO_END = 0x00080001
_SIGNATURES = 0xFFFAFFFA
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_BROKEN = "Its data set is not encoded as it says."


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How what is read is encoded, and whether it is written with VRs."""

    order: str
    implicit: bool
    explicit_out: bool


def recoded(
    body: Value, *, implicit: bool = False, big: bool = False, to_implicit: bool, changes: Changes
) -> list[Value]:
    """Encode ``body`` in Explicit, or Implicit, VR Little Endian: the pieces of the new data set.

    Group lengths, retired, are left out; sequences and items keep whether their length is defined.

    Args:
        body: A whole data set, in Explicit VR if it is not ``implicit``.
        implicit: It is Implicit VR Little Endian; it can only become that again.
        big: It is big endian.
        to_implicit: Write no VRs.
        changes: What is put in the place of top-level elements.

    Raises:
        Undecodable: It is signed, or not understood to its end.
    """
    if implicit and not to_implicit:
        raise Undecodable("Its value representations are not known.")
    encoding = _Encoding(">" if big else "<", implicit, not to_implicit)
    return _Recoding(memoryview(body), changes).whole(encoding)


@dataclass(slots=True)
class _Recoding:
    body: memoryview
    changes: Changes
    out: list[Value] = field(default_factory=list)
    depth: int = 0
    count: int = 0

    def whole(self, encoding: _Encoding) -> list[Value]:
        left = sorted(tag for tag, change in self.changes.items() if change is not None)
        at, end = 0, len(self.body)
        while at < end:
            tag, vr, length, value_at = self._header(at, end, encoding)
            if tag < 0x00080000:
                raise Undecodable(_BROKEN)
            while left and left[0] < tag:
                self._put(left.pop(0), encoding)
            if tag not in self.changes:
                at = self._element(tag, vr, length, value_at, end, encoding)
                continue
            if left and left[0] == tag:
                self._put(left.pop(0), encoding)
            at = self._passed(length, value_at, end, encoding)
        for tag in left:
            self._put(tag, encoding)
        return self.out

    def _put(self, tag: int, encoding: _Encoding) -> None:
        change = self.changes[tag]
        assert change is not None
        self._write(tag, *change, encoding)

    def _elements(self, at: int, end: int, encoding: _Encoding, *, closed: bool) -> int:
        """Those of an item, up to ``end``, or ``closed`` by a delimiter: the position behind them."""
        while closed or at < end:
            tag, vr, length, value_at = self._header(at, end, encoding)
            if tag == _ITEM_END and closed and not length:
                self.out.append(struct.pack("<HHI", 0xFFFE, 0xE00D, 0))
                return value_at
            at = self._element(tag, vr, length, value_at, end, encoding)
        return at

    def _header(self, at: int, end: int, encoding: _Encoding) -> tuple[int, bytes, int, int]:
        """Tag, VR, length, and where the value begins."""
        self.count += 1
        if at + 8 > end or self.count > MAX_ELEMENTS:
            raise Undecodable(_BROKEN)
        order = encoding.order
        group, element, vr, length = struct.unpack_from(f"{order}HH2sH", self.body, at)
        tag = group << 16 | element
        if encoding.implicit or group == 0xFFFE:
            return tag, b"", struct.unpack_from(f"{order}I", self.body, at + 4)[0], at + 8
        if vr in _SHORT_VRS:
            return tag, vr, length, at + 8
        if vr not in _LONG_VRS or at + 12 > end:
            raise Undecodable(_BROKEN)
        return tag, vr, struct.unpack_from(f"{order}I", self.body, at + 8)[0], at + 12

    def _element(self, tag: int, vr: bytes, length: int, at: int, end: int, encoding: _Encoding) -> int:
        if tag == _SIGNATURES:
            raise Undecodable("It is digitally signed.")
        if tag >> 16 == 0xFFFE:
            raise Undecodable(_BROKEN)
        if length == _UNDEFINED or vr == b"SQ":
            return self._sequence(tag, vr, length, at, end, encoding)
        if length > end - at:
            raise Undecodable(_BROKEN)
        if tag & 0xFFFF and tag != _LENGTH_TO_END:
            value: Value = self.body[at : at + length]
            words = _WORDS.get(vr, 1) if encoding.order == ">" else 1
            if length % words:
                raise Undecodable(_BROKEN)
            if words > 1:
                value = np.frombuffer(value, f"u{words}").byteswap().tobytes()
            self._write(tag, vr, value, encoding)
        return at + length

    def _write(self, tag: int, vr: bytes, value: Value, encoding: _Encoding) -> None:
        odd = len(value) % 2
        self._write_header(tag, vr, len(value) + odd, encoding)
        self.out.append(value)
        if odd:
            self.out.append(b" " if vr in _PADDED_BY_SPACE else b"\0")

    def _write_header(self, tag: int, vr: bytes, length: int, encoding: _Encoding) -> None:
        self.out.append(_packed(tag, vr, length, encoding))

    def _sequence(self, tag: int, vr: bytes, length: int, at: int, end: int, encoding: _Encoding) -> int:
        closed = length == _UNDEFINED
        if vr not in (b"SQ", b"UN", b"") or tag == PIXEL_DATA or self.depth >= MAX_DEPTH:
            raise Undecodable(_BROKEN if self.depth < MAX_DEPTH else "Its sequences are nested too deeply.")
        if not closed:
            if length > end - at:
                raise Undecodable(_BROKEN)
            end = at + length
        inner = _Encoding("<", True, False) if vr == b"UN" else encoding  # PS3.5 6.2.2
        head = len(self.out)
        self.out.append(b"")
        self.depth += 1
        at = self._items(at, end, inner, closed=closed)
        self.depth -= 1
        size = _UNDEFINED if closed else sum(map(len, self.out[head:]))
        self.out[head] = _packed(tag, vr, size, encoding)
        return at

    def _items(self, at: int, end: int, encoding: _Encoding, *, closed: bool) -> int:
        while closed or at < end:
            tag, _, length, at = self._header(at, end, encoding)
            if tag == _SEQUENCE_END and closed and not length:
                self.out.append(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
                return at
            if tag != _ITEM or (length != _UNDEFINED and length > end - at):
                raise Undecodable(_BROKEN)
            head = len(self.out)
            self.out.append(b"")
            item_closed = length == _UNDEFINED
            at = self._elements(at, end if item_closed else at + length, encoding, closed=item_closed)
            size = _UNDEFINED if item_closed else sum(map(len, self.out[head:]))
            self.out[head] = struct.pack("<HHI", 0xFFFE, 0xE000, size)
        return at

    def _passed(self, length: int, at: int, end: int, encoding: _Encoding) -> int:
        """The position behind a value that is not taken over; of undefined length: its fragments (A.4)."""
        if length != _UNDEFINED:
            if length > end - at:
                raise Undecodable(_BROKEN)
            return at + length
        while True:
            tag, _, length, at = self._header(at, end, encoding)
            if tag == _SEQUENCE_END and not length:
                return at
            if tag != _ITEM or length > end - at:
                raise Undecodable(_BROKEN)
            at += length


def _packed(tag: int, vr: bytes, length: int, encoding: _Encoding) -> bytes:
    group, element = tag >> 16, tag & 0xFFFF
    if not encoding.explicit_out:
        return struct.pack("<HHI", group, element, length)
    if vr in _LONG_VRS:
        return struct.pack("<HH2s2xI", group, element, vr, length)
    if length > 0xFFFF:
        raise Undecodable(_BROKEN)
    return struct.pack("<HH2sH", group, element, vr, length)
