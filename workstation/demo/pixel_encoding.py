"""Encodes stored values as Pixel Data of a transfer syntax (PS3.5 8.2), and decodes them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate, generate_frames

Pixels = NDArray[Any]

_QUALITY = 92


def encode(frames: Sequence[Pixels], syntax: str, stored: int) -> bytes:
    """The value of Pixel Data.

    Args:
        frames: Rows × columns, or rows × columns × RGB, unsigned.
        syntax: Transfer Syntax UID.
        stored: Bits Stored.
    """
    if syntax not in _ENCODERS:
        native = b"".join(
            frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes() for frame in frames
        )
        return native + b"\0" * (len(native) % 2)
    return encapsulate([bytes(_ENCODERS[syntax](np.ascontiguousarray(frame), stored)) for frame in frames])


def set_native(dataset: Dataset) -> None:
    """Decompress an object of ours in place, for a peer that takes no compression.

    Raises:
        ValueError: It is not of a syntax we make.
    """
    decoder = _DECODERS.get(dataset.file_meta.TransferSyntaxUID)
    if decoder is None:
        raise ValueError("this transfer syntax is not decompressed here")
    count = int(dataset.get("NumberOfFrames", 1))
    frames = [decoder(frame, dataset) for frame in generate_frames(dataset.PixelData, number_of_frames=count)]
    dataset.PixelData = encode(frames, uid.ExplicitVRLittleEndian, dataset.BitsStored)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    dataset["PixelData"].is_undefined_length = False
    if dataset.SamplesPerPixel == 3:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian


def _run_length(frame: Pixels, _: int) -> bytes:
    """RLE Lossless (PS3.5 annex G): byte planes, the most significant first, rows apart."""
    planes = np.moveaxis(frame.reshape(*frame.shape[:2], -1), -1, 0)
    raw = planes.astype(planes.dtype.newbyteorder(">")).view(np.uint8)
    raw = raw.reshape(*planes.shape, planes.itemsize)
    segments = []
    for plane in raw:
        for index in range(planes.itemsize):
            packed = bytes(imagecodecs.packbits_encode(np.ascontiguousarray(plane[..., index])))
            segments.append(packed + b"\0" * (len(packed) % 2))
    offsets = np.zeros(16, "<u4")
    offsets[0] = len(segments)
    offsets[1 : len(segments) + 1] = 64 + np.cumsum([0, *map(len, segments[:-1])])
    return offsets.tobytes() + b"".join(segments)


def _from_run_length(data: bytes, dataset: Dataset) -> Pixels:
    kind = np.dtype(f"<u{dataset.BitsAllocated // 8}")
    raw = imagecodecs.dicomrle_decode(data, kind)
    planes = np.frombuffer(raw, kind).reshape(dataset.SamplesPerPixel, dataset.Rows, dataset.Columns)
    return np.moveaxis(planes, 0, -1)


def _jpeg(frame: Pixels, _: int) -> Any:
    """Baseline, YCbCr with halved columns of colour (YBR_FULL_422)."""
    if frame.ndim == 2:
        return imagecodecs.jpeg8_encode(frame, level=_QUALITY)
    return imagecodecs.jpeg8_encode(
        frame, level=_QUALITY, colorspace="RGB", outcolorspace="YCBCR", subsampling="422"
    )


_ENCODERS: dict[str, Callable[[Pixels, int], Any]] = {
    uid.RLELossless: _run_length,
    uid.JPEGBaseline8Bit: _jpeg,
    uid.JPEGLosslessSV1: lambda frame, stored: imagecodecs.jpeg_encode(
        frame, lossless=True, predictor=1, bitspersample=stored
    ),
    uid.JPEGLSLossless: lambda frame, _: imagecodecs.jpegls_encode(frame),
    uid.JPEG2000Lossless: lambda frame, _: imagecodecs.jpeg2k_encode(
        frame, level=0, codecformat="j2k", reversible=True, numthreads=1
    ),
}

_DECODERS: dict[str, Callable[[bytes, Dataset], Pixels]] = {
    uid.RLELossless: _from_run_length,
    uid.JPEGBaseline8Bit: lambda data, _: imagecodecs.jpeg8_decode(data),
    uid.JPEGLosslessSV1: lambda data, _: imagecodecs.jpeg8_decode(data),
    uid.JPEGLSLossless: lambda data, _: imagecodecs.jpegls_decode(data),
    uid.JPEG2000Lossless: lambda data, _: imagecodecs.jpeg2k_decode(data),
}
