"""What the pane shows and ``workstation picture`` writes: window, inversion, overlays, made once for both."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from workstation.imaging.composition import Composed, as_png, composed
from workstation.imaging.grey_mapping import Function, Grey, Window
from workstation.imaging.picture import Picture
from workstation.imaging.view import View

RAMP = np.arange(256, dtype=np.int16).reshape(16, 16)
PLAIN = Window(127.5, 255, Function.LINEAR_EXACT)
WHITE, OVERLAY = 0xFFFFFFFF, 0xFF5AD1E8
COLOURS = np.full((4, 6), 0xFF102030, np.uint32)
CORNER = np.zeros((16, 16), np.bool_)
CORNER[:2, :3] = True


def test_grey_in_its_window_and_inverted() -> None:
    plain = composed(Picture(pixels=RAMP, grey=Grey()), View(PLAIN))
    np.testing.assert_array_equal(plain, RAMP.astype(np.uint32) * 0x010101 | 0xFF000000)
    np.testing.assert_array_equal(
        composed(Picture(pixels=RAMP, grey=Grey()), View(PLAIN, inverted=True)), plain ^ 0xFFFFFF
    )


def test_colours_as_they_are_and_inverted() -> None:
    np.testing.assert_array_equal(composed(Picture(pixels=COLOURS, grey=None), View(PLAIN)), COLOURS)
    inverted = composed(Picture(pixels=COLOURS, grey=None), View(inverted=True))
    np.testing.assert_array_equal(inverted, np.full_like(COLOURS, 0xFFEFDFCF))


@pytest.mark.parametrize("grey", [True, False])
def test_overlays_lie_over_it_where_they_are_wanted(grey: bool) -> None:
    pixels = RAMP if grey else np.full((16, 16), WHITE, np.uint32)
    picture = Picture(pixels=pixels, grey=Grey() if grey else None, overlay=CORNER)
    below = composed(picture, View(PLAIN, overlays=False))
    assert OVERLAY not in below
    np.testing.assert_array_equal(composed(picture, View(PLAIN)), np.where(CORNER, OVERLAY, below))


def test_it_is_made_smaller_never_bigger() -> None:
    wide = Picture(pixels=np.tile(RAMP, (1, 4)), grey=Grey())
    assert composed(wide, View(PLAIN), 64).shape == (16, 64)
    assert composed(wide, View(PLAIN), 1000).shape == (16, 64)
    small = composed(wide, View(PLAIN), 32)
    assert small.shape == (8, 32)
    assert small[0, 0] == 0xFF000000 | 0x010101 * ((0 + 1 + 16 + 17) // 4)
    assert composed(wide, View(PLAIN), 1).shape == (1, 1)


def test_halves_are_composed_as_the_whole_is() -> None:
    big = np.tile(RAMP, (128, 128))
    picture = Picture(pixels=big, grey=Grey(), halves=(np.ascontiguousarray(big[::2, ::2]),))
    layers, view = Composed(), View(PLAIN)
    assert layers.colours(picture, view, 1).shape == (1024, 1024)
    np.testing.assert_array_equal(layers.colours(picture, view), composed(picture, view))


def test_the_same_memory_serves_until_the_size_changes() -> None:
    layers, view = Composed(), View(PLAIN)
    first = layers.colours(Picture(pixels=RAMP, grey=Grey()), view)
    layers.clear()
    assert layers.colours(Picture(pixels=RAMP + 1, grey=Grey()), view) is first
    layers.clear()
    assert layers.colours(Picture(pixels=RAMP[:8], grey=Grey()), view) is not first


def test_a_png_holds_each_colour() -> None:
    read = imagecodecs.png_decode(
        as_png(np.array([[0xFF010203, 0xFFFFFEFD], [0xFF000000, OVERLAY]], np.uint32))
    )
    assert read.tolist() == [[[1, 2, 3], [255, 254, 253]], [[0, 0, 0], [0x5A, 0xD1, 0xE8]]]
