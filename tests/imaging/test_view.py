from __future__ import annotations

import numpy as np
import pytest

from workstation.imaging.grey_mapping import Function, Grey, Lut, Window
from workstation.imaging.picture import Picture
from workstation.imaging.view import CT_WINDOWS, Follow, View

PIXELS = np.arange(1000, dtype=np.int16).reshape(20, 50)
LUT = Lut(0, np.arange(256, dtype=np.float32), 255)


def picture(*voi: Window | Lut, **changes: object) -> Picture:
    return Picture(pixels=PIXELS, grey=Grey(voi=voi), **changes)  # type: ignore[arg-type]


def test_the_default_follows_each_image() -> None:
    view = View()
    assert view.voi(picture(Window(1, 2))) == Window(1, 2)
    assert view.voi(picture(Window(3, 4), Window(5, 6))) == Window(3, 4)
    automatic = view.voi(picture())
    assert isinstance(automatic, Window)
    assert automatic.width == pytest.approx(998, abs=3)


def test_what_was_dragged_stays_until_reset() -> None:
    view = View()
    view.drag(picture(Window(100, 500)), 50, -10)
    assert view.voi(picture(Window(3, 4))) == Window(90, 550)
    view.reset()
    assert view.voi(picture(Window(3, 4))) == Window(3, 4)


def test_the_nth_preset_is_that_of_each_image() -> None:
    view = View(choice=1)
    assert view.voi(picture(Window(1, 2), Window(3, 4))) == Window(3, 4)
    assert view.voi(picture(Window(1, 2), Window(5, 6))) == Window(5, 6)
    assert view.voi(picture(Window(1, 2))) == Window(1, 2)
    by_pixels = View(choice=Follow.PIXELS).voi(picture(Window(1, 2)))
    assert isinstance(by_pixels, Window)
    assert by_pixels.width > 900


def test_dragging_keeps_the_function_and_never_leaves_a_width() -> None:
    sigmoid = Window(100, 500, Function.SIGMOID)
    view = View()
    for _ in range(100):
        view.drag(picture(sigmoid), -400, 0)
    found = view.voi(picture())
    assert isinstance(found, Window)
    assert found.function is Function.SIGMOID
    assert 0 < found.width < 1e-3
    view = View(choice=Window(5, 1))
    view.drag(picture(), -400, 0)
    assert view.choice == Window(5, 1)


def test_dragging_a_table_goes_on_from_its_span() -> None:
    view = View()
    view.drag(picture(LUT), 0, 0)
    assert view.choice == Window(128, 256, Function.LINEAR_EXACT)


def test_colour_has_no_window() -> None:
    colour = Picture(pixels=np.zeros((2, 2), np.uint32), grey=None)
    view = View()
    view.drag(colour, 10, 10)
    assert view.voi(colour) is None
    assert view.choice is Follow.IMAGE


def test_zooming_keeps_the_point_it_is_about_and_has_limits() -> None:
    view = View(offset=(10.0, 0.0))
    view.magnify(2, (30.0, -8.0))
    # the point was 20 right of the picture's middle and is 40 now, in the same place
    assert view.offset == pytest.approx((-10, 8))
    for _ in range(50):
        view.magnify(2, (0.0, 0.0))
    assert view.zoom == 64
    for _ in range(50):
        view.magnify(0.5, (0.0, 0.0))
    assert view.zoom == 0.05
    view.move(3, 4)
    view.choice = CT_WINDOWS[0]
    view.fit()
    assert (view.zoom, view.offset, view.choice) == (1, (0, 0), CT_WINDOWS[0])
