"""JPEG lossless of every precision and predictor, made here (ISO/IEC 10918-1 annex H)."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from pydicom import uid

from tests.imaging.jpeg_lossless import encode
from workstation.imaging.codecs import decode
from workstation.imaging.picture import PixelSpec, Undecodable


def spec(precision: int, samples: int, **changes: object) -> PixelSpec:
    values: dict[str, object] = {
        "samples": samples,
        "bits": 8 if precision <= 8 else 16,
        "stored": precision,
        "high": precision - 1,
        "photometric": "RGB" if samples == 3 else "MONOCHROME2",
        "syntax": uid.JPEGLossless,
    }
    return PixelSpec(rows=12, columns=10, **(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", range(2, 17))
@pytest.mark.parametrize("samples", [1, 3])
def test_every_predictor_restart_interval_and_point_transform(precision: int, samples: int) -> None:
    shape = (12, 10) if samples == 1 else (12, 10, 3)
    pixels = np.random.default_rng(precision).integers(0, 1 << precision, shape).astype(np.uint16)
    for predictor, restart, shift in product(range(1, 8), (0, 1, 5), {0, 1, precision - 1}):
        stream = encode(pixels, precision, predictor, restart=restart, shift=shift)
        decoded = decode(stream, spec(precision, samples))
        assert np.array_equal(decoded.pixels, pixels >> shift << shift), (predictor, restart, shift)
        assert decoded.complete


@pytest.mark.parametrize("precision", [7, 8, 12, 16])
def test_signed_values_carry_their_sign(precision: int) -> None:
    half = 1 << precision - 1
    pixels = np.random.default_rng(precision).integers(-half, half, (12, 10))
    stream = encode(pixels & (2 * half - 1), precision, 1)
    assert np.array_equal(decode(stream, spec(precision, 1, signed=True)).pixels, pixels)


@pytest.mark.parametrize(
    ("at", "value"), [("predictor", 0), ("predictor", 8), ("shift", 12), ("table", 0x10)]
)
def test_what_no_codec_draws_is_refused_by_name(at: str, value: int) -> None:
    stream = bytearray(encode(np.zeros((12, 10), np.uint16), 12, 1))
    scan = stream.index(b"\xff\xda")
    stream[scan + {"predictor": 7, "shift": 9, "table": 6}[at]] = value
    with pytest.raises(Undecodable, match=r"JPEG data are broken \((SOS|DHT)\)"):
        decode(bytes(stream), spec(12, 1))


@pytest.mark.parametrize("process", [0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF])
def test_a_process_no_codec_has_is_named(process: int) -> None:
    stream = encode(np.zeros((12, 10), np.uint16), 12, 1).replace(b"\xff\xc3", bytes((0xFF, process)))
    with pytest.raises(Undecodable, match=f"SOF{process - 0xC0} is not supported"):
        decode(stream, spec(12, 1))
