"""Conversations made wrong at random, but the same for the same seed, and aware of where in one they are."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from itertools import pairwise

from tests.peers import wire
from tests.peers.hostile import Script

_BYTES = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)
_LENGTHS = (0, 1, 2, 5, 6, 7, 0x7FFF, 0xFFFE, 0xFFFF, 0x10000, 0x1000000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
_STRAYS = (
    wire.release(wire.RELEASE_RQ),
    wire.release(wire.RELEASE_RP),
    wire.abort(2, 6),
    wire.reject(1, 1, 7),
    wire.pdu(wire.DATA, b""),
    wire.pdu(wire.DATA, wire.pdv(1, 3, b"")),
    wire.associate(wire.AC, []),
    wire.associate(wire.RQ, [wire.proposed(1, wire.CT, wire.EXPLICIT)]),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


def mutated(script: Script, seed: int) -> tuple[int, bytes]:
    """Where a conversation goes wrong, and what is said from there on instead of its rest.

    The bytes before are left as they are, so that our side is in the state that belongs to that place.
    """
    dice = random.Random(seed)
    pdus = [script.said[begin:end] for begin, end in pairwise(script.boundaries)]
    victim = dice.randrange(len(pdus))
    rest = pdus[victim:]
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        if dice.random() < 0.25:
            _shuffle(rest, dice)
        else:
            which = 0 if dice.random() < 0.7 else dice.randrange(len(rest))
            rest[which] = _wrong(rest[which], dice)
    return script.boundaries[victim], b"".join(rest)


def _shuffle(pdus: list[bytes], dice: random.Random) -> None:
    """Leave a PDU out, say it twice, change the order, or put in one that has no place there."""
    which = dice.randrange(len(pdus))
    match dice.randrange(4):
        case 0 if len(pdus) > 1:
            del pdus[which]
        case 1:
            pdus.insert(which, pdus[which])
        case 2:
            dice.shuffle(pdus)
        case _:
            pdus.insert(which, dice.choice(_STRAYS))


def _wrong(pdu: bytes, dice: random.Random) -> bytes:
    """Bytes changed, lengths lied about, a part left out, doubled or cut off, the header kept true or not."""
    found = bytearray(pdu or b"\0")
    at = dice.randrange(len(found))
    match dice.randrange(7):
        case 0 | 1:
            found[at] = dice.choice((*_BYTES, dice.randrange(256)))
        case 2:
            del found[at : at + dice.randrange(1, 20)]
        case 3:
            found[at:at] = found[at : at + dice.randrange(1, 40)]
        case 4:
            _lie(found, at, dice)
        case 5:
            found[at:at] = dice.randbytes(dice.randrange(1, 200))
        case _:
            del found[at:]
    if len(found) >= 6 and dice.random() < 0.5:
        struct.pack_into(">L", found, 2, len(found) - 6)  # so that what is wrong is inside
    return bytes(found)


def _lie(found: bytearray, at: int, dice: random.Random) -> None:
    length = dice.choice(_LENGTHS)
    layout: str = dice.choice((">L", "<L", ">H", "<H"))
    value = length & (0xFFFFFFFF if layout[1] == "L" else 0xFFFF)
    packed = struct.pack(layout, value)
    found[at : at + len(packed)] = packed


def varied(scripts: Sequence[Script], seed: int) -> tuple[Script, int, bytes]:
    """One of the scripts, gone wrong: the script, where, and how."""
    script = random.Random(seed).choice(scripts)
    return script, *mutated(script, seed)
