"""Decodes JPEG 2000 and HTJ2K code streams whose headers were checked, and tells their colour model."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import imagecodecs
import numpy as np
from pydicom import uid

from workstation.imaging.arrays import Array
from workstation.imaging.codec_call import guarded
from workstation.imaging.codestream import for_codec
from workstation.imaging.compressed_stream import Stream
from workstation.imaging.picture import Mark, PixelSpec, Undecodable, doubtful, incomplete

_OPENJPH = "ojph error"
_ONE_LISTENS = threading.Lock()


def decode_jpeg2000(data: bytes, spec: PixelSpec, stream: Stream) -> tuple[Array, str, tuple[Mark, ...]]:
    """The samples of a code stream, their colour model, and what was wrong.

    Raises:
        Undecodable: It is broken.
    """
    data = for_codec(data)
    photometric, marks = _component_transform(spec, stream)
    # OpenJPH wraps 255 to 0 in lossy colour
    if stream.high_throughput and spec.syntax in (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL):
        pixels, whole = _high_throughput(data)
        if not whole and stream.complete:
            marks = (*marks, incomplete("Its compressed data break off."))
        return pixels, photometric, marks
    complete = stream.complete
    return guarded(lambda: _jpeg2000(data, complete=complete), "JPEG 2000"), photometric, marks


def _component_transform(spec: PixelSpec, stream: Stream) -> tuple[str, tuple[Mark, ...]]:
    """How the colours are meant once it is decoded: what COD says of them, then the header.

    The codec undoes the transform of COD (ISO/IEC 15444-1 annex G).
    """
    declared = spec.photometric
    if spec.samples < 3 or not stream.transformed:
        return declared, ()
    differ = declared.startswith("YBR") and declared not in ("YBR_ICT", "YBR_RCT")
    return "RGB", (colours_differ(declared),) if differ else ()


def colours_differ(declared: str) -> Mark:
    """The stream, or what it lacks, says something else of the colours than the header."""
    if not declared:
        return doubtful("Its header does not say what its colours are.")
    return doubtful("Its colours are not stored as {model}, which its header says.", model=declared)


def _jpeg2000(data: bytes, *, complete: bool) -> Array:
    """Decode with OpenJPEG, which rejects a stream that lacks only its end marker."""
    try:
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    except (ValueError, RuntimeError):
        if complete:
            raise
        return np.asarray(imagecodecs.jpeg2k_decode(data + b"\xff\xd9"))


def _high_throughput(data: bytes) -> tuple[Array, bool]:
    """Decode with OpenJPH; False: it gave up on the way, and the rest is black."""
    with _captured_messages() as gave_up:
        pixels = guarded(lambda: imagecodecs.htj2k_decode(data), "JPEG 2000")
    if gave_up and not pixels.any():
        raise Undecodable("Its {codec} data are broken.", codec="JPEG 2000")
    return pixels, not gave_up


@contextmanager
def _captured_messages() -> Iterator[list[str]]:
    """Capture the errors of OpenJPH, which imagecodecs does not raise but lets Python print, in two ways."""
    messages: list[str] = []
    with _ONE_LISTENS:
        printed, unraisable = sys.excepthook, sys.unraisablehook

        def capture(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
            if _OPENJPH in str(value):
                messages.append(str(value))
            else:
                printed(kind, value, trace)

        def capture_unraisable(message: sys.UnraisableHookArgs) -> None:
            if _OPENJPH in str(message.exc_value):
                messages.append(str(message.exc_value))
            else:
                unraisable(message)

        sys.excepthook, sys.unraisablehook = capture, capture_unraisable
        try:
            yield messages
        finally:
            sys.excepthook, sys.unraisablehook = printed, unraisable
