from __future__ import annotations

import numpy as np
import pytest

from workstation.imaging.grey import Function, Grey, Window
from workstation.imaging.picture import Picture
from workstation.imaging.reduce import THUMBNAIL, halves, thumbnail


@pytest.mark.parametrize("kind", ["i2", "u2", "u1", "i4", "f4"])
def test_a_half_is_the_mean_of_four(kind: str) -> None:
    noise = np.random.default_rng(3)
    pixels = noise.integers(0 if kind[0] == "u" else -100, 200, (6, 2051)).astype(kind)
    first, second = halves(pixels, colour=False)
    assert (first.shape, second.shape) == ((3, 1025), (1, 512))
    wanted = pixels[:, :2050].astype(float).reshape(3, 2, 1025, 2).mean((1, 3))
    assert first.dtype == pixels.dtype
    assert np.abs(first - wanted).max() < 1


def test_each_colour_by_itself() -> None:
    pixels = np.full((2, 1026), 0xFF000000, np.uint32)
    pixels[0] = 0xFFFF0080
    (half,) = halves(pixels, colour=True)
    assert set(half.ravel().tolist()) == {0xFF7F0040}


def test_small_pictures_have_none() -> None:
    assert halves(np.zeros((1024, 1024), np.int16), colour=False) == ()
    assert halves(np.zeros((1, 5000), np.int16), colour=False) == ()


@pytest.mark.parametrize("shape", [(512, 512), (2500, 2048), (64, 64), (1, 1), (1, 3000), (129, 127)])
def test_a_thumbnail_is_small_and_looks_alike(shape: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, shape[1], dtype=np.float32)
    pixels = np.broadcast_to(ramp, shape).astype(np.int16)
    voi = Window(127.5, 255, Function.LINEAR_EXACT)
    small = thumbnail(Picture(pixels, Grey(voi=(voi,)), voi=voi, halves=(pixels,)))
    rows, columns = small.pixels.shape
    assert max(rows, columns) <= THUMBNAIL
    assert small.grey is None
    assert small.halves == ()
    if shape[1] > 10:
        grey = (small.pixels[0] & 255).astype(int)
        assert (np.diff(grey) >= 0).all()
        assert grey[0] < 12
        assert grey[-1] > 240


def test_a_thumbnail_of_colour() -> None:
    colour = np.full((300, 400), 0xFF102030, np.uint32)
    assert set(thumbnail(Picture(colour, None)).pixels.ravel().tolist()) == {0xFF102030}
