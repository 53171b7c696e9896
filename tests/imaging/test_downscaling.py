from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.imaging.made import image, picture, saved
from workstation.imaging.downscaling import THUMBNAIL, halves, thumbnail
from workstation.imaging.grey_mapping import Function, Grey, Window
from workstation.imaging.picture import Picture


@pytest.mark.parametrize("kind", ["i2", "u2", "u1", "i4", "f4"])
def test_a_half_is_the_mean_of_four(kind: str) -> None:
    noise = np.random.default_rng(3)
    pixels = noise.integers(0 if kind[0] == "u" else -100, 200, (6, 2051)).astype(kind)
    first, second = halves(pixels, Grey())
    assert (first.shape, second.shape) == ((3, 1025), (1, 512))
    wanted = pixels[:, :2050].astype(float).reshape(3, 2, 1025, 2).mean((1, 3))
    assert first.dtype == pixels.dtype
    assert np.abs(first - wanted).max() < 1


def test_each_colour_by_itself() -> None:
    pixels = np.full((2, 1026), 0xFF000000, np.uint32)
    pixels[0] = 0xFFFF0080
    (half,) = halves(pixels, None)
    assert set(half.ravel().tolist()) == {0xFF7F0040}


def test_small_pictures_have_none() -> None:
    assert halves(np.zeros((1024, 1024), np.int16), Grey()) == ()
    assert halves(np.zeros((1, 5000), np.int16), Grey()) == ()


@pytest.mark.parametrize("shape", [(512, 512), (2500, 2048), (64, 64), (1, 1), (1, 3000), (129, 127)])
def test_a_thumbnail_is_small_and_looks_alike(shape: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, shape[1], dtype=np.float32)
    pixels = np.broadcast_to(ramp, shape).astype(np.int16)
    voi = Window(127.5, 255, Function.LINEAR_EXACT)
    small = thumbnail(Picture(pixels=pixels, grey=Grey(voi=(voi,)), voi=voi, halves=(pixels,)))
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
    assert set(thumbnail(Picture(pixels=colour, grey=None)).pixels.ravel().tolist()) == {0xFF102030}


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "f4"])
def test_padding_is_no_part_of_a_mean(kind: str) -> None:
    columns = np.indices((8, 2048))[1]
    pixels = np.where(columns % 7 == 0, 250, 100 + columns % 2).astype(kind)
    pixels[:, 1200:] = 3
    (half,) = halves(pixels, Grey(padding=(3, 4)))
    corners = pixels.astype(float).reshape(4, 2, 1024, 2).swapaxes(1, 2).reshape(4, 1024, 4)
    assert np.abs(half[:, :600] - corners[:, :600].mean(2)).max() < 1
    assert (half[:, 600:] == 3).all()
    mixed = pixels.copy()
    mixed[::2, :600] = 3  # half of each four
    (half,) = halves(mixed, Grey(padding=(3, 4)))
    kept = mixed[1::2, :600].astype(float).reshape(4, 300, 2).mean(2)
    assert np.abs(half[:, :300] - kept).max() < 1
    mixed[:, 1:600:2] = 3  # three of them
    assert (halves(mixed, Grey(padding=(3, 4)))[0][:, :300] == 3).all()


def test_a_mean_that_would_be_padding_is_not() -> None:
    pixels = np.full((2, 2048), -100, np.int16)
    pixels[:, ::2] = 100
    (half,) = halves(pixels, Grey(padding=(-5, 5)))
    assert set(half.ravel().tolist()) <= {-100, 100}


def test_a_picture_with_padding_is_drawn_from_halves_too(tmp_path: Path) -> None:
    pixels = np.tile(np.array([[0, 4000], [4000, 0]], "<u2"), (600, 600))
    path = saved(tmp_path / "a", image(pixels, PixelPaddingValue=65535))
    (half,) = picture(path).halves
    assert (half == 2000).all()


def test_a_line_of_a_mask_survives(tmp_path: Path) -> None:
    mask = np.zeros((2400, 2400), np.uint8)
    mask[1001] = mask[:, 37] = 1
    made = image(mask, BitsAllocated=1, BitsStored=1)
    made.PixelData = np.packbits(mask.reshape(-1), bitorder="little").tobytes()
    content = picture(saved(tmp_path / "a", made))
    assert [half.shape[0] for half in content.halves] == [1200, 600]
    for half, down in zip(content.halves, (2, 4), strict=True):
        wanted = np.zeros(half.shape, np.uint8)
        wanted[1001 // down] = wanted[:, 37 // down] = 1
        np.testing.assert_array_equal(half, wanted)
    small = thumbnail(content).pixels & 255
    assert (small.max(1) > 0).all()
    assert (small.max(0) > 0).all()
    assert 0 < (small > 0).mean() < 0.1


def test_a_label_is_never_the_mean_of_others(tmp_path: Path) -> None:
    labels = np.tile(np.array([[1, 9], [1, 9]], np.uint8), (600, 600))
    made = image(labels)
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    (half,) = picture(saved(tmp_path / "a", made)).halves
    assert set(half.ravel().tolist()) == {9}
