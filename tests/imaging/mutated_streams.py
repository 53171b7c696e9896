"""Compressed frames of every codec, damaged where it hurts: at their markers, lengths, fields and tables.

``mutants(seed, first, count)`` yields frames and what their headers say of them, the same for the same seed
and number. Nothing is decoded and no file is written.
"""

from __future__ import annotations

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import imagecodecs
import numpy as np
from pydicom import uid
from pydicom.encaps import generate_frames

from tests.imaging import jpeg_lossless
from workstation.demo.pixel_encoding import encode
from workstation.dicom.transfer_syntaxes import DEFLATED_FRAME
from workstation.imaging.arrays import Array
from workstation.imaging.picture import PixelSpec

ROWS, COLUMNS = 64, 80
BYTES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 0x20, 0x21, 0x3F, 0x7F, 0x80, 0xFE, 0xFF)
WORDS = (0, 1, 2, 3, 7, 8, 16, 32, 255, 256, 4096, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
LONGS = (*WORDS, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
SIZES = (0, 1, 2, 7, 63, 64, 65, 79, 80, 81, 255, 1024, 2048, 4096, 65535)

Frame = tuple[str, bytes, PixelSpec]


@dataclass(frozen=True)
class Whole:
    """A frame that is right, and the places in it where a part begins."""

    name: str
    parts: tuple[bytes, ...]
    spec: PixelSpec


def _grey(bits: int) -> Array:
    across, down = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    noise = np.random.default_rng(bits).integers(0, 1 << bits - 3, (ROWS, COLUMNS))
    top = (1 << bits) - 1
    pixels = (across * top // COLUMNS + down * top // ROWS) // 3 + noise
    return pixels.astype(np.uint8 if bits <= 8 else np.uint16)


def _colour() -> Array:
    return np.stack([_grey(8), _grey(8)[::-1], np.roll(_grey(8), 9)], axis=-1)


def _jpeg(pixels: Array) -> bytes:
    if pixels.ndim == 2:
        return imagecodecs.jpeg8_encode(pixels, level=90)
    return imagecodecs.jpeg8_encode(
        pixels, level=90, colorspace="RGB", outcolorspace="YCBCR", subsampling="420"
    )


def _run_length(pixels: Array) -> bytes:
    coded = encode([pixels], uid.RLELossless, pixels.itemsize * 8)
    return next(generate_frames(coded, number_of_frames=1))


def _deflated(pixels: Array) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(pixels.tobytes()) + deflater.flush()


CODECS: tuple[tuple[str, str, int, Callable[[Array], bytes]], ...] = (
    ("rle", uid.RLELossless, 16, _run_length),
    ("rle", uid.RLELossless, 8, _run_length),
    ("deflated", DEFLATED_FRAME, 16, _deflated),
    ("jpeg-baseline", uid.JPEGBaseline8Bit, 8, _jpeg),
    (
        "jpeg-extended",
        uid.JPEGExtended12Bit,
        12,
        lambda pixels: imagecodecs.jpeg8_encode(pixels, level=90, bitspersample=12),
    ),
    ("jpeg-lossless-1", uid.JPEGLosslessSV1, 16, lambda pixels: jpeg_lossless.encode(pixels, 16, 1)),
    ("jpeg-lossless-1", uid.JPEGLosslessSV1, 8, lambda pixels: jpeg_lossless.encode(pixels, 8, 1)),
    ("jpeg-lossless-6", uid.JPEGLossless, 12, lambda pixels: jpeg_lossless.encode(pixels, 12, 6, restart=8)),
    ("jpeg-ls", uid.JPEGLSLossless, 16, lambda pixels: imagecodecs.jpegls_encode(pixels)),
    ("jpeg-ls", uid.JPEGLSLossless, 8, lambda pixels: imagecodecs.jpegls_encode(pixels)),
    ("jpeg-ls-near", uid.JPEGLSNearLossless, 16, lambda pixels: imagecodecs.jpegls_encode(pixels, level=3)),
    ("jpeg-2000", uid.JPEG2000Lossless, 16, lambda pixels: _j2k(pixels, 0, reversible=True)),
    ("jpeg-2000", uid.JPEG2000Lossless, 8, lambda pixels: _j2k(pixels, 0, reversible=True)),
    ("jpeg-2000-lossy", uid.JPEG2000, 8, lambda pixels: _j2k(pixels, 40, reversible=False)),
    ("htj2k", uid.HTJ2KLossless, 16, lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True)),
    ("htj2k", uid.HTJ2KLosslessRPCL, 8, lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True)),
    (
        "htj2k-lossy",
        uid.HTJ2K,
        8,
        lambda pixels: imagecodecs.htj2k_encode(pixels, level=0.002, reversible=False),
    ),
)
"""Name, transfer syntax, Bits Stored of the grey picture, encoder; with 8 bits there is one of colour too."""


def _j2k(pixels: Array, level: int, *, reversible: bool) -> bytes:
    return imagecodecs.jpeg2k_encode(
        pixels, codecformat="j2k", level=level, reversible=reversible, numthreads=1
    )


@cache
def wholes() -> tuple[Whole, ...]:
    """One frame of every codec, depth and kind of colour."""
    made = []
    for name, syntax, bits, encoder in CODECS:
        for pixels in (_grey(bits), _colour()) if bits == 8 else (_grey(bits),):
            samples = pixels.shape[2] if pixels.ndim == 3 else 1
            allocated = pixels.itemsize * 8
            spec = PixelSpec(
                rows=ROWS,
                columns=COLUMNS,
                samples=samples,
                bits=allocated,
                stored=bits,
                high=bits - 1,
                photometric="RGB" if samples == 3 else "MONOCHROME2",
                syntax=str(syntax),
            )
            title = f"{name} {bits} bit {'colour' if samples == 3 else 'grey'}"
            made.append(Whole(title, tuple(_parts(bytes(encoder(pixels)), syntax)), spec))
    return tuple(made)


def _parts(data: bytes, syntax: str) -> Iterator[bytes]:
    """Marker segments and what lies between them; of RLE its header and its segments."""
    if syntax == uid.RLELossless:
        starts = [0, *struct.unpack("<15I", data[4:64])[: data[0]], len(data)]
        yield from (data[first:last] for first, last in pairwise(starts))
        return
    at = 0
    while at < len(data):
        end = _part_end(data, at)
        yield data[at:end]
        at = end


_NEXT_MARKER = re.compile(rb"\xff[\x90-\xfe]")


def _part_end(data: bytes, at: int) -> int:
    alone = data[at] != 0xFF or data[at + 1] in (0x4F, 0x93, *range(0xD0, 0xDA))
    if alone and data[at : at + 2] in (b"\xff\x4f", b"\xff\xd8", b"\xff\xd9"):
        return at + 2
    if not alone and data[at + 1] != 0:
        return at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    found = _NEXT_MARKER.search(data, at + 2)
    return found.start() if found else len(data)


def _field(dice: random.Random, part: bytearray, first: int = 0) -> None:
    """Set a byte, a word or a long of ``part`` to a value at the edge of what is allowed, or beyond."""
    at = dice.randrange(min(first, len(part) - 1), min(len(part), 80))
    match dice.randrange(4):
        case 0:
            part[at] ^= 1 << dice.randrange(8)
        case 1:
            part[at] = dice.choice(BYTES)
        case 2:
            part[at : at + 2] = struct.pack(">H", dice.choice(WORDS))
        case _:
            part[at : at + 4] = struct.pack(">I", dice.choice(LONGS))


def _noise(dice: random.Random, part: bytearray) -> None:
    """Change bytes anywhere."""
    for _ in range(dice.choice((1, 1, 4, 16))):
        part[dice.randrange(len(part))] = dice.choice((*BYTES, dice.randrange(256)))


def _length(dice: random.Random, part: bytearray) -> None:
    """Let the length of a segment lie, or its content not be as long."""
    match dice.randrange(3):
        case 0:
            part[2:4] = struct.pack(">H", dice.choice(WORDS))
        case 1:
            told = int.from_bytes(part[2:4], "big")
            part[2:4] = struct.pack(">H", (told + dice.choice((-3, -2, -1, 1, 2, 3))) & 0xFFFF)
        case _:
            at = dice.randrange(len(part))
            part[at : at + dice.choice((0, 1, 4))] = dice.randbytes(dice.choice((0, 1, 3)))


def _inside(dice: random.Random, parts: list[bytes]) -> None:
    """Damage one part; header fields more often than what is behind them."""
    short = [number for number, part in enumerate(parts) if 4 <= len(part) <= 200]
    at = dice.choice(short) if short and dice.random() < 0.8 else dice.randrange(len(parts))
    part = bytearray(parts[at]) or bytearray(1)
    dice.choice((_field, _field, _field, _length, _noise))(dice, part)
    parts[at] = bytes(part)


def _between(dice: random.Random, parts: list[bytes]) -> None:
    """Drop, double, swap, cut or add parts, some of another stream."""
    at, other = dice.randrange(len(parts)), dice.randrange(len(parts))
    foreign = dice.choice(dice.choice(wholes()).parts)
    match dice.randrange(8):
        case 0:
            del parts[at]
        case 1:
            parts.insert(at, parts[other])
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            del parts[at + 1 :]
            parts[at] = parts[at][: dice.randrange(len(parts[at]) + 1)]
        case 4:
            del parts[-1]
            parts[-1:] = [parts[-1][: -dice.randrange(1, 40)]] if parts else []
        case 5:
            parts[at] = foreign
        case 6:
            parts.insert(at, foreign)
        case _:
            parts[at] = parts[at][: dice.randrange(len(parts[at]) + 1)] + foreign
    if not parts:
        parts.append(b"")


def _resized(dice: random.Random, parts: list[bytes], spec: PixelSpec) -> PixelSpec:
    """Another size, of which header and stream say the same."""
    rows = dice.choice((spec.rows, dice.choice(SIZES)))
    columns = dice.choice((spec.columns, dice.choice(SIZES)))
    for number, part in enumerate(parts):
        kind = part[:2]
        if kind == b"\xff\x51" and len(part) > 40:
            parts[number] = part[:6] + struct.pack(">II", columns, rows) + part[14:]
        elif kind in (b"\xff\xc0", b"\xff\xc1", b"\xff\xc3", b"\xff\xf7") and len(part) > 9:
            parts[number] = part[:5] + struct.pack(">HH", rows, columns) + part[9:]
    return replace(spec, rows=rows, columns=columns)


def mutant(seed: int, number: int) -> Frame:
    """Frame ``number`` of the series that begins with ``seed``: its codec, its bytes and its header."""
    dice = random.Random(f"{seed}/{number}")
    whole = wholes()[number % len(wholes())]
    parts, spec = list(whole.parts), whole.spec
    if dice.random() < 0.15:
        spec = _resized(dice, parts, spec)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        dice.choice((_inside, _inside, _between))(dice, parts)
    return whole.name, b"".join(parts), spec


def mutants(seed: int, first: int, count: int) -> Iterator[Frame]:
    """So many of them in their order."""
    return (mutant(seed, number) for number in range(first, first + count))
