"""Files that lie, made byte by byte, and a child that opens them and tells what became of it.

``python -m tests.imaging.hostile FILE...`` prints a line of JSON for each: what is said, or the shape of the
picture; the rows of the tag list; the most memory the process has had so far, MiB.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
from pydicom import uid

from tests.network.leaks import memory

LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT")
OPEN = 0xFFFFFFFF
ITEM, ITEM_END, ITEMS_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
CT = b"1.2.840.10008.5.1.4.1.1.2\0"


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """An element in Explicit VR Little Endian, whose length may lie."""
    length = len(value) if length is None else length
    size = b"\0\0" + struct.pack("<I", length) if vr in LONG else struct.pack("<H", length)
    return struct.pack("<HH", group, number) + vr + size + value


def file(
    syntax: str, *parts: bytes, first: bytes = b"", group_length: bool = True, preamble: bool = True
) -> bytes:
    """A Part 10 file; ``first`` stands in its meta information before the transfer syntax."""
    name = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = element(2, 2, b"UI", CT) + element(2, 3, b"UI", b"1.2.3\0") + first + element(2, 0x10, b"UI", name)
    length = element(2, 0, b"UL", struct.pack("<I", len(meta))) if group_length else b""
    return b"".join((bytes(128) + b"DICM" if preamble else b"", length, meta, *parts))


def image(rows: int, columns: int, bits: int = 16, frames: int = 1, more: bytes = b"") -> bytes:
    """A CT header without pixel data; ``more`` stands between the patient and the pixel module."""
    numbers = ((0x10, rows), (0x11, columns), (0x100, bits), (0x101, bits), (0x102, bits - 1), (0x103, 0))
    words = (element(0x28, number, b"US", struct.pack("<H", value)) for number, value in numbers)
    count = b"%d" % frames
    return b"".join(
        (
            element(8, 0x16, b"UI", CT),
            element(8, 0x18, b"UI", b"1.2.3\0"),
            element(0x10, 0x10, b"PN", b"Doe^John"),
            more,
            element(0x28, 2, b"US", b"\1\0"),
            element(0x28, 4, b"CS", b"MONOCHROME2 "),
            element(0x28, 8, b"IS", count + b" " * (len(count) % 2)),
            *words,
        )
    )


def native(content: bytes) -> bytes:
    return element(0x7FE0, 0x10, b"OW", content)


def encapsulated(*fragments: bytes) -> bytes:
    items = (ITEM + struct.pack("<I", len(one)) + one for one in (b"", *fragments))
    return element(0x7FE0, 0x10, b"OB", b"", OPEN) + b"".join(items) + ITEMS_END


def nested(depth: int) -> bytes:
    """Sequences inside each other, all of undefined length."""
    begin = element(0x40, 0xA730, b"SQ", b"", OPEN) + ITEM + b"\xff\xff\xff\xff"
    return begin * depth + (ITEM_END + ITEMS_END) * depth


def nested_with_lengths(depth: int) -> bytes:
    """The same with lengths, as far as these can tell."""
    content = b""
    for _ in range(depth):
        content = element(0x40, 0xA730, b"SQ", ITEM + struct.pack("<I", len(content)) + content)
    return content


def bomb(megabytes: int) -> bytes:
    """A deflated data set that becomes ``megabytes`` of nothing."""
    return inflating(image(1000, 1000, 8) + element(0x7FE0, 0x10, b"OB", b"", megabytes << 20), megabytes)


def inflating(start: bytes, megabytes: int) -> bytes:
    """``start`` and ``megabytes`` of nothing, deflated."""
    deflater = zlib.compressobj(9, wbits=-15)
    pieces = [deflater.compress(start)]
    pieces += (deflater.compress(bytes(1 << 20)) for _ in range(megabytes))
    return b"".join((*pieces, deflater.flush()))


def run_length(segments: int) -> bytes:
    """486 bytes of RLE: a header, and runs that are as long as they can be."""
    return struct.pack("<16I", segments, *[64] * segments, *[0] * (15 - segments)) + b"\x81\0" * 211


def of_size(stream: bytes, rows: int, columns: int) -> bytes:
    """A stream that claims another size."""
    out = bytearray(stream)
    if stream.startswith(b"\xff\x4f"):
        for at, value in ((8, columns), (12, rows), (24, columns), (28, rows)):
            out[at : at + 4] = struct.pack(">I", value)
        return bytes(out)
    at = 2
    while out[at + 1] not in (0xC0, 0xC1, 0xC3, 0xF7):
        at += 2 + int.from_bytes(out[at + 2 : at + 4], "big")
    out[at + 5 : at + 9] = struct.pack(">HH", rows, columns)
    return bytes(out)


_DARK = np.zeros((8, 8), np.uint16)
J2K = imagecodecs.jpeg2k_encode(_DARK, codecformat="j2k", level=0)
STREAMS = {
    uid.JPEG2000Lossless: J2K,
    uid.HTJ2KLossless: J2K,
    uid.JPEGLSLossless: imagecodecs.jpegls_encode(_DARK),
    uid.JPEGBaseline8Bit: imagecodecs.jpeg8_encode(_DARK.astype(np.uint8)),
}


def tell(path: Path) -> dict[str, object]:
    """What became of a file."""
    from workstation.imaging.picture import Picture, Undecodable
    from workstation.imaging.read_elements import read_elements
    from workstation.imaging.worker import Instances
    from workstation.imaging.worker_messages import FrameWanted

    shown = Instances().content(FrameWanted(str(path), 0, False))
    try:
        rows = [(str(row.name), str(row.value), row.broken) for row in read_elements(path)]
    except Undecodable as reason:
        rows = [("", str(reason), True)]
    said = list(shown.pixels.shape) if isinstance(shown, Picture) else str(shown.text)
    return {"said": said, "rows": rows, "peak": int(memory("VmHWM"))}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps(tell(Path(name))), flush=True)
