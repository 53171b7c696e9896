"""Known holes of the codecs that nothing reaches, as ``.github/SECURITY.md`` says."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from workstation.imaging.codecs import decode
from workstation.imaging.picture import PixelSpec, Undecodable

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
HERE = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
JPEG_LS = bytes(imagecodecs.jpegls_encode(GREY))


def spec(
    rows: int,
    columns: int,
    syntax: str = uid.JPEGLSLossless,
    samples: int = 1,
    photometric: str = "MONOCHROME2",
) -> PixelSpec:
    values = {"bits": 8, "stored": 8, "high": 7}
    return PixelSpec(
        rows=rows, columns=columns, samples=samples, photometric=photometric, syntax=syntax, **values
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


# --- JPEG 2000 ---------------------------------------------------------------------------------------------


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def with_segment(added: bytes, parts: int = 1) -> bytes:
    """GREY in JPEG 2000, with ``added`` in its main header and empty tile-parts that it does not count."""
    data = bytes(imagecodecs.jpeg2k_encode(GREY, level=0, codecformat="j2k"))
    at = data.index(b"\xff\x90")
    (size,) = struct.unpack_from(">I", data, at + 6)
    first = bytearray(data[at : at + size])
    first[11] = 0
    more = [b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 14, part, 0) + b"\xff\x93" for part in range(1, parts)]
    return data[:at] + added + bytes(first) + b"".join(more) + b"\xff\xd9"


def lengths() -> bytes:
    """One tile-part's length (TLM, ISO/IEC 15444-1 A.7.1)."""
    data = with_segment(b"")
    (size,) = struct.unpack_from(">I", data, data.index(b"\xff\x90") + 6)
    return segment(0x55, struct.pack(">BBBI", 0, 0x50, 0, size))


LISTS = {"by itself": lengths(), "in an unknown segment": segment(0x70, bytes(2) + lengths())}


@pytest.mark.parametrize("added", LISTS.values(), ids=LISTS)
def test_no_list_of_lengths_reaches_openjpeg(monkeypatch: pytest.MonkeyPatch, added: bytes) -> None:
    given: list[bytes] = []

    def jpeg2k_decode(data: bytes) -> np.ndarray:
        given.append(data)
        return GREY

    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", jpeg2k_decode)
    decode(with_segment(added, parts=255), spec(16, 16, uid.JPEG2000Lossless))
    (stream,) = given
    assert lengths() not in stream
    assert (
        stream[stream.index(b"\xff\x90") :]
        == with_segment(b"", parts=255)[with_segment(b"").index(b"\xff\x90") :]
    )


@pytest.mark.parametrize("added", LISTS.values(), ids=LISTS)
def test_a_list_of_lengths_that_is_not_true_ends_no_process(added: bytes) -> None:
    program = """
import sys
from tests.imaging.test_advisories import GREY, decode, np, spec, uid
for _ in range(3):
    decoded = decode(sys.stdin.buffer.peek(), spec(16, 16, uid.JPEG2000Lossless))
    assert np.array_equal(decoded.pixels, GREY)
"""
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(
        command, input=with_segment(added, parts=255), env=HERE, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_colour_profile_within_a_frame_changes_nothing() -> None:
    colours = np.random.default_rng(1).integers(0, 255, (16, 16, 3), np.uint8)
    data = bytes(imagecodecs.jpeg2k_encode(colours, level=0, codecformat="jp2", colorspace="RGB"))
    profile = b"\2\0\0" + bytes(imagecodecs.cms_profile("adobergb"))
    header, box = data.index(b"jp2h") - 4, data.index(b"colr") - 4
    (outer,), (inner,) = struct.unpack_from(">I", data, header), struct.unpack_from(">I", data, box)
    colour = struct.pack(">I", 8 + len(profile)) + b"colr" + profile
    data = (
        data[:header]
        + struct.pack(">I", outer - inner + len(colour))
        + data[header + 4 : box]
        + colour
        + data[box + inner :]
    )
    assert not np.array_equal(imagecodecs.jpeg2k_decode(data), colours)
    told = spec(16, 16, uid.JPEG2000Lossless, samples=3, photometric="RGB")
    assert np.array_equal(decode(data, told).pixels, colours)
