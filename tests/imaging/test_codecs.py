"""The rules by which a stream's colours are told, and bounds, on streams made here."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from pydicom import uid

from workstation.imaging.codecs import decode
from workstation.imaging.jpeg import read_stream
from workstation.imaging.picture import PixelSpec, Undecodable

RED = np.zeros((16, 16, 3), np.uint8)
RED[...] = (200, 40, 90)


def spec(photometric: str = "RGB", **changes: object) -> PixelSpec:
    values: dict[str, object] = {"samples": 3, "bits": 8, "stored": 8, "high": 7, "photometric": photometric}
    return PixelSpec(rows=16, columns=16, **(values | {"syntax": uid.JPEGBaseline8Bit} | changes))  # type: ignore[arg-type]


def coded(space: str, *, adobe: bool = False, jfif: bool = False, ids: bytes = b"") -> bytes:
    """RED as a JPEG in colour space ``space``, with the marks of it kept, taken away or changed."""
    data = imagecodecs.jpeg8_encode(RED, level=100, colorspace="RGB", outcolorspace=space, subsampling="444")
    out, at = bytearray(data[:2]), 2
    while True:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        segment = bytearray(data[at : at + 2 + length])
        at += 2 + length
        if marker == 0xDA:
            for n in range(3 if ids else 0):
                segment[5 + 2 * n] = ids[n]
            return bytes(out + segment + data[at:])
        if marker == 0xC0 and ids:
            for n in range(3):
                segment[10 + 3 * n] = ids[n]
        if (marker == 0xEE and not adobe) or (marker == 0xE0 and not jfif):
            continue
        out += segment


@pytest.mark.parametrize(
    ("stream", "photometric"),
    [
        (coded("RGB", adobe=True), "YBR_FULL_422"),
        (coded("YCBCR", jfif=True), "RGB"),
        (coded("RGB", ids=b"RGB"), "YBR_FULL"),
        (coded("RGB", ids=b"\1\2\3"), "RGB"),
        (coded("YCBCR", ids=b"\1\2\3"), "YBR_FULL"),
    ],
)
def test_marks_of_the_stream_decide_then_the_header(stream: bytes, photometric: str) -> None:
    decoded = decode(stream, spec(photometric))
    assert decoded.photometric == "RGB"
    assert np.abs(decoded.pixels.astype(int) - RED).max() <= 3


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 10, 20, 100])
def test_a_stream_cut_in_its_header_is_refused(cut: int) -> None:
    with pytest.raises(Undecodable):
        decode(coded("RGB", adobe=True)[:cut], spec())


def test_a_stream_that_breaks_off_is_marked_or_refused() -> None:
    whole = imagecodecs.jpeg8_encode(np.random.default_rng(1).integers(0, 255, (16, 16), np.uint8), level=95)
    grey = spec("MONOCHROME2", samples=1)
    assert decode(whole, grey).complete
    try:
        assert not decode(whole[: len(whole) * 2 // 3], grey).complete
    except Undecodable as error:
        assert "broken" in str(error)  # noqa: PT017 - either is right, silence is not


def test_bytes_of_a_scan_are_no_markers() -> None:
    stream = coded("YCBCR", jfif=True)
    assert read_stream(stream + b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0\0").ycc is True


@pytest.mark.parametrize("frames", [b"", b"\xff\xd8\xff", b"\xff\x4f\xff\x51\x00\x29", b"\0" * 64])
@pytest.mark.parametrize("syntax", [uid.JPEG2000, uid.JPEGLSLossless, uid.RLELossless, uid.HTJ2K])
def test_noise_is_refused_in_words(frames: bytes, syntax: str) -> None:
    with pytest.raises(Undecodable):
        decode(frames, spec(syntax=syntax))


def test_an_unknown_syntax_is_named() -> None:
    with pytest.raises(Undecodable, match="JPIP"):
        decode(b"", spec(syntax="1.2.840.10008.1.2.4.94"))


def test_a_deflated_frame_cannot_blow_up() -> None:
    import zlib

    deflater = zlib.compressobj(9, wbits=-15)
    bomb = deflater.compress(b"\7" * 50_000_000) + deflater.flush()
    decoded = decode(bomb, spec(syntax="1.2.840.10008.1.2.8.1"))
    assert decoded.pixels.shape == (16, 16, 3)
    assert (decoded.pixels == 7).all()
