"""Data sets that are too much of something: nested, inflated, long, many. Explicit VR Little Endian."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache

from tests.peers import wire

DEFLATED = "1.2.840.10008.1.2.1.99"
UNDEFINED = 0xFFFFFFFF

_SEQUENCE = struct.pack("<HH2s2x", 0x0040, 0xA730, b"SQ")
_ITEM, _ITEM_END, _SEQUENCE_END = (struct.pack("<HH", 0xFFFE, number) for number in (0xE000, 0xE00D, 0xE0DD))
_ZERO = struct.pack("<L", 0)


def nested(depth: int, *, defined: bool) -> bytes:
    """A sequence in a sequence, ``depth`` of them; with lengths, or with delimiters."""
    if not defined:
        begin = _SEQUENCE + struct.pack("<L", UNDEFINED) + _ITEM + struct.pack("<L", UNDEFINED)
        return begin * depth + (_ITEM_END + _ZERO + _SEQUENCE_END + _ZERO) * depth
    # one level is 12 bytes of sequence and 8 of item
    return b"".join(
        _SEQUENCE + struct.pack("<L", 20 * left - 12) + _ITEM + struct.pack("<L", 20 * (left - 1))
        for left in range(depth, 0, -1)
    )


@cache
def deflated(head: bytes, zeros: int) -> bytes:
    """``head`` and so many zeros as one OB element, deflated as PS3.5 A.5 has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [packer.compress(head + struct.pack("<HH2s2xL", 0x7FE0, 0x0010, b"OB", zeros))]
    block = bytes(1024 * 1024)
    parts += [packer.compress(block) for _ in range(zeros // len(block))]
    data = b"".join([*parts, packer.flush()])
    return data + b"\0" * (len(data) % 2)


def crowded(count: int) -> bytes:
    """So many elements of a private group, each empty."""
    found = bytearray()
    for number in range(count):
        found += struct.pack("<HH2sH", 0x0029 + 2 * (number // 0xFFFF), 1 + number % 0xFFFF, b"LO", 0)
    return bytes(found)


def long_object(number: int, instance: str, length: int, block: int = 64 * 1024) -> Iterator[bytes]:
    """The C-STORE request of a CT image of ``length`` bytes of pixels, PDU by PDU, on context 1."""
    head = wire.image(instance) + struct.pack("<HH2s2xL", 0x7FE0, 0x0010, b"OW", length)
    whole = wire.store(1, number, instance, head)
    yield from (whole[: -len(head) - 12], wire.pdu(wire.DATA, wire.pdv(1, 0, head)))
    for left in range(length, 0, -block):
        yield wire.pdu(wire.DATA, wire.pdv(1, 2 if left <= block else 0, bytes(min(block, left))))
