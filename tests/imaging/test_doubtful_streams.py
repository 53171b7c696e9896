"""Streams that say something else than the header, or hold more or less: drawn right, and marked."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import uid
from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QImageWriter

from tests.imaging.made import (
    compressed,
    image,
    noise,
    picture,
    reasons,
    run_length,
    saved,
    shown,
    smooth,
    to_ybr,
)
from workstation.imaging.codecs import decode
from workstation.imaging.picture import PixelSpec, Undecodable


def jpeg2000(samples: np.ndarray, *, transformed: bool, reversible: bool) -> bytes:
    stream = imagecodecs.jpeg2k_encode(
        samples, codecformat="j2k", level=0 if reversible else 60, reversible=reversible, mct=transformed
    )
    assert stream[stream.index(b"\xff\x52") + 8] == transformed
    return bytes(stream)


@pytest.mark.parametrize("reversible", [True, False])
@pytest.mark.parametrize(
    ("told", "marked"),
    [
        ("YBR_RCT", False),
        ("YBR_ICT", False),
        ("RGB", False),
        ("YBR_FULL", True),
        ("YBR_FULL_422", True),
        ("YBR_PARTIAL_422", True),
    ],
)
def test_a_transform_in_the_stream_is_believed(
    tmp_path: Path, told: str, marked: bool, reversible: bool
) -> None:
    rgb = smooth()
    stream = jpeg2000(rgb, transformed=True, reversible=reversible)
    path = saved(tmp_path / "a", compressed(image(rgb, told), uid.JPEG2000, stream))
    assert np.abs(shown(path).astype(int) - rgb).max() <= 4
    assert bool(reasons(path)) == marked


@pytest.mark.parametrize(
    ("told", "held", "marked"),
    [
        ("RGB", "RGB", False),
        ("YBR_FULL", "YBR", False),
        ("YBR_FULL_422", "YBR", False),
        ("YBR_ICT", "YBR", True),
        ("YBR_RCT", "RGB", True),
    ],
)
def test_without_a_transform_the_header_is(tmp_path: Path, told: str, held: str, marked: bool) -> None:
    rgb = smooth()
    stream = jpeg2000(to_ybr(rgb) if held == "YBR" else rgb, transformed=False, reversible=True)
    path = saved(tmp_path / "a", compressed(image(rgb, told), uid.JPEG2000Lossless, stream))
    assert np.abs(shown(path).astype(int) - rgb).max() <= 3
    assert bool(reasons(path)) == marked


@pytest.mark.parametrize(
    ("encode", "stored", "precision", "believed"),
    [("ljpeg", 8, 12, "stream"), ("ljpeg", 12, 16, "header"), ("jpegls", 12, 16, "header")],
)
def test_bits_of_the_stream(tmp_path: Path, encode: str, stored: int, precision: int, believed: str) -> None:
    """Of whole cells, the bits above the stored ones are none of the picture."""
    pixels = noise(16, 16, most=1 << precision, kind="<u2")
    pixels[0, 0] = (1 << precision) - 1
    lossless = encode == "ljpeg"
    stream = (
        imagecodecs.ljpeg_encode(pixels, bitspersample=precision)
        if lossless
        else imagecodecs.jpegls_encode(pixels)
    )
    syntax = uid.JPEGLosslessSV1 if lossless else uid.JPEGLSLossless
    path = saved(tmp_path / "a", compressed(image(pixels, BitsStored=stored), syntax, stream))
    wanted = pixels if believed == "stream" else pixels & ((1 << stored) - 1)
    np.testing.assert_array_equal(picture(path).pixels, wanted)
    assert bool(reasons(path)) == (believed == "stream")


def test_a_lossy_value_above_the_stored_bits_does_not_wrap(tmp_path: Path) -> None:
    """A 10-bit picture in 12-bit JPEG may ring beyond 1023."""
    pixels = np.where(np.indices((32, 32)).sum(0) % 8 < 3, 1023, 0).astype(np.uint16)
    stream = imagecodecs.jpeg8_encode(pixels, level=30, bitspersample=12)
    path = saved(tmp_path / "a", compressed(image(pixels, BitsStored=10), uid.JPEGExtended12Bit, stream))
    found = picture(path).pixels
    assert found.max() > 1023
    assert np.abs(found.astype(int) - pixels).max() < 400
    assert reasons(path) == []


@pytest.mark.parametrize("told", [0, 1])
def test_the_sign_of_the_stream(tmp_path: Path, told: int) -> None:
    pixels = noise(16, 16, most=4000, kind="<i2") - 2000
    stream = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True)
    dataset = compressed(image(pixels, PixelRepresentation=told), uid.JPEG2000Lossless, stream)
    path = saved(tmp_path / "a", dataset)
    np.testing.assert_array_equal(picture(path).pixels, pixels)
    assert bool(reasons(path)) == (told == 0)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55", uid.JPEGBaseline8Bit])
def test_progressive_jpeg_in_any_syntax(tmp_path: Path, syntax: str) -> None:
    rgb = smooth()
    buffer = QBuffer()
    writer = QImageWriter(buffer, b"jpeg")
    writer.setQuality(95)
    writer.setProgressiveScanWrite(True)
    packed = np.ascontiguousarray(rgb)
    rows, columns = rgb.shape[:2]
    assert writer.write(QImage(packed.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888))
    stream = buffer.data().data()
    assert b"\xff\xc2" in stream
    path = saved(tmp_path / "a", compressed(image(rgb, "YBR_FULL"), syntax, stream))
    assert np.abs(shown(path).astype(int) - rgb).max() <= 8


def test_a_syntax_without_a_codec_is_named() -> None:
    spec = PixelSpec(rows=8, columns=8, bits=8, stored=8, high=7, syntax="1.2.840.10008.1.2.4.51.9")
    with pytest.raises(Undecodable, match=r"1\.2\.840\.10008\.1\.2\.4\.51\.9 is not supported"):
        decode(b"not a stream", spec)


def planes_of(pixels: np.ndarray) -> list[np.ndarray]:
    if pixels.ndim == 3:
        return [pixels[..., n] for n in range(3)]
    return [(pixels >> 8).astype(np.uint8), pixels.astype(np.uint8)] if pixels.itemsize == 2 else [pixels]


RLE = {"8 bit": noise(10, 11), "16 bit": noise(10, 11, most=4096, kind="<u2"), "colour": noise(10, 11, 3)}


@pytest.mark.parametrize("name", RLE)
@pytest.mark.parametrize("more", [b"", b"\x07", b"\x07\x08\x09", bytes(200)])
@pytest.mark.parametrize("tail", [b"", b"\0", b"\x80"])
def test_rle_segments_that_are_too_long(tmp_path: Path, name: str, more: bytes, tail: bytes) -> None:
    pixels = RLE[name]
    dataset = image(pixels, "RGB" if name == "colour" else "MONOCHROME2")
    data = run_length(*planes_of(pixels), more=more, tail=tail)
    path = saved(tmp_path / "a", compressed(dataset, uid.RLELossless, data))
    found = shown(path) if name == "colour" else picture(path).pixels
    np.testing.assert_array_equal(found, pixels)
    assert reasons(path) == (["Its RLE data hold more than the picture."] if more else [])


@pytest.mark.parametrize("name", RLE)
@pytest.mark.parametrize("less", [1, 3, 60])
def test_rle_segments_that_are_too_short(tmp_path: Path, name: str, less: int) -> None:
    pixels = RLE[name]
    dataset = image(pixels, "RGB" if name == "colour" else "MONOCHROME2")
    path = saved(
        tmp_path / "a", compressed(dataset, uid.RLELossless, run_length(*planes_of(pixels), less=less))
    )
    found = shown(path) if name == "colour" else picture(path).pixels
    there = 110 - less
    flat = (110, 3) if name == "colour" else (110,)
    np.testing.assert_array_equal(found.reshape(flat)[:there], pixels.reshape(flat)[:there])
    assert not shown(path).reshape(flat)[there:].any()
    assert [mark.incomplete for mark in picture(path).marks] == [True]


def test_a_cut_stream_says_what_is_wrong(tmp_path: Path) -> None:
    pixels = noise(64, 64)
    stream = imagecodecs.jpeg8_encode(pixels, level=90)
    path = saved(tmp_path / "a", compressed(image(pixels), uid.JPEGBaseline8Bit, stream[: len(stream) // 2]))
    assert reasons(path) == ["Its compressed data break off."]
    assert [mark.incomplete for mark in picture(path).marks] == [True]


def lossless(
    rgb: np.ndarray, *, adobe: int | None = None, jfif: bool = False, ids: bytes = b"\1\2\3"
) -> bytes:
    """JPEG Lossless of three colours with these marks of what they are."""
    made = bytearray(imagecodecs.jpeg8_encode(rgb, lossless=True))
    frame, scan = made.index(b"\xff\xc3"), made.index(b"\xff\xda")
    for n, name in enumerate(ids):
        made[frame + 10 + 3 * n] = made[scan + 5 + 2 * n] = name
    marks = b""
    if jfif:
        marks += b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    if adobe is not None:
        marks += b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes((adobe,))
    return bytes(made[:2]) + marks + bytes(made[frame:])


@pytest.mark.parametrize(
    ("told", "held", "marks", "marked"),
    [
        ("RGB", "RGB", {}, False),
        ("YBR_FULL", "YBR", {}, False),
        ("RGB", "RGB", {"jfif": True}, False),
        ("RGB", "RGB", {"adobe": 0}, False),
        ("YBR_FULL", "RGB", {"adobe": 0}, True),
        ("RGB", "YBR", {"adobe": 1}, True),
        ("YBR_FULL", "YBR", {"adobe": 1, "jfif": True}, False),
        ("YBR_FULL", "RGB", {"ids": b"RGB"}, True),
        ("YBR_RCT", "RGB", {}, True),
    ],
)
def test_the_colours_of_lossless_jpeg(
    tmp_path: Path, told: str, held: str, marks: dict[str, object], marked: bool
) -> None:
    rgb = smooth()
    stream = lossless(to_ybr(rgb) if held == "YBR" else rgb, **marks)  # type: ignore[arg-type]
    path = saved(tmp_path / "a", compressed(image(rgb, told), uid.JPEGLosslessSV1, stream))
    assert np.abs(shown(path).astype(int) - rgb).max() <= 2
    assert bool(reasons(path)) == marked


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.RLELossless, uid.JPEGLSLossless])
@pytest.mark.parametrize(("told", "held"), [("YBR_RCT", "RGB"), ("YBR_ICT", "YBR"), ("MONOCHROME2", "RGB")])
def test_transforms_that_only_jpeg_2000_has(tmp_path: Path, syntax: str, told: str, held: str) -> None:
    rgb = smooth()
    samples = to_ybr(rgb) if held == "YBR" else rgb
    made = image(samples, "RGB")
    made.PhotometricInterpretation = told
    if syntax == uid.RLELossless:
        made = compressed(made, syntax, run_length(*planes_of(samples)))
    elif syntax == uid.JPEGLSLossless:
        made = compressed(made, syntax, imagecodecs.jpegls_encode(samples))
    path = saved(tmp_path / "a", made)
    assert np.abs(shown(path).astype(int) - rgb).max() <= 2
    assert reasons(path) == [f"Its colours are not stored as {told}, which its header says."]


@pytest.mark.parametrize(
    ("signed", "values", "marked"),
    [
        (0, [0, 1, 4095], False),
        (0, [0, 1, 4096], True),
        (1, [-2048, -1, 2047], False),  # the sign is repeated
        (1, [0x0FFF, 0x0800, 1], False),  # it is not
        (1, [0x1000, 5, 6], True),
    ],
)
def test_bits_that_the_header_does_not_count(
    tmp_path: Path, signed: int, values: list[int], marked: bool
) -> None:
    pixels = np.array([values], "<i2" if signed else "<u2")
    path = saved(tmp_path / "a", image(pixels, BitsStored=12))
    assert bool(reasons(path)) == marked


@pytest.mark.parametrize(("syntax", "bits", "stored"), [
    (uid.JPEGLSNearLossless, 16, 10), (uid.JPEG2000, 16, 12), (uid.JPEGBaseline8Bit, 8, 5),
])  # fmt: skip
def test_white_that_overshoots_does_not_become_black(
    tmp_path: Path, syntax: str, bits: int, stored: int
) -> None:
    top = (1 << stored) - 1
    grey = np.where(noise(64, 64) < 128, top, top // 2).astype(f"u{bits // 8}")
    encoders = {
        uid.JPEGLSNearLossless: lambda: imagecodecs.jpegls_encode(grey, level=4),
        uid.JPEG2000: lambda: imagecodecs.jpeg2k_encode(grey, level=50, codecformat="j2k", reversible=False),
        uid.JPEGBaseline8Bit: lambda: imagecodecs.jpeg8_encode(grey, level=90),
    }
    stream = bytes(encoders[syntax]())
    dataset = image(grey, BitsAllocated=bits, BitsStored=stored, HighBit=stored - 1)
    drawn = picture(saved(tmp_path / "a", compressed(dataset, syntax, stream)))
    assert drawn.pixels.max() == top
    assert drawn.pixels[grey == top].min() > top // 2


def test_colours_of_more_than_eight_bits_that_overshoot(tmp_path: Path) -> None:
    """A near-lossless 12 bit white in cells of 16 bits."""
    rgb = np.where(noise(64, 64, 3) < 128, 4095, 2000).astype(np.uint16)
    stream = bytes(imagecodecs.jpegls_encode(rgb, level=9))
    dataset = image(rgb, "RGB", BitsAllocated=16, BitsStored=12, HighBit=11)
    path = saved(tmp_path / "a", compressed(dataset, uid.JPEGLSNearLossless, stream))
    assert np.abs(shown(path).astype(int) - (rgb >> 4)).max() <= 1
