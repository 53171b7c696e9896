"""Converts the data set of a file to another transfer syntax, for an archive that does not accept it as is.

Runs in the decoding process.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from workstation.dicom.part10 import MAX_META, read_head
from workstation.dicom.transfer_syntaxes import (
    DEFLATED_LE,
    EXPLICIT_BE,
    IMPLICIT_LE,
    LOSSLESS_DECODABLE,
    NATIVE,
)
from workstation.imaging import image_header
from workstation.imaging.codecs import decode
from workstation.imaging.dataset_recoding import PIXEL_DATA, Changes, Value, recoded
from workstation.imaging.frame_source import frame_source
from workstation.imaging.frames import FrameSource
from workstation.imaging.picture import Undecodable
from workstation.imaging.reading import inflated, read_header
from workstation.imaging.worker_messages import MAX_ARRAYS, Converted

_PHOTOMETRIC, _PLANAR, _LOSSY = 0x00280004, 0x00280006, 0x00282110
_OFFSET_TABLES = (0x7FE00001, 0x7FE00002, 0x7FE00003)
_DOUBTFUL = "Its pixel data are not as its header says."
_TOO_BIG = "It is too big to be converted."


def convert(path: Path, syntax: str, *, lossy: bool) -> Converted:
    """The data set of ``path`` in ``syntax``, Explicit or Implicit VR Little Endian.

    Losslessly compressed pixel data are decoded to the values they stand for; lossily compressed ones, too,
    if ``lossy`` (PS3.5 8.2, annex A; PS3.3 C.7.6.3 for what follows from it).

    Raises:
        Undecodable: It is signed, lossily compressed, or not understood to its end.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        meta = read_head(file.read(MAX_META))
        if isinstance(meta, str):
            raise Undecodable("It is not a DICOM file.")
        stored = meta.transfer_syntax
        changes = {} if stored in NATIVE else _decoded(file, path, stored, lossy=lossy)
        file.seek(meta.offset)
        body = _body(file, stored)
    pieces = recoded(
        body,
        implicit=stored == IMPLICIT_LE,
        big=stored == EXPLICIT_BE,
        to_implicit=syntax == IMPLICIT_LE,
        changes=changes,
    )
    return Converted(_joined(pieces))


def _body(file: BinaryIO, syntax: str) -> Value:
    if syntax == DEFLATED_LE:
        return inflated(file, MAX_ARRAYS).getbuffer()
    body = file.read(MAX_ARRAYS + 1)
    if len(body) > MAX_ARRAYS:
        raise Undecodable(_TOO_BIG)
    return body


def _joined(pieces: list[Value]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    size = sum(map(len, pieces))
    if size > MAX_ARRAYS - 64:
        raise Undecodable(_TOO_BIG)
    whole, at = np.empty(size, np.uint8), 0
    view = memoryview(whole.data)
    for piece in pieces:
        view[at : at + len(piece)] = piece
        at += len(piece)
    return whole


def _decoded(file: BinaryIO, path: Path, syntax: str, *, lossy: bool) -> Changes:
    """What changes in the data set when its compressed pixel data are decoded."""
    if syntax not in LOSSLESS_DECODABLE and not lossy:
        raise Undecodable("It is lossily compressed, or in a syntax that is not decoded for sending.")
    file.seek(0)
    read = read_header(file, path)
    if read.pixels is None:
        return {}
    if read.pixels.keyword != "PixelData":
        raise Undecodable("Its pixel data are not integers.")
    source = frame_source(read, read.pixels, path)
    frames = image_header.integer(read.dataset, "NumberOfFrames")
    if not source.frames or source.count != max(1, 1 if frames is None else frames):
        raise Undecodable("Its compressed data are not as many frames as it says.")
    if source.marks:
        raise Undecodable(_DOUBTFUL)
    pixels, photometric = _pixels(source)
    changes: dict[int, tuple[bytes, Value] | None] = dict.fromkeys(_OFFSET_TABLES)
    changes[_PHOTOMETRIC] = (b"CS", photometric.encode("ascii"))
    if source.spec.samples > 1:
        changes[_PLANAR] = (b"US", b"\0\0")
    if syntax not in LOSSLESS_DECODABLE:
        changes[_LOSSY] = (b"CS", b"01")
    changes[PIXEL_DATA] = (b"OW", pixels)
    return changes


def _pixels(source: FrameSource) -> tuple[bytearray, str]:
    """All frames, samples interleaved, and what their colours mean then.

    Bits above the stored ones are kept: overlays may lie there.
    """
    spec = source.spec
    if spec.bits not in (8, 16, 32):
        raise Undecodable("{bits} bits are not decoded for sending.", bits=spec.bits)
    if source.count * spec.decoded_bytes > MAX_ARRAYS:
        raise Undecodable(_TOO_BIG)
    bytes_each = spec.bits // 8
    every_bit = replace(spec, stored=spec.bits, high=spec.bits - 1)
    out, photometric = io.BytesIO(), spec.photometric
    for frame in range(source.count):
        decoded = decode(source.read(frame), every_bit)
        if not decoded.complete or decoded.pixels.dtype.itemsize > bytes_each:
            raise Undecodable("Its compressed data do not fill the frame.")
        if decoded.marks:
            raise Undecodable(_DOUBTFUL)
        values = decoded.pixels
        out.write(np.ascontiguousarray(values, f"<{values.dtype.kind}{bytes_each}").tobytes())
        photometric = decoded.photometric
    if photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):  # no codec here leaves colours subsampled
        photometric = "YBR_FULL"
    return bytearray(out.getbuffer()), photometric
