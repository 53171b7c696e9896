from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from workstation.imaging.grey_mapping import Function, Grey, Window
from workstation.imaging.picture import Picture
from workstation.imaging.view import View
from workstation.widgets.picture_image import PictureImage

RAMP = np.arange(256, dtype=np.int16).reshape(16, 16)
PLAIN, STEEP = Window(127.5, 255, Function.LINEAR_EXACT), Window(128, 2, Function.LINEAR_EXACT)
PICTURE = Picture(pixels=RAMP, grey=Grey())


def levels(image: QImage) -> np.ndarray:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()) & 255


def steep(rows: slice) -> np.ndarray:
    """Rows of the ramp as :data:`STEEP` shows them."""
    return np.rint(np.clip((RAMP[rows] - 128) / 2 + 0.5, 0, 1) * 255)


def test_rows_that_nobody_looks_at_are_not_shaded() -> None:
    shaded, view = PictureImage(), View(PLAIN)
    np.testing.assert_array_equal(levels(shaded.image(PICTURE, view, 0)), RAMP)
    shaded.clear()
    view.choice = STEEP
    image = levels(shaded.image(PICTURE, view, 0, range(6, 10)))
    np.testing.assert_array_equal(image[6:10], steep(slice(6, 10)))
    np.testing.assert_array_equal(image[:6], RAMP[:6])
    np.testing.assert_array_equal(image[10:], RAMP[10:])


def test_rows_that_come_into_sight_are_shaded_then() -> None:
    shaded, view = PictureImage(), View(STEEP)
    for rows in (range(7, 9), range(6, 8), range(0), range(9, 12), range(14, 16), range(16)):
        image = levels(shaded.image(PICTURE, view, 0, rows))
        np.testing.assert_array_equal(image[rows.start : rows.stop], steep(slice(rows.start, rows.stop)))


def test_a_window_stays_in_force_until_something_changes() -> None:
    shaded, view = PictureImage(), View(PLAIN)
    assert shaded.voi(PICTURE, view) == PLAIN
    view.choice = STEEP
    shaded.clear()
    assert shaded.voi(PICTURE, view) == STEEP
    assert shaded.voi(Picture(pixels=np.zeros((2, 2), np.uint32), grey=None), view) is None
