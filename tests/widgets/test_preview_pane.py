"""Tools, strip, play bar and tag list around the canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.pictures import WINDOW, picture
from workstation.imaging.elements import Element
from workstation.imaging.grey_mapping import Lut, Window
from workstation.imaging.picture import Picture
from workstation.imaging.view import CT_WINDOWS, Follow
from workstation.models.elements_model import ElementsModel
from workstation.models.series_model import SeriesEntry, SeriesModel
from workstation.widgets.elements_view import ElementsView
from workstation.widgets.mouse_tools import MouseTool
from workstation.widgets.play_bar import PlayBar
from workstation.widgets.preview_pane import PreviewPane
from workstation.widgets.series_strip import SeriesStrip

LUT = Lut(0, np.arange(256, dtype=np.float32), 255, "TABLE")


class Page(QWidget):
    """A pane beside what stands for the search form."""

    def __init__(self) -> None:
        super().__init__()
        self.pane, self.field = PreviewPane(), QLineEdit()
        column = QVBoxLayout(self)
        for widget in (self.field, self.pane):
            column.addWidget(widget)


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    page.resize(600, 700)
    page.show()
    qtbot.waitActive(page)
    page.pane.canvas.set_content(picture())
    return page


def test_keys_work_in_the_preview(page: Page, qtbot: QtBot) -> None:
    widget = page.pane.canvas
    view, canvas = page.pane.canvas.view, page.pane.canvas
    widget.setFocus()
    qtbot.keyClick(widget, "i")
    assert view.inverted
    for key, window in zip("12345", CT_WINDOWS, strict=True):
        qtbot.keyClick(widget, key)
        assert canvas.window_level == window
    qtbot.keyClick(widget, "z")
    assert view.zoom != 1
    qtbot.keyClick(widget, "f")
    assert view.zoom == 1
    assert canvas.window_level == CT_WINDOWS[4]
    qtbot.keyClick(widget, "r")
    assert (view.inverted, view.choice) == (False, Follow.IMAGE)
    for key in ("p", Qt.Key.Key_Space):
        with qtbot.waitSignal(page.pane.play_toggled):
            qtbot.keyClick(widget, key)
    with qtbot.waitSignal(page.pane.elements_watched) as watched:
        qtbot.keyClick(widget, "t")
    assert watched.args == [True]
    assert page.pane.elements.isVisible()


def test_text_fields_keep_their_keys(page: Page, qtbot: QtBot) -> None:
    page.pane.tools.tags.setChecked(True)
    for field in (page.field, page.pane.elements.view.sought):
        field.activateWindow()
        field.setFocus()
        qtbot.keyClicks(field, "fizrt p1")
        assert field.text() == "fizrt p1"
    assert page.pane.canvas.view.choice is Follow.IMAGE
    assert not page.pane.canvas.view.inverted
    assert page.pane.elements.isVisible()


def test_hounsfield_windows_are_for_ct_only(page: Page, qtbot: QtBot) -> None:
    page.pane.canvas.set_content(picture("MR"))
    page.pane.canvas.setFocus()
    qtbot.keyClick(page.pane.canvas, "1")
    assert page.pane.canvas.window_level == WINDOW


def entries(page: Page) -> list[str]:
    page.pane.tools.windows.aboutToShow.emit()
    return [action.text() for action in page.pane.tools.windows.actions() if not action.isSeparator()]


def test_the_menu_lists_the_images_own_windows_then_those_of_ct(page: Page) -> None:
    page.pane.canvas.set_content(picture("CT", Window(40, 400, name="SOFT & <b>"), Window(-600, 1500), LUT))
    found = entries(page)
    assert found[0] == "SOFT && <b>  40 / 400"
    assert found[1] == "Image  -600 / 1500"
    assert found[2].startswith("TABLE")
    assert found[3] == "Automatic, from the pixel values"
    assert found[4:] == [action.text() for action in page.pane.tools.windows.presets]
    ticked = [action.text() for action in page.pane.tools.windows.actions() if action.isChecked()]
    assert ticked == [found[0]]
    page.pane.tools.windows.actions()[1].trigger()
    assert page.pane.canvas.window_level == Window(-600, 1500)
    page.pane.tools.windows.actions()[2].trigger()
    assert page.pane.canvas.voi is LUT
    page.pane.canvas.set_content(picture("MR"))
    assert entries(page) == ["Image  127.5 / 255", "Automatic, from the pixel values"]
    page.pane.canvas.set_content(Picture(pixels=np.zeros((2, 2), np.uint32), grey=None))
    assert entries(page) == ["No window for this image"]


def test_every_tool_says_its_key(page: Page) -> None:
    for button in page.pane.tools.findChildren(QToolButton):
        if (action := button.defaultAction()) is not None:
            key = action.shortcut().toString()
            assert key
            assert f"({key}" in action.toolTip()
            assert action.text()  # for who does not see the icon


def test_mouse_tools_have_keys_and_the_active_one_is_marked(page: Page, qtbot: QtBot) -> None:
    canvas, mouse = page.pane.canvas, page.pane.tools.mouse
    canvas.setFocus()
    for key, tool in zip(
        "qmsw", (MouseTool.ZOOM, MouseTool.MOVE, MouseTool.SCROLL, MouseTool.WINDOW), strict=True
    ):
        qtbot.keyClick(canvas, key)
        assert canvas.left_tool is tool
        assert [one for one, action in mouse.items() if action.isChecked()] == [tool]


def test_nothing_moves_when_a_picture_comes_or_goes(page: Page, qtbot: QtBot) -> None:
    pane = page.pane

    def places() -> list[QRect]:
        widgets = [pane.canvas, pane.strip, pane.play_bar, *pane.tools.findChildren(QToolButton)]
        return [QRect(widget.mapTo(pane, QPoint()), widget.size()) for widget in widgets]

    pane.canvas.clear()
    before = places()
    pane.canvas.set_content(replace(picture(), overlay=np.ones((16, 16), bool)))
    pane.play_bar.set_position(3, 200)
    pane.play_bar.set_playing(True, 29.97)
    model = SeriesModel()
    pane.strip.show_series(model)
    for number in range(9):
        model.put(SeriesEntry(uid=f"1.{number}", number=number, modality="CT", pictures=10))
    qtbot.waitUntil(lambda: model.rowCount() == 9)
    QApplication.processEvents()
    assert places() == before


@pytest.fixture
def strip(qtbot: QtBot) -> tuple[SeriesStrip, SeriesModel]:
    strip, model = SeriesStrip(), SeriesModel()
    qtbot.addWidget(strip)
    strip.show_series(model)
    strip.resize(140, 500)
    strip.show()
    for number in (1, 2, 3):
        model.put(
            SeriesEntry(
                uid=f"1.{number}", number=number, modality="CT", description="Thorax", pictures=10 * number
            )
        )
    model.set_current("1.1")
    qtbot.waitActive(strip)
    return strip, model


def test_series_are_chosen_by_click_and_by_arrow_keys(
    strip: tuple[SeriesStrip, SeriesModel], qtbot: QtBot
) -> None:
    view, model = strip
    asked: list[str] = []
    view.series_chosen.connect(asked.append)
    view.series_chosen.connect(model.set_current)
    place = view.visualRect(model.index(2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert asked == ["1.3", "1.2"]


def test_thumbnails_are_painted(strip: tuple[SeriesStrip, SeriesModel]) -> None:
    view, model = strip
    model.set_thumbnail("1.2", np.full((64, 64), 0xFF3366CC, np.uint32))
    shot = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    seen = {row: shot.pixel(view.visualRect(model.index(row)).topLeft() + QPoint(40, 46)) for row in range(3)}
    assert seen[1] == 0xFF3366CC
    assert seen[0] != 0xFF3366CC


def test_the_play_bar_follows_and_leads(qtbot: QtBot) -> None:
    bar = PlayBar()
    qtbot.addWidget(bar)
    chosen: list[int] = []
    bar.position_chosen.connect(chosen.append)
    bar.set_position(0, 1)
    assert not bar.isEnabled()
    assert bar.place.text() == ""
    bar.set_position(3, 10)
    assert bar.isEnabled()
    assert bar.place.text() == "4 / 10"
    assert (bar.slider.value(), bar.slider.maximum()) == (3, 9)
    assert chosen == []
    bar.show()
    bar.slider.setFocus()
    qtbot.keyClick(bar.slider, Qt.Key.Key_Right)
    assert chosen == [4]
    bar.set_playing(True, 29.97)
    assert bar.rate.text() == "30 fps"
    assert "Pause" in bar.button.toolTip()
    bar.set_playing(False, 0)
    assert bar.rate.text() == ""


@pytest.fixture
def tags(qtbot: QtBot) -> tuple[ElementsView, ElementsModel]:
    view, model = ElementsView(), ElementsModel()
    qtbot.addWidget(view)
    view.show_elements(model)
    view.resize(500, 200)
    view.show()
    model.show([Element(0x00100000 + n, f"Name {n}", "LO", f"value\n{n}") for n in range(100)])
    return view, model


def test_a_value_is_copied_whole(tags: tuple[ElementsView, ElementsModel], qtbot: QtBot) -> None:
    view, _ = tags
    qtbot.keyClicks(view.sought, "Name 42")
    rows = view.tree.model()
    assert rows.rowCount() == 1
    view.tree.setCurrentIndex(rows.index(0, 0))
    view.tree.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == "value\n42"


def test_the_next_file_is_read_from_where_one_was(tags: tuple[ElementsView, ElementsModel]) -> None:
    view, model = tags
    bar = view.tree.verticalScrollBar()
    bar.setValue(30)
    model.show(())
    model.show([Element(0x00100000 + n, f"Name {n}") for n in range(100)])
    assert bar.value() == 30


def test_overlays_have_a_key_and_a_button_where_there_are_some(page: Page, qtbot: QtBot) -> None:
    pane, canvas = page.pane, page.pane.canvas
    button = next(one for one in pane.findChildren(QToolButton) if one.defaultAction() is pane.tools.overlays)
    assert not button.isEnabled()
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)

    def colour() -> tuple[int, ...]:
        return QColor(canvas.grab().toImage().pixel(middle)).getRgb()[:3]

    plain = picture()
    canvas.set_content(plain)
    before = colour()
    assert len(set(before)) == 1
    canvas.set_content(replace(plain, overlay=np.ones((16, 16), bool)))
    assert button.isEnabled()
    assert pane.tools.overlays.isChecked()
    assert len(set(colour())) == 3
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_O)
    assert colour() == before
    assert not pane.tools.overlays.isChecked()
    canvas.set_content(replace(plain, overlay=np.ones((16, 16), bool)))
    assert colour() == before  # the next picture of the series as well
    canvas.reset()
    assert pane.tools.overlays.isChecked()
    assert len(set(colour())) == 3
    canvas.clear()
    assert not button.isEnabled()
