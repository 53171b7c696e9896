"""Decodes the bytes of one frame to stored values, by imagecodecs.

imagecodecs releases the GIL in every codec. The size a stream declares is compared with the header before
decoding, and the result afterwards: a hostile stream cannot cause a larger allocation than that frame.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import imagecodecs
import numpy as np
from pydicom import uid

from workstation.dicom.transfer_syntaxes import (
    DEFLATED_FRAME,
    NATIVE,
    RLE,
    STREAMS,
    UNCOMPRESSED_FRAGMENTS,
)
from workstation.errors import UserMessage
from workstation.imaging.arrays import Array
from workstation.imaging.codec_call import guarded
from workstation.imaging.compressed_stream import Stream, UnknownStream
from workstation.imaging.decode_jpeg2000 import colours_differ, decode_jpeg2000
from workstation.imaging.decoded_frame import Decoded, stored_values
from workstation.imaging.jpeg import read_stream
from workstation.imaging.native_pixels import native
from workstation.imaging.picture import MAX_FRAME_BYTES, Mark, PixelSpec, Undecodable, doubtful, incomplete
from workstation.imaging.run_length import decode_run_length

_ALWAYS_DECODED = 64 * 1024 * 1024
"""Bytes; what decodes to no more is tried however few data there are: empty pictures compress well."""
_MOST_COMPRESSED = 1000
_ONE_SAMPLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")


def decode(data: bytes, spec: PixelSpec, bit_offset: int = 0) -> Decoded:
    """Decode one frame; unused bits are cleared, signed values carry their sign.

    Args:
        data: The frame as it lies in the file.
        spec: What the header says of it.
        bit_offset: Where a native frame begins in ``data``, if not at its first bit.

    Raises:
        Undecodable: No codec for it, or the data are broken; with the reason in words.
    """
    if spec.rows < 1 or spec.columns < 1 or spec.decoded_bytes > MAX_FRAME_BYTES:
        raise Undecodable(
            "A frame of {rows} × {columns} pixels is not drawn.", rows=spec.rows, columns=spec.columns
        )
    if spec.decoded_bytes > max(_ALWAYS_DECODED, _MOST_COMPRESSED * len(data)):
        raise Undecodable(
            "Its data are too few for {rows} × {columns} pixels.", rows=spec.rows, columns=spec.columns
        )
    return _coloured(_decoded(data, spec, bit_offset))


def _decoded(data: bytes, spec: PixelSpec, bit_offset: int) -> Decoded:
    if spec.syntax in NATIVE or spec.syntax == UNCOMPRESSED_FRAGMENTS:
        return native(data, spec, bit_offset)
    if spec.syntax == DEFLATED_FRAME:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = guarded(lambda: inflater.decompress(data, -(-spec.frame_bits // 8)), "deflated")
        return native(inflated, spec, 0)
    if spec.syntax == RLE:
        return _run_length(data, spec)
    try:
        return _stream(data, spec)
    except UnknownStream:
        if spec.syntax in STREAMS:
            raise
        raise Undecodable("{syntax} is not supported.", syntax=uid.UID(spec.syntax).name) from None


def _coloured(decoded: Decoded) -> Decoded:
    """What the header says of the colours, unless the samples cannot be meant so.

    The codec has undone the transforms of JPEG 2000. The irreversible one has the formula of YBR_FULL, so the
    encoder may have applied it before. The reversible one needs nine bits, so samples of eight were RGB.
    """
    declared = decoded.photometric
    if decoded.pixels.ndim < 3:
        found = declared if declared in _ONE_SAMPLE else "MONOCHROME2"
    else:
        found = {"YBR_ICT": "YBR_FULL", "YBR_RCT": "RGB"}.get(declared, declared)
        if declared in (*_ONE_SAMPLE, "") and decoded.complete:  # all three samples are there
            found = "RGB"
    if found == declared:
        return decoded
    return replace(decoded, photometric=found, marks=(*decoded.marks, colours_differ(declared)))


def _run_length(data: bytes, spec: PixelSpec) -> Decoded:
    planes, present, marks = decode_run_length(data, spec)
    some = present if present < spec.rows * spec.columns else None
    if spec.samples == 1:
        pixels = stored_values(planes[0], spec)
    else:
        planes = planes if spec.bits <= 8 else stored_values(planes, spec, signed=False)
        pixels = np.moveaxis(planes, 0, -1)
    return Decoded(pixels, spec.photometric, spec.stored, some, marks)


def _stream(data: bytes, spec: PixelSpec) -> Decoded:
    stream = read_stream(data, (spec.rows, spec.columns, spec.samples))
    pixels, photometric, marks = _by_process(data, spec, stream)
    wanted = (spec.rows, spec.columns) if spec.samples == 1 else (spec.rows, spec.columns, spec.samples)
    planes = (spec.samples, spec.rows, spec.columns)
    if spec.samples > 1 and pixels.shape == planes and (planes != wanted or _in_planes(data, stream)):
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.size != np.prod(wanted):
        raise Undecodable("Its compressed data do not fill the frame.")
    pixels = pixels.reshape(wanted)
    if not stream.complete:
        marks = (incomplete("Its compressed data break off."), *marks)
    stored = spec.stored
    if stream.lossy and stream.precision == spec.bits:
        pixels = _limited(pixels, spec)
    if _exceeds(pixels, spec, stream):
        stored = stream.precision
        if not stream.lossy:  # else values may overshoot
            marks = (*marks, _differ("{bits} bits", spec.stored, stored))
    if spec.samples > 1:
        bits = spec.stored if stream.precision == spec.bits else stream.precision
        return Decoded(pixels, photometric, bits, None, marks)
    if stream.process == 0 and stream.signed != spec.signed:
        marks = (*marks, doubtful("Its header and its compressed data differ in whether values are signed."))
    high = spec.high if stream.precision == spec.bits else stored - 1
    high = min(high, pixels.dtype.itemsize * 8 - 1)
    values = stored_values(
        pixels, replace(spec, stored=stored), high=high, signed=spec.signed or stream.signed
    )
    return Decoded(values, photometric, stored, None, marks)


def _limited(pixels: Array, spec: PixelSpec) -> Array:
    """Values that overshoot Bits Stored become the largest one or the smallest; else white were black."""
    signed = pixels.dtype.kind == "i"
    if spec.high != spec.stored - 1 or spec.signed != signed or spec.samples > 1:
        return pixels
    lowest = -(1 << spec.stored - 1) if signed else 0
    return np.clip(pixels, lowest, lowest + (1 << spec.stored) - 1)


def _exceeds(pixels: Array, spec: PixelSpec, stream: Stream) -> bool:
    """Whether values need more bits than the header says, though the encoder did not take whole cells.

    Where it did, what stands above the stored bits is an overlay, or nothing (PS3.5 8.1.1).
    """
    if not spec.stored < stream.precision != spec.bits or pixels.dtype.kind not in "iu":
        return False
    lowest = -(1 << spec.stored - 1) if pixels.dtype.kind == "i" else 0
    return bool(pixels.max() >= 1 << spec.stored or pixels.min() < lowest)


def _differ(what: str, declared: int, held: int) -> Mark:
    return doubtful(
        "Its header says {declared}, its compressed data {held}.",
        declared=UserMessage(what, bits=declared),
        held=UserMessage(what, bits=held),
    )


def _in_planes(data: bytes, stream: Stream) -> bool:
    """Whether a stream of JPEG-LS has a scan for each colour: then, and only then, it is decoded so."""
    scan = data.find(b"\xff\xda")
    return stream.process == 0xF7 and data[scan + 4 : scan + 5] == b"\1"


def _by_process(data: bytes, spec: PixelSpec, stream: Stream) -> tuple[Array, str, tuple[Mark, ...]]:
    """Call the codec that the markers of the stream name: the transfer syntax may be wrong."""
    if stream.process == 0:
        return decode_jpeg2000(data, spec, stream)
    if stream.process == 0xF7:
        return guarded(lambda: imagecodecs.jpegls_decode(data), "JPEG-LS"), spec.photometric, ()
    if stream.process == 0xC3:
        return _lossless(data, spec, stream)
    if spec.samples == 1:
        return guarded(lambda: imagecodecs.jpeg8_decode(data), "JPEG"), spec.photometric, ()
    ycc = spec.photometric.startswith("YBR") if stream.ycc is None else stream.ycc
    coded = "YCBCR" if ycc else "RGB"
    pixels = guarded(lambda: imagecodecs.jpeg8_decode(data, colorspace=coded, outcolorspace="RGB"), "JPEG")
    return pixels, "RGB", ()


def _lossless(data: bytes, spec: PixelSpec, stream: Stream) -> tuple[Array, str, tuple[Mark, ...]]:
    """JPEG Lossless, whose codec must not try to convert colours: it refuses to."""
    if spec.samples < 3:
        return guarded(lambda: imagecodecs.jpeg8_decode(data), "JPEG Lossless"), spec.photometric, ()
    space = "RGB" if spec.samples == 3 else None
    pixels = guarded(
        lambda: imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space), "JPEG Lossless"
    )
    declared = spec.photometric
    if stream.ycc is None or stream.ycc == declared.startswith("YBR"):
        return pixels, declared, ()
    return pixels, "YBR_FULL" if stream.ycc else "RGB", (colours_differ(declared),)
