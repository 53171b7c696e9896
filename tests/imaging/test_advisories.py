"""Known holes of the codecs that nothing reaches, as ``.github/SECURITY.md`` says."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from workstation.imaging.codecs import decode
from workstation.imaging.picture import PixelSpec, Undecodable

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
JPEG_LS = bytes(imagecodecs.jpegls_encode(GREY))


def spec(rows: int, columns: int) -> PixelSpec:
    return PixelSpec(
        rows,
        columns,
        samples=1,
        bits=8,
        stored=8,
        high=7,
        photometric="MONOCHROME2",
        syntax=uid.JPEGLSLossless,
    )


def oversize(rows: int, columns: int, *, told: tuple[int, int] = (0, 0), before: bool = True) -> bytes:
    """A JPEG-LS stream with its size in an LSE segment (ISO/IEC 14495-1 C.2.4.1.4).

    Args:
        rows: In the segment.
        columns: In the segment.
        told: Rows and columns in the frame header.
        before: The segment stands in front of the frame header, else behind it.
    """
    segment = b"\xff\xf8" + struct.pack(">HBBII", 12, 4, 4, rows, columns)
    header = JPEG_LS.index(b"\xff\xf7")
    end = header + 2 + int.from_bytes(JPEG_LS[header + 2 : header + 4], "big")
    place = header if before else end
    data = bytearray(JPEG_LS)
    data[header + 5 : header + 9] = struct.pack(">HH", *told)
    return bytes(data[:place] + segment + data[place:])


def test_charls_follows_the_segment() -> None:
    assert np.array_equal(imagecodecs.jpegls_decode(oversize(16, 16)), GREY)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    "size", [(16, 16), (200_000, 200_000), (2**32 - 1, 2**32 - 1), (2**31, 2), (1, 2**32 - 1)]
)
@pytest.mark.parametrize("header", [(16, 16), (65535, 65535), (0, 0), (1, 65535)])
def test_no_size_beyond_the_header_reaches_charls(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], header: tuple[int, int], *, before: bool
) -> None:
    called: list[int] = []
    monkeypatch.setattr(imagecodecs, "jpegls_decode", lambda data: called.append(len(data)))
    with pytest.raises(Undecodable):
        decode(oversize(*size, before=before), spec(*header))
    assert called == []


@pytest.mark.parametrize("before", [True, False])
def test_a_second_size_is_refused_by_charls_itself(*, before: bool) -> None:
    with pytest.raises(Undecodable):
        decode(oversize(200_000, 200_000, told=(16, 16), before=before), spec(16, 16))
