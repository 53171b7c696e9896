from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QToolTip
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.imaging import view
from workstation.imaging.arrays import Array
from workstation.imaging.downscaling import halves
from workstation.imaging.grey_mapping import Function, Grey, Lut, Window, automatic
from workstation.imaging.orientation import Sides
from workstation.imaging.picture import Caption, Card, Picture, Segment, doubtful, incomplete
from workstation.imaging.view import Follow
from workstation.widgets.annotation_painter import AnnotationPainter, Line
from workstation.widgets.annotations import DisplayState, corner_annotations
from workstation.widgets.canvas import Canvas
from workstation.widgets.mouse_tools import MouseTool

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
    values: dict[str, object] = {
        "pixels": RAMP,
        "grey": Grey(voi=(WINDOW,)),
        "caption": Caption(name="Doe^John"),
    }
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
    canvas.set_content(Card("Report", "no image", Caption(name="Roe^Jane")))
    assert canvas.image.isNull()
    assert canvas.words == "Report\n\nno image"
    assert canvas.caption.name == "Roe^Jane"
    assert canvas.picture is None


def test_clearing_takes_picture_name_and_window_away(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(50, 0))
    canvas.clear(Caption(name="Roe^Jane"), "Choose a study")
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
    canvas.reset()
    assert canvas.window_level == Window(10, 20)


@pytest.mark.parametrize("tool", MouseTool)
def test_the_left_button_does_what_the_tool_says(canvas: Canvas, qtbot: QtBot, tool: MouseTool) -> None:
    canvas.set_content(picture())
    canvas.left_tool = tool
    scrolled: list[int] = []
    canvas.scrolled.connect(scrolled.append)
    before = canvas.window_level
    drag(qtbot, canvas, Qt.MouseButton.LeftButton, QPoint(0, 40))
    changed = {
        MouseTool.WINDOW: canvas.window_level != before,
        MouseTool.ZOOM: canvas.view.zoom != 1,
        MouseTool.MOVE: canvas.view.offset != (0, 0),
        MouseTool.SCROLL: sum(scrolled) == 3,
    }
    assert [one for one, did in changed.items() if did] == [tool]


def test_a_double_click_asks_for_the_whole_window(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    with qtbot.waitSignal(canvas.filling_requested):
        qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)


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
        canvas.clear(Caption(name=name), "")
        assert seen(canvas)[:40, :160].max() > 100


def key(qtbot: QtBot, canvas: Canvas, which: Qt.Key, *, drag_by: QPoint | None = None) -> None:
    qtbot.keyPress(canvas, which)
    if drag_by is not None:
        drag(qtbot, canvas, Qt.MouseButton.LeftButton, drag_by)
    qtbot.keyRelease(canvas, which)


def test_space_plays_unless_it_moved_the_picture(canvas: Canvas, qtbot: QtBot) -> None:
    played: list[bool] = []
    canvas.play_toggled.connect(lambda: played.append(True))
    canvas.set_content(picture())
    key(qtbot, canvas, Qt.Key.Key_Space)
    assert len(played) == 1
    key(qtbot, canvas, Qt.Key.Key_Space, drag_by=QPoint(30, 20))
    assert len(played) == 1
    assert canvas.view.offset == (30, 20)
    assert canvas.window_level == WINDOW


@pytest.mark.parametrize(
    ("button", "keys"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_the_middle_button_and_shift_move_the_picture(
    canvas: Canvas, qtbot: QtBot, button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    canvas.set_content(picture(pixels=np.full((16, 16), 255, np.int16), caption=Caption()))
    qtbot.mousePress(canvas, button, keys, QPoint(100, 100))
    qtbot.mouseMove(canvas, QPoint(200, 100))
    qtbot.mouseRelease(canvas, button, keys, QPoint(200, 100))
    assert canvas.view.offset == (100, 0)
    screen = seen(canvas)
    assert screen[160, 60] == 0
    assert screen[160, 300] == 255


def test_the_right_button_zooms(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    drag(qtbot, canvas, Qt.MouseButton.RightButton, QPoint(0, -70))
    assert canvas.view.zoom == pytest.approx(1.01**70)
    canvas.fit()
    assert canvas.view.zoom == 1


def test_one_to_one(canvas: Canvas) -> None:
    pixels = np.zeros((64, 64), np.int16)
    pixels[:, 32:] = 255
    canvas.set_content(picture(pixels=pixels, caption=Caption()))
    canvas.one_to_one()
    row = seen(canvas)[160]
    assert (row[162:190] == 255).all()
    assert (row[194:300] == 0).all()


def test_inverting_twice_is_nothing(canvas: Canvas) -> None:
    canvas.set_content(picture())
    canvas.invert()
    np.testing.assert_array_equal(levels(canvas.image), 255 - RAMP)
    canvas.set_content(picture(grey=Grey(voi=(WINDOW,), invert=True)))  # MONOCHROME1
    np.testing.assert_array_equal(levels(canvas.image), RAMP)
    canvas.invert()
    np.testing.assert_array_equal(levels(canvas.image), 255 - RAMP)


def test_colour_is_inverted_too(canvas: Canvas) -> None:
    canvas.set_content(picture(pixels=np.full((4, 4), 0xFF102030, np.uint32), grey=None))
    canvas.invert()
    assert canvas.image.pixelColor(0, 0).getRgb() == (0xEF, 0xDF, 0xCF, 255)


def test_each_series_is_looked_at_in_its_own_way(canvas: Canvas) -> None:
    canvas.begin_series("1")
    canvas.set_content(picture())
    canvas.choose_window(Window(1, 2))
    canvas.begin_series("2")
    canvas.set_content(picture())
    assert canvas.window_level == WINDOW
    canvas.clear()
    canvas.begin_series("1")
    canvas.set_content(picture())
    assert canvas.window_level == Window(1, 2)
    canvas.reset()
    assert canvas.window_level == WINDOW


def test_a_big_picture_is_drawn_small_without_aliasing(canvas: Canvas) -> None:
    stripes = np.zeros((2048, 2048), np.int16)
    stripes[:, ::2] = 255
    canvas.set_content(picture(pixels=stripes, halves=halves(stripes, Grey()), caption=Caption()))
    row = seen(canvas)[160, 20:300]
    assert row.min() > 100
    assert row.max() < 155
    np.testing.assert_array_equal(levels(canvas.image), stripes)
    canvas.one_to_one()
    row = seen(canvas)[160, 20:300]
    assert (row.min(), row.max()) == (0, 255)


def bright(canvas: Canvas, box: QRect) -> int:
    """Pixels of light text in a part of the widget."""
    shot = canvas.grab(box).toImage().convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(shot.constBits(), np.uint32)
    return int(((words >> 16 & 255) > 200).sum())  # red: warnings are yellow


def test_letters_stand_at_the_sides(canvas: Canvas) -> None:
    left, right = QRect(0, 150, 30, 20), QRect(290, 150, 30, 20)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), caption=Caption()))
    assert bright(canvas, left) == bright(canvas, right) == 0
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), sides=Sides("R", "L", "A", "P")))
    assert bright(canvas, left) > 5
    assert bright(canvas, right) > 5


@pytest.mark.parametrize("level", [0, 128, 255])
def test_texts_are_seen_on_any_picture(canvas: Canvas, level: int) -> None:
    """Light letters with a dark edge: both must be there where the name stands."""
    pixels = np.full((16, 16), level, np.int16)
    canvas.set_content(
        picture(
            pixels=pixels, caption=Caption(name="Doe^John", patient_id="42", birth_date="19600102", sex="M")
        )
    )
    corner = seen(canvas)[10:60, 10:120]
    assert (corner > 220).sum() > 100
    assert level == 0 or (corner < 90).sum() > 100


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("height", [60, 82, 130])
def test_texts_of_upper_and_lower_corners_do_not_meet(height: int) -> None:
    """In a low picture each corner has fewer lines; a warning stays, and the tool tip has them all."""
    upper = tuple(Line(text) for text in ("Doe, John", "4711", "1960-01-02", "more"))
    lower = (Line("3 of 9 images here", warning=True), *(Line(text) for text in ("uncompressed", "1 of 3")))

    def painted(corners: tuple[tuple[Line, ...], ...]) -> np.ndarray:
        image = QImage(400, height, QImage.Format.Format_Grayscale8)
        image.fill(0)
        with QPainter(image) as painter:
            annotations.paint(painter, image.rect(), corners, Sides())
        return np.frombuffer(image.constBits(), np.uint8).reshape(height, -1) > 60

    annotations = AnnotationPainter()
    first, last = painted((upper, (), (), ())), painted(((), (), lower, ()))
    assert first.any()
    assert last.any()
    assert not (first & last).any()
    assert "1 of 3" in annotations.tool_tip_at(QPoint(20, height - 20)) or height > 120
    assert (painted(((), (), lower[:1], ())) & last).any() or height > 120


def test_badges_are_said(canvas: Canvas) -> None:
    lower_right = QRect(180, 280, 140, 40)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16)))
    plain = bright(canvas, lower_right)
    missing = (incomplete("Its pixel data end after {rows} of {all} rows.", rows=3, all=16),)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), marks=missing))
    marked = bright(canvas, lower_right)
    lossy = Caption(name="Doe^John", lossy=True)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), marks=missing, caption=lossy))
    assert plain < marked < bright(canvas, lower_right.adjusted(0, -20, 0, 0))


def test_why_a_picture_is_marked_is_told_by_a_tool_tip() -> None:
    marks = (
        incomplete("Its pixel data end after {rows} of {all} rows.", rows=3, all=16),
        doubtful("Its colour palette holds fewer colours than it tells."),
        doubtful("A part of an overlay is missing."),
    )
    shown = DisplayState("1 of 1", False, 1.0, None)
    corner = corner_annotations(Caption(), picture(marks=marks), shown)[3]
    assert [(line.text, line.tip) for line in corner if line.warning] == [
        ("Incomplete image", "Its pixel data end after 3 of 16 rows."),
        (
            "Doubtful: Its colour palette holds fewer colours than it tells.",
            "Its colour palette holds fewer colours than it tells.\nA part of an overlay is missing.",
        ),
    ]
    assert not any(line.warning for line in corner_annotations(Caption(), picture(), shown)[3])


def test_a_mask_is_labelled_in_its_colour() -> None:
    shown = DisplayState("1 of 1", False, 1.0, None)
    mask = picture(segments=(Segment(2, "Liver", (221, 130, 101)),))
    assert corner_annotations(Caption(), mask, shown)[2][0] == Line("Segment 2: Liver", ink=(221, 130, 101))


def test_the_labels_of_a_label_map_are_named_each_in_its_colour() -> None:
    shown = DisplayState("1 of 1", False, 1.0, None)
    segments = tuple(Segment(number, f"Part {number}", (number, 0, 0)) for number in range(1, 12))
    lines = corner_annotations(Caption(), picture(segments=segments), shown)[2]
    assert [(line.text, line.ink) for line in lines[:2]] == [
        ("Segment 1: Part 1", (1, 0, 0)),
        ("Segment 2: Part 2", (2, 0, 0)),
    ]
    assert lines[8] == Line("and 3 more")


def test_what_does_not_fit_is_told_by_a_tool_tip(canvas: Canvas, qtbot: QtBot) -> None:
    description = "A description <b>that</b> is much longer than half of this small widget"
    canvas.set_content(picture(caption=Caption(name="Doe^John", study_description=description)))
    seen(canvas)
    place = QPoint(300, 18)
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))
    assert "&lt;b&gt;that&lt;/b&gt;" in QToolTip.text()
    place = QPoint(20, 18)
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_a_long_name_goes_on_below(canvas: Canvas) -> None:
    second_line = QRect(10, 26, 140, 14)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), caption=Caption(name="Li^Na")))
    assert bright(canvas, second_line) == 0
    longest = Caption(name="Featherstone^Maximiliana Wilhelmina^Aurelia Konstanze")
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), caption=longest))
    assert bright(canvas, second_line) > 50


def test_the_counter_runs_ahead_of_a_picture_that_is_late(canvas: Canvas) -> None:
    canvas.set_position(0, 9)
    canvas.set_content(picture(pixels=np.zeros((16, 16), np.int16), caption=Caption()))
    box = QRect(0, 290, 150, 30)
    canvas.set_late(True)
    late = bright(canvas, box)
    canvas.set_late(False)
    assert 0 < bright(canvas, box) < late


def test_a_report_is_read_below_its_patients_name(canvas: Canvas, qtbot: QtBot) -> None:
    asked: list[bool] = []
    canvas.document_requested.connect(lambda: asked.append(True))
    canvas.set_content(
        Card("SR", "A report", Caption(name="Doe^John"), sheet=("one", "  <b>two</b>"), document="pdf")
    )
    sheet = canvas.findChild(QPlainTextEdit)
    assert sheet is not None
    assert sheet.isVisible()
    assert sheet.toPlainText() == "one\n  <b>two</b>"
    assert bright(canvas, QRect(10, 10, 150, 20)) > 50
    button = canvas.findChild(QPushButton)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [True]
    canvas.set_content(Card("Plan", "no image", Caption(name="Doe^John")))
    assert not sheet.isVisible()
    assert not button.isVisible()
    canvas.set_content(picture())
    assert not sheet.parentWidget().isVisible()


@pytest.mark.usefixtures("theme")
def test_a_card_is_bright_on_its_black_canvas_in_both_themes(canvas: Canvas) -> None:
    canvas.set_content(Card("Plan", "no image", Caption(), sheet=("a line",)))
    for name in ("cardTitle", "cardText"):
        label = canvas.findChild(QLabel, name)
        assert isinstance(label, QLabel)
        label.ensurePolished()
        assert label.palette().color(label.foregroundRole()).lightness() > 180


class Paints(QObject):
    """How often a canvas is painted."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.count = 0
        QApplication.processEvents()
        canvas.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def settled(qtbot: QtBot, canvas: Canvas) -> None:
    """Nothing has moved for a while, and what that asks for is done."""
    timer = canvas.findChild(QTimer)
    assert timer is not None
    if timer.isActive():
        qtbot.waitSignal(timer.timeout).wait()
    QApplication.processEvents()


def test_a_step_of_the_mouse_is_painted_once(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.set_content(picture())
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    paints = Paints(canvas)
    for step in range(1, 4):
        qtbot.mouseMove(canvas, QPoint(100 + step, 100))
        QApplication.processEvents()
        assert paints.count == step
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(103, 100))
    settled(qtbot, canvas)
    assert paints.count == 3


def test_what_was_drawn_coarsely_is_drawn_smoothly_once_nothing_moves(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.resize(2000, 1600)
    canvas.set_content(picture())
    canvas.move(0, 0)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    paints = Paints(canvas)
    qtbot.mouseMove(canvas, QPoint(110, 100))
    QApplication.processEvents()
    assert paints.count == 1
    assert len(np.unique(seen(canvas)[800, 200:1800])) < 20
    paints.count = 0
    settled(qtbot, canvas)
    assert paints.count == 1
    smooth = seen(canvas)
    np.testing.assert_array_equal(smooth[300:1300, 300:1700], drawn(canvas)[300:1300, 300:1700])


def drawn(canvas: Canvas) -> np.ndarray:
    """The picture of ``canvas`` without texts: all of it shaded, all of the widget black before."""
    whole, view = canvas.image, canvas.view
    screen = QImage(canvas.size(), QImage.Format.Format_RGB32)
    screen.fill(Qt.GlobalColor.black)
    size = QSizeF(whole.size()).scaled(QSizeF(canvas.size()), Qt.AspectRatioMode.KeepAspectRatio) * view.zoom
    target = QRectF(QPointF(), size)
    target.moveCenter(QRectF(canvas.rect()).center() + QPointF(*view.offset))
    painter = QPainter(screen)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, whole)
    painter.end()
    return levels(screen)


@pytest.mark.parametrize("size", [(320, 320), (301, 417), (413, 250)])
def test_only_what_is_in_sight_is_shaded_and_all_of_it_is_right(
    canvas: Canvas, qtbot: QtBot, size: tuple[int, int]
) -> None:
    canvas.resize(*size)
    pixels = np.random.default_rng(1).integers(0, 256, (201, 177)).astype(np.int16)
    canvas.set_content(picture(pixels=pixels, caption=Caption()))
    free = np.zeros((canvas.height(), canvas.width()), bool)
    free[1:-1, 1:-1] = True  # around it the frame of the focus
    free[-30:, :80] = free[-30:, canvas.width() // 2 :] = False  # the corners that say something

    def right() -> None:
        on_screen = seen(canvas)
        np.testing.assert_array_equal(on_screen[free], drawn(canvas)[free])

    right()
    wheel(canvas, 120 * 12, Qt.KeyboardModifier.ControlModifier)
    right()
    canvas.choose_window(Window(90, 77))
    seen(canvas)
    for button, by in (
        (Qt.MouseButton.MiddleButton, QPoint(7, 130)),
        (Qt.MouseButton.MiddleButton, QPoint(-3, -290)),
        (Qt.MouseButton.LeftButton, QPoint(40, 9)),
        (Qt.MouseButton.RightButton, QPoint(0, 90)),
        (Qt.MouseButton.MiddleButton, QPoint(0, 2000)),
        (Qt.MouseButton.MiddleButton, QPoint(0, -1990)),
        (Qt.MouseButton.RightButton, QPoint(0, 300)),
    ):
        drag(qtbot, canvas, button, by)
        seen(canvas)
        drag(qtbot, canvas, button, by / 3)
        right()


def test_a_window_by_the_pixels_is_found_once_for_a_picture(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Window] = []

    def counted(grey: Grey, pixels: Array) -> Window:
        found.append(automatic(grey, pixels))
        return found[-1]

    monkeypatch.setattr(view, "automatic", counted)
    canvas.set_content(picture())
    canvas.choose_window(Follow.PIXELS)
    for _ in range(3):
        wheel(canvas, 120, Qt.KeyboardModifier.ControlModifier)
        seen(canvas)
    assert len(found) == 1
    assert canvas.window_level == found[0]
