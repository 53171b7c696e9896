"""Walk an encoded data set as its bytes pass, once, without keeping them (PS3.5 7).

Collects the values of a few wanted elements and answers at the end whether the data set was whole. Nothing
recurses, nothing grows with what a peer claims: values are stepped over by their length, sequences and
encapsulated pixel data of undefined length are walked flat with a bounded stack.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final, Protocol

from workstation.dicom.transfer_syntaxes import DEFLATED, EXPLICIT_BE, IMPLICIT_LE

MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 500_000
MAX_WANTED: Final = 64 * 1024
MAX_INFLATED: Final = 1024 * 1024 * 1024
_MAX_RATIO: Final = 200
_RATIO_SLACK: Final = 16 * 1024 * 1024
_INFLATE_STEP: Final = 256 * 1024
_MAX_GUESSES: Final = 16
_MAX_PREFIX: Final = 128 * 1024
"""Inflated bytes in which what precedes the data set is over."""
_STRAY: Final = "a delimiter stands where none belongs"
_NO_VR: Final = "an element has no value representation"

Bytes = bytes | bytearray | memoryview
Unpack = Callable[[Bytes, int], tuple[int, ...]]


class StripPrefix(Protocol):
    """See :class:`DatasetWalker`."""

    def __call__(self, data: bytes, /, *, last: bool = False) -> bytes | memoryview | None: ...


def raw(group: int, element: int) -> int:
    """A tag as the little-endian 32-bit number in which it stands in the stream."""
    return element << 16 | group


def _vrs(names: str) -> frozenset[int]:
    return frozenset(int.from_bytes(name.encode("ascii"), "little") for name in names.split())


_SHORT_VRS = _vrs("AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US")
_LONG_VRS = _vrs("OB OD OF OL OV OW SQ SV UC UN UR UT UV")
_VRS = _SHORT_VRS | _LONG_VRS
_UN = int.from_bytes(b"UN", "little")
_ITEM = raw(0xFFFE, 0xE000)
_ITEM_END = raw(0xFFFE, 0xE00D)
_SEQUENCE_END = raw(0xFFFE, 0xE0DD)
_PIXELS = raw(0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF

_element_le: Unpack = struct.Struct("<IHH").unpack_from
_long_le: Unpack = struct.Struct("<I").unpack_from
_long_be: Unpack = struct.Struct(">I").unpack_from
_fields_be = struct.Struct(">HH2sH").unpack_from


def _element_be(view: Bytes, position: int) -> tuple[int, ...]:
    group, element, vr, length = _fields_be(view, position)
    return element << 16 | group, vr[0] | vr[1] << 8, length


class DatasetWalker:
    """One data set on its way past.

    Attributes:
        values: Raw value bytes of the wanted top-level elements seen so far, by :func:`raw` tag.
        last: The last top-level element whose header was seen, as :func:`raw` tag; 0 at first.
        fault: Why the data set must not be taken: it is cut off, or beyond a bound; empty while it may.
        doubt: What is wrong with it although it may be taken: it breaks PS3.5 7.
        cut: The stream ended in the middle of something; known once :meth:`end` was asked.
        lost: It could not be followed any further; what stands behind is unknown.
        contradicts: The wanted elements that stood there twice, with different values; the last one counts.
        found: How many wanted values were seen so far.
        stripped: Bytes that were passed over before the data set, of what a deflated stream inflates to.
        encapsulated: Pixel data of undefined length were seen (PS3.5 A.4).
    """

    __slots__ = (
        "_budget", "_element", "_guesses", "_implicit", "_inflate", "_long", "_need", "_over", "_packed",
        "_rest", "_skip", "_stack", "_started", "_strip", "_unpacked", "_wanted", "contradicts", "cut",
        "doubt", "encapsulated", "fault", "found", "last", "lost", "stripped", "values",
    )  # fmt: skip

    def __init__(self, syntax: str, wanted: frozenset[int], strip: StripPrefix | None = None) -> None:
        """Begin.

        Args:
            syntax: Transfer syntax UID it is said to be in.
            wanted: Elements to keep, as :func:`raw` tags.
            strip: Gives what belongs to the data set of the first inflated bytes of a deflated one; None: it
                needs more of them.
        """
        big = syntax == EXPLICIT_BE
        self._element = _element_be if big else _element_le
        self._long = _long_be if big else _long_le
        self._implicit = syntax == IMPLICIT_LE
        self._wanted = wanted
        self._started = big  # nothing to find out
        self._skip = 0
        self._rest = bytearray()
        self._need = 8
        self._budget = MAX_ELEMENTS
        self._stack: list[tuple[bool, bool]] = []  # (is a sequence, encoding outside of it is implicit)
        # PS3.5 A.5: raw deflate without zlib header
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if syntax in DEFLATED else None
        self._strip = strip
        self._packed = self._unpacked = self.stripped = 0
        self.values: dict[int, bytes] = {}
        self.last = 0
        self.fault = self.doubt = ""
        self.lost = self.cut = self.encapsulated = False
        self.contradicts: set[int] = set()
        self.found = 0
        self._over = False  # nothing more is looked at
        self._guesses = 0

    @property
    def big_endian(self) -> bool:
        """Whether binary values among :attr:`values` are big endian."""
        return self._element is _element_be

    def beyond(self, group: int, element: int) -> bool:
        """Whether the walk has passed this element: its value, if there is one, is known."""
        last = self.last
        return (last & 0xFFFF, last >> 16) > (group, element)

    @property
    def ahead(self) -> int:
        """Bytes to come that the walk will not look at: who reads a file may :meth:`jump` them."""
        return self._skip if self._inflate is None else 0

    def jump(self, count: int) -> None:
        """Pass over the next ``count`` bytes, at most :attr:`ahead`, as if they had been fed."""
        self._skip -= count

    def feed(self, data: Bytes) -> None:
        """Take the next bytes; nothing of them is referred to afterwards."""
        size = len(data)
        if self._skip >= size and self._inflate is None:
            self._skip -= size
        elif not self._over:
            if self._inflate is None:
                self._pass(data, size)
            else:
                self._pass_deflated(data, size)

    def end(self) -> str:
        """All bytes were fed: why the data set must not be taken, or an empty text; see :attr:`doubt`."""
        if self._strip is not None and self._inflate is not None and not self._over:
            self._pass_inflated(b"", last=True)
        if self.fault or self.lost:
            return self.fault
        self.cut = True
        if self._inflate is not None and not self._inflate.eof:
            return "its deflated bytes end too early"
        if self._guesses == 0 and (self._skip or self._stack or self._rest.strip(b"\0")):
            return "it ends in the middle of an element"
        self.cut = False
        return ""

    def _refuse(self, fault: str) -> None:
        self.fault, self._over = fault, True

    def _lose(self, doubt: str) -> int:
        self.doubt, self.lost, self._over = self.doubt or doubt, True, True
        return 0

    def _value(self, tag: int, value: bytes) -> None:
        if self.values.get(tag, value) != value:
            self.contradicts.add(tag)
        self.values[tag] = value
        self.found += 1

    def _pass_deflated(self, data: Bytes, size: int) -> None:
        inflate = self._inflate
        assert inflate is not None
        self._packed += size
        pending: Bytes = data
        try:
            while len(pending) and not self._over and not inflate.eof:
                piece = inflate.decompress(pending, _INFLATE_STEP)
                self._unpacked += len(piece)
                if self._unpacked > min(MAX_INFLATED, _RATIO_SLACK + _MAX_RATIO * self._packed):
                    self._refuse("it inflates to too many bytes")
                else:
                    self._pass_inflated(piece)
                pending = inflate.unconsumed_tail
        except zlib.error:
            self._refuse("its deflated bytes are damaged")

    def _pass_inflated(self, piece: bytes, *, last: bool = False) -> None:
        if self._strip is not None:
            found = self._strip(piece, last=last)
            if found is None:
                if self._unpacked > _MAX_PREFIX:
                    self._refuse("it begins with file meta elements that do not end")
                return
            self._strip, piece = None, bytes(found)
            self.stripped = self._unpacked - len(piece)
        if self._skip >= len(piece):
            self._skip -= len(piece)
        else:
            self._pass(piece, len(piece))

    def _pass(self, data: Bytes, size: int) -> None:
        start, self._skip = self._skip, 0
        while self._rest and start < size and not self._over:
            # complete the one element that was cut, not the whole piece
            taken = min(self._need - len(self._rest), size - start)
            self._rest += data[start : start + taken]
            start += taken
            if len(self._rest) < self._need:
                return
            joined, self._rest = self._rest, bytearray()
            self._steps(joined, 0, len(joined))
            jump = min(self._skip, size - start)
            start += jump
            self._skip -= jump
        if start < size and not self._over:
            self._steps(data, start, size)

    def _steps(self, view: Bytes, position: int, end: int) -> None:  # noqa: C901 - hot: calls would double its time
        if not self._started:
            if end - position < 8:
                self._keep(view, position, end, 8)
                return
            self._begin(view, position)
            if self._over:
                return
        element, wanted, short, values = self._element, self._wanted, _SHORT_VRS, self.values
        plain = not self._implicit and not self._stack
        tag = self.last
        for left in range(self._budget, 0, -1):
            if position + 8 > end:
                break
            simple = False  # nearly every element of nearly every object is
            if plain:
                tag, vr, length = element(view, position)
                simple = vr in short
            elif not self._stack:
                tag, low, high = element(view, position)
                length = low | high << 16
                simple = tag & 0xFFFF != 0xFFFE and (
                    length <= MAX_WANTED or (tag not in wanted and length != _UNDEFINED)
                )
            if simple:
                body = position + 8
                if tag in wanted:
                    if body + length > end:
                        self.last = tag
                        self._budget = left
                        self._keep(view, position, end, 8 + length)
                        return
                    value = bytes(view[body : body + length])
                    if values.setdefault(tag, value) != value:
                        self.contradicts.add(tag)
                        values[tag] = value
                    self.found += 1
                position = body + length
                continue
            if plain:
                self.last = tag
            needed = self._step(view, position, end)
            if needed < 0 or self._over:
                self._budget = left
                self._keep(view, position, end, -needed)
                return
            position = needed
            plain = not self._implicit and not self._stack
            tag = self.last
        else:
            self._refuse("it has too many elements")
            return
        self.last = tag
        self._budget = left
        if position >= end:
            self._skip = position - end
        else:
            self._keep(view, position, end, 8)

    def _keep(self, view: Bytes, position: int, end: int, need: int) -> None:
        if not self._over:
            self._rest = bytearray(view[position:end])
            self._need = need

    def _begin(self, view: Bytes, position: int) -> None:
        """Look at the first element: what precedes a data set, and the VR encoding really used."""
        self._started = True
        tag, vr, _ = self._element(view, position)
        if not tag & 0xFFFF:
            self._lose("it begins with a preamble or with command elements")
        # Some archives keep a data set in the other VR encoding than they say; readers look, too.
        if tag not in (_ITEM, _ITEM_END, _SEQUENCE_END):  # which have no VR in either
            self._implicit = vr not in _SHORT_VRS and vr not in _LONG_VRS

    def _step(self, view: Bytes, position: int, end: int) -> int:  # noqa: C901 - one case after the other
        """One element that is not short and plain: the position behind it, or minus the bytes needed."""
        tag, vr, length = self._element(view, position)
        if tag in (_ITEM, _ITEM_END, _SEQUENCE_END):
            return self._delimiter(tag, self._long(view, position + 4)[0], position + 8)
        if self._stack and self._stack[-1][0]:
            return self._lose("a sequence holds something that is not an item")
        if not self._stack:
            self.last = tag
        body = position + 8
        if self._implicit:
            (length,) = self._long(view, position + 4)
        elif vr not in _SHORT_VRS:
            if vr in _LONG_VRS or _could_be_vr(vr):
                if body + 4 > end:
                    return -12
                (length,) = self._long(view, body)
                body += 4
            elif not self._guess_short():
                return 0
        if length == _UNDEFINED:
            self.encapsulated |= tag == _PIXELS and not self._stack
            return self._open(True, vr, body)
        if tag in self._wanted and not self._stack and length <= MAX_WANTED:
            if body + length > end:
                return position - body - length
            self._value(tag, bytes(view[body : body + length]))
        return body + length

    def _guess_short(self) -> bool:
        """Read an element without a value representation as readers do: its length has 16 bits."""
        self._guesses += 1
        if self._guesses > _MAX_GUESSES:
            self._lose(_NO_VR)
            return False
        self.doubt = self.doubt or _NO_VR
        return True

    def _open(self, sequence: bool, vr: int, body: int) -> int:
        if len(self._stack) >= 2 * MAX_DEPTH:
            self._refuse("its sequences are nested too deep")
        self._stack.append((sequence, self._implicit))
        if sequence and vr == _UN and not self._implicit:
            self._implicit = True  # PS3.5 6.2.2: UN of undefined length is Implicit VR Little Endian
        return body

    def _delimiter(self, tag: int, length: int, body: int) -> int:
        if not self._stack or self._stack[-1][0] == (tag == _ITEM_END):
            if tag == _ITEM or length:
                return self._lose(_STRAY)
            # Passed over as readers do: it stands behind an item or a sequence of defined length, as a rule.
            # In an item it may also be the end of the whole sequence: then its end cannot be found any more.
            self._guesses += bool(self._stack) and tag == _SEQUENCE_END
            self.doubt = self.doubt or _STRAY
            return body
        if tag == _ITEM:
            return self._open(False, 0, body) if length == _UNDEFINED else body + length
        _, self._implicit = self._stack.pop()
        return body


def is_vr(letters: bytes) -> bool:
    """Whether these are a value representation of PS3.5 6.2."""
    return int.from_bytes(letters, "little") in _VRS


def _could_be_vr(vr: int) -> bool:
    """PS3.5 7.1.2: a VR of a later edition is two capital letters and has a 32-bit length."""
    return all(ord("A") <= mark <= ord("Z") for mark in (vr & 0xFF, vr >> 8))
