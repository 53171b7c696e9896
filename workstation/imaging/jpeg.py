"""Checks JPEG and JPEG-LS headers before a codec reads them (ISO/IEC 10918-1 annex B, 14495-1 annex C).

Only what a codec would stumble over is looked at, never the bytes of a scan, but for where they end.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from workstation.imaging.codestream import find_codestream
from workstation.imaging.compressed_stream import Size, Stream, UnknownStream, need, same_size
from workstation.imaging.jpeg2000 import read_jpeg2000
from workstation.imaging.picture import Undecodable

_ALONE = {0x01, *range(0xD0, 0xD9)}
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL, _PROGRESSIVE, _ARITHMETIC, _LOSSLESS, _LS = {0xC0, 0xC1}, 0xC2, {0xC9, 0xCA}, 0xC3, 0xF7
_DCT = {*_SEQUENTIAL, _PROGRESSIVE, *_ARITHMETIC}
_PRECISIONS = dict.fromkeys(_DCT, (8, 12)) | dict.fromkeys((_LOSSLESS, _LS), tuple(range(2, 17)))
"""Of each process that is drawn; libjpeg-turbo reads 12 bits in a baseline frame as well."""
_FURTHER = re.compile(rb"\xff[\xc4\xd9-\xdb\xdd\xe0-\xef\xf8\xfe]")
"""What follows a scan, or bytes that belong nowhere; other markers there are noise the codec judges."""
_MOST_SEGMENTS = 10_000
"""Fill bytes and lone markers count as well."""
_MOST_SCANS = 500
"""Each costs a pass over the whole picture, however few its bytes; encoders make up to some twenty."""


def read_stream(data: bytes, declared: Size | None = None) -> Stream:
    """Look at the markers of ``data``, whatever its transfer syntax claims.

    Args:
        data: The stream.
        declared: The size it should have.

    Raises:
        Undecodable: It is neither JPEG, JPEG-LS nor JPEG 2000, of another size, broken, or of a kind that no
            codec here draws.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data, declared)
        start = find_codestream(data)
        if start >= 0:
            return read_jpeg2000(data, start, declared)
    except (IndexError, struct.error) as broken:
        raise Undecodable("Its compressed data break off in the header.") from broken
    raise UnknownStream("Its compressed data are of no known kind.")


def _jpeg(data: bytes, declared: Size | None) -> Stream:
    seen = _Seen(declared=declared)
    for marker, content in _segments(data):
        if marker in _FRAME_HEADERS:
            seen.frame_header(marker, content)
        elif marker in _READERS:
            _READERS[marker](seen, content)
        elif marker == 0xD9:
            seen.ended = True
    if not seen.scans:
        raise Undecodable("Its compressed data break off in the header.")
    if seen.frame.process == _LS and not seen.ended:
        # the codec would count through all 32 bits, for seconds, once it is past the last byte
        raise Undecodable("Its JPEG-LS data break off.")
    complete = seen.ended and len(data) >= seen.least_bytes()
    return replace(seen.frame, ycc=seen.ycc(), lossy=seen.lossy, complete=complete)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker segments without their lengths, and the end marker; scans are passed over.

    Raises:
        struct.error: It breaks off before the first scan.
        Undecodable: Something else stands where a marker should, or there is no end of them.
    """
    at, frame, scan = 2, False, False
    for _ in range(_MOST_SEGMENTS):
        if at + 1 >= len(data):
            return
        if data[at] != 0xFF and not frame:
            raise Undecodable("Its compressed data have no frame header.")
        if data[at] != 0xFF or scan:
            found = _FURTHER.search(data, at)
            if found is None:
                return
            at = found.start()
        marker = data[at + 1]
        if marker == 0xD9:
            yield marker, b""
            return
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if scan and at + 2 + length > len(data):
            return
        need(length >= 2, "JPEG", f"FF{marker:02X}")
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length
        frame = frame or marker in _FRAME_HEADERS
        scan = scan or marker == 0xDA
    raise Undecodable("Its compressed data have more than {count} markers.", count=_MOST_SEGMENTS)


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What the segments have said so far."""

    declared: Size | None
    frame: Stream = field(default_factory=lambda: Stream(rows=0, columns=0, samples=0, precision=0))
    sampling: dict[int, int] = field(default_factory=dict)
    """Of each component, by its identifier; the order is that of the frame header."""
    tables: dict[int, int] = field(default_factory=dict)
    """The quantisation table of each component."""
    huffman: set[int] = field(default_factory=set)
    quantisation: set[int] = field(default_factory=set)
    adobe: int | None = None
    jfif: bool = False
    lossy: bool = False
    scans: int = 0
    ended: bool = False

    def frame_header(self, marker: int, content: bytes) -> None:
        """SOF (B.2.2)."""
        if marker not in _PRECISIONS:
            raise Undecodable("JPEG of the kind {marker} is not supported.", marker=f"SOF{marker - 0xC0}")
        precision, rows, columns, samples = struct.unpack_from(">BHHB", content)
        self._need(not self.frame.process, "SOF")
        same_size((rows, columns, samples), self.declared)
        self._need(len(content) == 6 + 3 * samples and 1 <= samples <= 4, "SOF")
        self.frame = Stream(rows=rows, columns=columns, samples=samples, precision=precision, process=marker)
        self.sampling = dict(zip(content[6::3], content[7::3], strict=True))
        self.tables = dict(zip(content[6::3], content[8::3], strict=True))
        factors = all(1 <= one >> 4 <= 4 and 1 <= one & 15 <= 4 for one in self.sampling.values())
        self._need(factors and len(self.sampling) == samples and precision in _PRECISIONS[marker], "SOF")

    def scan_header(self, content: bytes) -> None:
        """SOS (B.2.3, 14495-1 C.2.3)."""
        if not self.frame.process:
            raise Undecodable("Its compressed data have no frame header.")
        self.scans += 1
        count = content[0]
        chosen, selectors = content[1 : 1 + 2 * count : 2], content[2 : 2 + 2 * count : 2]
        self._need(1 <= count <= 4 and len(content) == 4 + 2 * count and self.scans <= _MOST_SCANS, "SOS")
        first, last, approximation = content[-3:]
        process = self.frame.process
        if process == _LS:  # its codec goes by the number of components, not by their names
            near = min(255, (1 << self.frame.precision - 1) - 1)
            fits = count <= self.frame.samples and first <= near
            self._need(fits and last <= 2 and not approximation & 15, "SOS")
            self.lossy = self.lossy or first > 0
            return
        self._need(len(set(chosen)) == count and set(chosen) <= set(self.sampling), "SOS")
        self.lossy = process in _DCT
        if process == _LOSSLESS:
            self._need(1 <= first <= 7 and approximation < self.frame.precision, "SOS")
            self._need({one >> 4 for one in selectors} <= self.huffman, "DHT")
            return
        self._need({self.tables[one] for one in chosen} <= self.quantisation, "DQT")
        if process not in _ARITHMETIC:
            self._need(self._wanted(selectors, first, last, approximation) <= self.huffman, "DHT")

    def _wanted(self, selectors: bytes, first: int, last: int, approximation: int) -> set[int]:
        """The Huffman tables of a DCT scan; frames of Motion JPEG lack the usual ones (K.3)."""
        direct, alternating = {one >> 4 for one in selectors}, {0x10 | one & 15 for one in selectors}
        if self.frame.process in _SEQUENTIAL:
            return (direct | alternating) - {0, 1, 0x10, 0x11}
        self._need(first <= last <= 63, "SOS")
        if first:
            return alternating
        return set() if approximation >> 4 else direct

    def huffman_tables(self, content: bytes) -> None:
        """DHT (B.2.4.2): no more codes than there are of each length."""
        at = 0
        while at < len(content):
            lengths = content[at + 1 : at + 17]
            room = sum(count << 16 - length for length, count in enumerate(lengths, 1))
            end = at + 17 + sum(lengths)
            self._need(content[at] & ~0x13 == 0 and room <= 1 << 16 and sum(lengths) <= 256, "DHT")
            self._need(end <= len(content), "DHT")
            self.huffman.add(content[at])
            at = end

    def quantisation_tables(self, content: bytes) -> None:
        """DQT (B.2.4.1)."""
        at = 0
        while at < len(content):
            self._need(content[at] & ~0x13 == 0, "DQT")
            self.quantisation.add(content[at] & 3)
            at += 129 if content[at] >> 4 else 65
        self._need(at == len(content), "DQT")

    def preset_parameters(self, content: bytes) -> None:
        """LSE (14495-1 C.2.4.1.1): the thresholds rise, zero stands for the usual value."""
        if content[0] != 1:
            return
        largest, *thresholds, reset = struct.unpack(">5H", content[1:])
        top = largest or (1 << (self.frame.precision or 16)) - 1
        declared = [one for one in thresholds if one]
        self._need(declared == sorted(declared) and max(declared, default=0) <= top < 1 << 16, "LSE")
        self._need(reset == 0 or 3 <= reset <= max(255, top), "LSE")

    def application(self, content: bytes) -> None:
        """APP0 and APP14 (10918-6 6.5.3): whether the colours are transformed."""
        if content.startswith(b"Adobe") and len(content) >= 12:
            self.adobe = content[11]
        self.jfif = self.jfif or content.startswith(b"JFIF\0")

    def ycc(self) -> bool | None:
        """Whether the colours are luminance and chrominance, as far as the stream tells."""
        if self.frame.samples != 3 or self.frame.process not in {*_DCT, _LOSSLESS}:
            return None
        if self.adobe is not None:
            return self.adobe != 0
        if self.frame.process == _LOSSLESS:  # JFIF knows none, but encoders put its marker here too
            return False if bytes(self.sampling) == b"RGB" else None
        if self.jfif or len(set(self.sampling.values())) > 1:
            return True
        return False if bytes(self.sampling) == b"RGB" else None

    def least_bytes(self) -> int:
        """A sample without loss costs a bit, a block of 8 × 8 two: a code for each kind of coefficient."""
        rows, columns, process = self.frame.rows, self.frame.columns, self.frame.process
        if process == _LOSSLESS:
            return rows * columns * self.frame.samples // 8
        return -(-rows // 8) * -(-columns // 8) // 4 if process in _SEQUENTIAL else 0

    def _need(self, sound: bool, marker: str) -> None:
        need(sound, "JPEG-LS" if self.frame.process == _LS else "JPEG", marker)


_READERS: dict[int, Callable[[_Seen, bytes], None]] = {
    0xC4: _Seen.huffman_tables,
    0xDA: _Seen.scan_header,
    0xDB: _Seen.quantisation_tables,
    0xE0: _Seen.application,
    0xEE: _Seen.application,
    0xF8: _Seen.preset_parameters,
}
