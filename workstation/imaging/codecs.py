"""From the bytes of one frame to its stored values: imagecodecs, called directly.

It is the one decoder that frees the GIL in every codec. What a stream says of its size is compared with the
header first, and its result afterwards: a hostile stream cannot make us allocate more than that frame.
"""

from __future__ import annotations

import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import imagecodecs
import numpy as np
from pydicom import uid

from workstation.imaging.codestream import for_codec
from workstation.imaging.jpeg import read_stream
from workstation.imaging.picture import MAX_FRAME_BYTES, Array, PixelSpec, Undecodable
from workstation.imaging.stream import Stream

T = TypeVar("T")

_ALWAYS_DECODED = 64 * 1024 * 1024
"""Bytes; what decodes to no more is tried however few data there are: empty pictures compress well."""
_MOST_COMPRESSED = 1000
_MOST_RUN_LENGTH = 64
"""Two bytes of RLE never make more than 128 (PS3.5 G.3.1)."""
_OPENJPH = "ojph error"
_ONE_LISTENS = threading.Lock()
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
NATIVE = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)
_JPEG_LOSSY = frozenset({uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit})
_STREAMS = frozenset(
    {
        *_JPEG_LOSSY,
        *(uid.JPEGLossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEGLSNearLossless),
        *(uid.JPEG2000Lossless, uid.JPEG2000, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Stored values, rows × columns (× samples, interleaved), and how their colours are meant now."""

    pixels: Array
    photometric: str
    complete: bool = True


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
    if spec.syntax in NATIVE:
        return native(data, spec, bit_offset)
    if spec.syntax == DEFLATED_FRAME:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = _guarded(lambda: inflater.decompress(data, -(-spec.frame_bits // 8)), "deflated")
        return native(inflated, spec, 0)
    if spec.syntax == uid.RLELossless:
        return _run_length(data, spec)
    if spec.syntax in _STREAMS:
        return _stream(data, spec)
    raise Undecodable("{syntax} is not supported.", syntax=uid.UID(spec.syntax).name)


def native(data: bytes, spec: PixelSpec, bit_offset: int) -> Decoded:
    """Uncompressed pixel data (PS3.5 8.1.1); what is missing at the end is zero."""
    pixels = spec.rows * spec.columns
    if spec.bits == 1:
        packed = np.frombuffer(data, np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[bit_offset : bit_offset + pixels]
        return Decoded(
            _filled(bits, pixels).reshape(spec.rows, spec.columns), spec.photometric, bits.size == pixels
        )
    if spec.unit == 16:
        words = np.frombuffer(data[: len(data) // 2 * 2], "<u2").byteswap()
        data = words.tobytes()[bit_offset // 8 :]
    kind = f"f{spec.bits // 8}" if spec.floating else f"u{spec.bits // 8}"
    order = ">" if spec.swapped else "<"
    wanted = spec.frame_bits // spec.bits
    flat = np.frombuffer(data, f"{order}{kind}", min(wanted, len(data) * 8 // spec.bits))
    complete = flat.size == wanted
    flat = _filled(flat.astype(kind), wanted)
    if spec.samples == 1:
        return Decoded(_stored(flat.reshape(spec.rows, spec.columns), spec), spec.photometric, complete)
    if spec.photometric == "YBR_FULL_422":
        return Decoded(_upsampled(flat, spec), "YBR_FULL", complete)
    if spec.planar:
        shaped = np.moveaxis(flat.reshape(spec.samples, spec.rows, spec.columns), 0, -1)
    else:
        shaped = flat.reshape(spec.rows, spec.columns, spec.samples)
    return Decoded(shaped, spec.photometric, complete)


def _filled(flat: Array, wanted: int) -> Array:
    if flat.size == wanted:
        return flat
    whole = np.zeros(wanted, flat.dtype)
    whole[: flat.size] = flat
    return whole


def _upsampled(flat: Array, spec: PixelSpec) -> Array:
    """Y Y Cb Cr for each two pixels (PS3.3 C.7.6.3.1.2); rows of odd length are not legal and cut."""
    pairs = flat[: flat.size // 4 * 4].reshape(-1, 4)
    full = np.empty((len(pairs), 2, 3), flat.dtype)
    full[:, :, 0] = pairs[:, :2]
    full[:, :, 1:] = pairs[:, None, 2:]
    pixels = spec.rows * spec.columns
    return _filled(full.reshape(-1), pixels * 3)[: pixels * 3].reshape(spec.rows, spec.columns, 3)


def _stored(pixels: Array, spec: PixelSpec, *, high: int | None = None, signed: bool | None = None) -> Array:
    """Keep Bits Stored below High Bit and extend the sign: garbage and overlays above go."""
    if spec.floating:
        return pixels
    bits = pixels.dtype.itemsize * 8
    signed = spec.signed if signed is None else signed
    high = spec.high if high is None else high
    up, down = bits - 1 - high, bits - min(spec.stored, bits)
    unsigned = pixels.view(f"u{bits // 8}")
    if up > 0:
        unsigned = unsigned << up
    kind = f"{'i' if signed else 'u'}{bits // 8}"
    return unsigned.view(kind) >> down if down > 0 else unsigned.view(kind)


def _guarded(codec: Callable[[], T], what: str) -> T:
    """Run a codec; whatever a C library's wrapper raises means that the frame is broken."""
    try:
        return codec()
    except (ValueError, RuntimeError, IndexError, MemoryError, OSError, TypeError, zlib.error) as broken:
        raise Undecodable("Its {codec} data are broken.", codec=what) from broken


def _run_length(data: bytes, spec: PixelSpec) -> Decoded:
    """RLE Lossless (PS3.5 annex G): byte planes, most significant first."""
    if spec.bits not in (8, 16, 32):
        raise Undecodable("{bits} bits in RLE are not supported.", bits=spec.bits)
    shape = (spec.samples, spec.rows, spec.columns)
    size = spec.decoded_bytes
    if size > _MOST_RUN_LENGTH * len(data):
        raise Undecodable("Its RLE data do not fill the frame.")
    if int.from_bytes(data[:4], "little") != spec.samples * spec.bits // 8:
        raise Undecodable("Its RLE data are broken.")
    kind = np.dtype(f"<u{spec.bits // 8}")
    raw = _guarded(lambda: imagecodecs.dicomrle_decode(data, kind, out=bytearray(size)), "RLE")
    if len(raw) != size:
        raise Undecodable("Its RLE data do not fill the frame.")
    planes: Array = np.frombuffer(raw, kind).reshape(shape)
    if spec.samples == 1:
        return Decoded(_stored(planes[0], spec), spec.photometric)
    return Decoded(np.moveaxis(planes, 0, -1), spec.photometric)


def _stream(data: bytes, spec: PixelSpec) -> Decoded:
    stream = read_stream(data, (spec.rows, spec.columns, spec.samples))
    pixels, photometric, complete = _by_process(data, spec, stream)
    wanted = (spec.rows, spec.columns) if spec.samples == 1 else (spec.rows, spec.columns, spec.samples)
    planes = (spec.samples, spec.rows, spec.columns)
    if spec.samples > 1 and pixels.shape == planes and (planes != wanted or _in_planes(data, stream)):
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.size != np.prod(wanted):
        raise Undecodable("Its compressed data do not fill the frame.")
    pixels = pixels.reshape(wanted)
    if spec.samples > 1:
        return Decoded(pixels, photometric, complete)
    signed = spec.signed or stream.signed
    high = min(spec.stored, pixels.dtype.itemsize * 8) - 1
    return Decoded(_stored(pixels, spec, high=high, signed=signed), photometric, complete)


def _in_planes(data: bytes, stream: Stream) -> bool:
    """Whether a stream of JPEG-LS has a scan for each colour: then, and only then, it is decoded so."""
    scan = data.find(b"\xff\xda")
    return stream.process == 0xF7 and data[scan + 4 : scan + 5] == b"\1"


def _by_process(data: bytes, spec: PixelSpec, stream: Stream) -> tuple[Array, str, bool]:
    """Call the codec the stream itself asks for: transfer syntaxes lie, markers do not."""
    photometric, complete = spec.photometric, stream.complete
    if stream.process == 0:
        data = for_codec(data)
        if photometric in ("YBR_ICT", "YBR_RCT"):  # the codec undoes it
            photometric = "RGB"
        # OpenJPH wraps 255 to 0 in lossy colour
        if stream.high_throughput and spec.syntax in (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL):
            pixels, whole = _high_throughput(data)
            return pixels, photometric, complete and whole
        return _guarded(lambda: _jpeg2000(data, complete=complete), "JPEG 2000"), photometric, complete
    if stream.process == 0xF7:
        return _guarded(lambda: imagecodecs.jpegls_decode(data), "JPEG-LS"), photometric, complete
    if stream.process == 0xC3:
        return _guarded(lambda: imagecodecs.jpeg8_decode(data), "JPEG Lossless"), photometric, complete
    if spec.samples == 1:
        return _guarded(lambda: imagecodecs.jpeg8_decode(data), "JPEG"), photometric, complete
    ycc = photometric.startswith("YBR") if stream.ycc is None else stream.ycc
    coded = "YCBCR" if ycc else "RGB"
    pixels = _guarded(lambda: imagecodecs.jpeg8_decode(data, colorspace=coded, outcolorspace="RGB"), "JPEG")
    return pixels, "RGB", complete


def _jpeg2000(data: bytes, *, complete: bool) -> Array:
    """OpenJPEG takes it ill if nothing but the end marker is missing."""
    try:
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    except (ValueError, RuntimeError):
        if complete:
            raise
        return np.asarray(imagecodecs.jpeg2k_decode(data + b"\xff\xd9"))


def _high_throughput(data: bytes) -> tuple[Array, bool]:
    """Decode with OpenJPH; False: it gave up on the way, and the rest is black."""
    with _listening() as gave_up:
        pixels = _guarded(lambda: imagecodecs.htj2k_decode(data), "JPEG 2000")
    if gave_up and not pixels.any():
        raise Undecodable("Its {codec} data are broken.", codec="JPEG 2000")
    return pixels, not gave_up


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What OpenJPH says meanwhile: imagecodecs does not raise it, but has Python print it, in two ways."""
    said: list[str] = []
    with _ONE_LISTENS:
        printed, unraisable = sys.excepthook, sys.unraisablehook

        def hear(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
            if _OPENJPH in str(value):
                said.append(str(value))
            else:
                printed(kind, value, trace)

        def hear_unraisable(message: sys.UnraisableHookArgs) -> None:
            if _OPENJPH in str(message.exc_value):
                said.append(str(message.exc_value))
            else:
                unraisable(message)

        sys.excepthook, sys.unraisablehook = hear, hear_unraisable
        try:
            yield said
        finally:
            sys.excepthook, sys.unraisablehook = printed, unraisable
