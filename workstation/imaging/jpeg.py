"""What a JPEG, JPEG-LS or JPEG 2000 stream says of itself, read before anything is allocated for it."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.imaging.picture import Undecodable

_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Stream:
    """The frame header of a code stream.

    Attributes:
        precision: Bits of a sample.
        signed: Samples are signed (JPEG 2000 only).
        ycc: The colours are luminance and chrominance; None: the stream does not say.
        process: The SOF marker of a JPEG stream; 0 for JPEG 2000.
    """

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    ycc: bool | None = None
    process: int = 0


def read_stream(data: bytes) -> Stream:
    """Parse the header of ``data``, whatever its transfer syntax claims.

    Raises:
        Undecodable: It is neither.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        start = data.find(b"\xff\x4f\xff\x51", 0, 4096)  # behind the boxes of a JP2 file, which is tolerated
        if start >= 0:
            return _jpeg2000(data[start:])
    except IndexError as broken:
        raise Undecodable("Its compressed data break off in the header.") from broken
    raise Undecodable("Its compressed data are of no known kind.")


def _word(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _long(data: bytes, at: int) -> int:
    return _word(data, at) << 16 | _word(data, at + 2)


def _jpeg2000(data: bytes) -> Stream:
    """The SIZ marker segment (ISO/IEC 15444-1 A.5.1)."""
    columns, rows = _long(data, 8) - _long(data, 16), _long(data, 12) - _long(data, 20)
    depth = data[42]
    return Stream(rows, columns, _word(data, 40), (depth & 0x7F) + 1, bool(depth & 0x80))


def _jpeg(data: bytes) -> Stream:
    """Walk the marker segments up to the scan (ISO/IEC 10918-1 B.1); bytes of a scan are never looked at."""
    at = 2
    adobe: int | None = None
    jfif = False
    while True:
        if data[at] != 0xFF:
            raise Undecodable("Its compressed data have no frame header.")
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xDA:
            raise Undecodable("Its compressed data have no frame header.")
        length, body = _word(data, at + 2), at + 4
        if marker == 0xEE and data[body : body + 5] == b"Adobe" and length >= 14:
            adobe = data[body + 11]
        jfif = jfif or (marker == 0xE0 and data[body : body + 5] == b"JFIF\0")
        if marker in _FRAME_HEADERS:
            return _frame_header(data, body, marker, adobe, jfif=jfif)
        at += 2 + length


def _frame_header(data: bytes, body: int, marker: int, adobe: int | None, *, jfif: bool) -> Stream:
    samples = data[body + 5]
    ids = bytes(data[body + 6 + 3 * n] for n in range(samples))
    sampling = {data[body + 7 + 3 * n] for n in range(samples)}
    ycc: bool | None = None
    if samples == 3 and marker <= 0xC2:
        if adobe is not None:
            ycc = adobe != 0
        elif jfif or len(sampling) > 1:
            ycc = True
        elif ids == b"RGB":
            ycc = False
    return Stream(_word(data, body + 1), _word(data, body + 3), samples, data[body], ycc=ycc, process=marker)
