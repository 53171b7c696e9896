"""The preview in the real window: keys in the results, series, clips, tags, over a real library."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import receive
from tests.archives import data
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.imaging.view import CT_WINDOWS
from workstation.models.elements_model import ElementColumn

DEADLINE = 40_000


@pytest.fixture
def workstation(qtbot: QtBot, windows: Windows, tmp_path: Path) -> Workstation:
    """A window that shows the first of two series of six slices."""
    workstation = windows.open([])
    receive(workstation, data.study(tmp_path / "s", 6, series=2))
    bar = workstation.window.criteria
    bar.name.setText("DOE")
    bar.search()
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    tree, model = workstation.window.tree, workstation.tree_model
    tree.setCurrentIndex(first_study(model))
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is not None, timeout=DEADLINE)
    qtbot.waitActive(workstation.window)
    return workstation


def test_keys_act_where_the_focus_is(qtbot: QtBot, workstation: Workstation) -> None:
    window, canvas = workstation.window, workstation.window.canvas
    chosen = window.tree.currentIndex()
    canvas.setFocus()
    qtbot.keyClick(canvas, "3")
    assert canvas.window_level == CT_WINDOWS[2]
    qtbot.keyClick(canvas, "r")
    assert canvas.window_level is not None
    assert (canvas.window_level.centre, canvas.window_level.width) == (40, 400)
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert workstation.cine.playing
    qtbot.waitUntil(lambda: workstation.preview.position > 0, timeout=DEADLINE)
    qtbot.keyClick(canvas, "p")
    assert not workstation.cine.playing
    assert window.tree.currentIndex() == chosen
    before = (canvas.view.inverted, canvas.window_level)
    window.tree.setFocus()
    qtbot.keyClicks(window.tree, "i1r")
    qtbot.keyClick(window.tree, Qt.Key.Key_Space)
    assert window.tree.currentIndex() == chosen
    assert not workstation.cine.playing
    window.criteria.name.setFocus()
    window.criteria.name.clear()
    qtbot.keyClicks(window.criteria.name, "Fritz P1")
    assert window.criteria.name.text() == "Fritz P1"
    assert (canvas.view.inverted, canvas.window_level) == before


def test_series_and_tags(qtbot: QtBot, workstation: Workstation) -> None:
    pane, canvas = workstation.window.preview, workstation.window.canvas
    qtbot.waitUntil(lambda: workstation.preview.series.rowCount() > 1, timeout=DEADLINE)
    canvas.choose_window(CT_WINDOWS[0])
    place = pane.strip.visualRect(workstation.preview.series.index(1)).center()
    qtbot.mouseClick(pane.strip.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(
        lambda: canvas.picture is not None and canvas.caption.series_number == 2, timeout=DEADLINE
    )
    assert canvas.window_level != CT_WINDOWS[0]
    pane.tools.tags.trigger()
    rows = pane.elements.view.tree.model()
    pane.elements.view.sought.setText("Series Number")
    qtbot.waitUntil(lambda: rows.rowCount() == 1, timeout=DEADLINE)
    assert rows.index(0, ElementColumn.VALUE).data() == "2"
    assert pane.elements.isWindow()  # its size is its own, and takes nothing from the picture
    qtbot.keyClick(pane.elements.view.tree, Qt.Key.Key_Escape)
    assert not pane.elements.isVisible()
    assert not pane.tools.tags.isChecked()
    qtbot.waitUntil(lambda: rows.rowCount() == 0, timeout=DEADLINE)
    workstation.preview.turn_to(workstation.preview.series.uid(workstation.preview.series.index(0)))
    qtbot.waitUntil(
        lambda: canvas.picture is not None and canvas.caption.series_number == 1, timeout=DEADLINE
    )
    assert canvas.window_level == CT_WINDOWS[0]


def test_the_slider_and_the_wheel_end_playing(qtbot: QtBot, workstation: Workstation) -> None:
    pane = workstation.window.preview
    assert pane.play_bar.isVisible()
    qtbot.mouseClick(pane.play_bar.button, Qt.MouseButton.LeftButton)
    assert workstation.cine.playing
    pane.play_bar.slider.setValue(5 if workstation.preview.position != 5 else 4)
    assert not workstation.cine.playing
    workstation.window.canvas.scrolled.emit(-10)
    assert workstation.preview.position == 0
    assert pane.play_bar.slider.value() == 0


def test_closing_while_a_clip_plays(qtbot: QtBot, windows: Windows, workstation: Workstation) -> None:
    workstation.cine.toggle()
    workstation.window.preview.tools.tags.trigger()
    windows.close(workstation)
    assert not workstation.cine.playing
