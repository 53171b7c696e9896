from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.imaging.grey import Function, Grey, Lut, Window
from workstation.imaging.picture import Caption, Card, Picture
from workstation.widgets.canvas import Canvas

RAMP = np.arange(256, dtype=np.int16).reshape(16, 16)
WINDOW = Window(127.5, 255, Function.LINEAR_EXACT)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(320, 320)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def picture(**changes: object) -> Picture:
    values: dict[str, object] = {"pixels": RAMP, "grey": Grey(voi=(WINDOW,)), "caption": Caption("Doe^John")}
    return Picture(**(values | changes))  # type: ignore[arg-type]


def levels(image: QImage) -> np.ndarray:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()) & 255


def seen(canvas: Canvas) -> np.ndarray:
    """What is on the screen."""
    return levels(canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))


def drag(qtbot: QtBot, canvas: Canvas, button: Qt.MouseButton, by: QPoint) -> None:
    start = QPoint(100, 100)
    qtbot.mousePress(canvas, button, pos=start)
    qtbot.mouseMove(canvas, start)
    qtbot.mouseMove(canvas, start + by)
    qtbot.mouseRelease(canvas, button, pos=start + by)


def wheel(canvas: Canvas, angle: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    here = QPointF(160, 160)
    nothing = Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False
    QApplication.sendEvent(canvas, QWheelEvent(here, here, QPoint(), QPoint(0, angle), *nothing))


def test_stored_values_become_grey(canvas: Canvas) -> None:
    canvas.set_content(picture())
    np.testing.assert_array_equal(levels(canvas.image), RAMP)


def test_the_picture_fills_the_widget(canvas: Canvas) -> None:
    canvas.set_content(picture(pixels=np.full((16, 16), 255, np.int16), caption=Caption()))
    screen = seen(canvas)
    assert screen[160, 5] == screen[160, 315] == screen[5, 160] == 255


def test_pixels_that_are_not_square_are_drawn_so(canvas: Canvas) -> None:
    canvas.set_content(picture(pixels=np.full((16, 16), 255, np.int16), aspect=0.5, caption=Caption()))
    screen = seen(canvas)
    assert screen[160, 5] == 255
    assert screen[60, 160] == 0
    assert screen[90, 160] == 255


def test_a_card_is_said_and_the_old_picture_is_gone(canvas: Canvas) -> None:
    canvas.set_content(picture())
    canvas.set_content(Card("Report", "no image", Caption("Roe^Jane")))
    assert canvas.image.isNull()
    assert canvas.words == "Report\n\nno image"
    assert canvas.caption.name == "Roe^Jane"
    assert canvas.picture is None


def test_clearing_takes_picture_name_and_window_away(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(50, 0))
    canvas.clear(Caption("Roe^Jane"), "Choose a study")
    assert canvas.image.isNull()
    assert canvas.caption.name == "Roe^Jane"
    canvas.set_content(picture())
    assert canvas.window_level == WINDOW


def test_dragging_sets_a_window_that_stays_while_scrolling(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(100, -100))
    dragged = canvas.window_level
    assert dragged is not None
    assert dragged.width == pytest.approx(255 * 1.2)
    assert dragged.centre == pytest.approx(127.5 - 255 * 0.2)
    canvas.set_content(picture(grey=Grey(voi=(Window(10, 20),))))
    assert canvas.window_level == dragged
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)
    assert canvas.window_level == Window(10, 20)


def test_dragging_a_lookup_table_goes_on_from_its_span(canvas: Canvas, qtbot: QtBot) -> None:
    lut = Lut(0, np.arange(256, dtype=np.float32), 255)
    canvas.set_content(picture(grey=Grey(voi=(lut,))))
    assert canvas.window_level is None
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(50, 0))
    assert canvas.window_level is not None
    assert canvas.window_level.width == pytest.approx(256 * 1.1)


def test_a_width_never_becomes_nothing(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    for _ in range(20):
        drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(-300, 0))
    assert canvas.window_level is not None
    assert canvas.window_level.width > 0


def test_colour_has_no_window_and_is_never_written_to(canvas: Canvas, qtbot: QtBot) -> None:
    colour = np.full((16, 16), 0xFF112233, np.uint32)
    colour.flags.writeable = False
    canvas.set_content(picture(pixels=colour, grey=None))
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(50, 50))
    assert canvas.window_level is None
    canvas.set_content(picture())
    assert (colour == 0xFF112233).all()
    np.testing.assert_array_equal(levels(canvas.image), RAMP)


def test_the_wheel_scrolls_by_whole_notches(canvas: Canvas) -> None:
    steps: list[int] = []
    canvas.scrolled.connect(steps.append)
    canvas.set_content(picture())
    wheel(canvas, -120)
    wheel(canvas, 240)
    for _ in range(3):
        wheel(canvas, -40)
    assert steps == [1, -2, 1]


def test_zooming_keeps_the_point_below_the_pointer(canvas: Canvas) -> None:
    canvas.set_content(picture(caption=Caption()))
    before = seen(canvas)[160, 160]
    for _ in range(5):
        wheel(canvas, 120, Qt.KeyboardModifier.ControlModifier)
    screen = seen(canvas)
    assert abs(int(screen[160, 160]) - int(before)) <= 8
    assert screen[10, 10] > 30  # the dark corner has gone out of sight


def test_keys_scroll_too(canvas: Canvas, qtbot: QtBot) -> None:
    steps: list[int] = []
    canvas.scrolled.connect(steps.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        qtbot.keyClick(canvas, key)
    assert steps == [1, -1, 10]


def test_names_of_any_kind_are_painted(canvas: Canvas) -> None:
    for name in ("Yamada^Tarou=山田^太郎", "قباني^لنزار", "x" * 5000, "<b>x</b>"):
        canvas.clear(Caption(name), "")
        assert seen(canvas)[:40, :160].max() > 100
