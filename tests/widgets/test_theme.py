"""Contrast of the named colours, and what the style sheet makes of the widgets in both themes."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QListWidget,
    QPushButton,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.widgets.pictures import picture
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.settings.preferences import Preferences
from workstation.widgets.main_window import MainWindow
from workstation.widgets.preview_pane import PreviewPane
from workstation.widgets.settings_dialog import SettingsDialog
from workstation.widgets.style_sheet import PLAIN, VIEWER
from workstation.widgets.theme import DARK, LIGHT, Colours, apply_theme

pytestmark = pytest.mark.usefixtures("theme_kept")
THEMES = {"dark": DARK, "light": LIGHT}
GROUNDS = ("window", "panel", "field", "hover", "selected", "bad_field")
INKS = ("text", "quiet", "accent", "good", "warning", "bad")


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_every_ground(theme: str, ink: str, ground: str) -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1, also for placeholders, links and states on a selected row."""
    colours = asdict(THEMES[theme])
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_other_pairs(theme: str) -> None:
    chosen = THEMES[theme]
    assert contrast(chosen.on_accent, chosen.accent) >= 4.5
    for ground in (chosen.window, chosen.panel, chosen.field):
        assert contrast(chosen.accent, ground) >= 3  # of the focus: 1.4.11
        assert contrast(chosen.off, ground) >= 2.5  # exempt from 1.4.3, but to be seen
        assert contrast(chosen.off, ground) < contrast(chosen.quiet, ground) - 1.5
    for ink in (DARK.text, DARK.quiet, DARK.accent):
        assert contrast(ink, "#000000") >= 4.5  # of the viewer


def test_the_rules_name_colours_and_write_none() -> None:
    written = set(re.findall(r"#[0-9a-f]{6}", PLAIN + VIEWER))
    assert written == {"#000000"}  # behind the picture


@pytest.mark.usefixtures("theme")
def test_scroll_bars_are_thin_and_without_buttons(qtbot: QtBot) -> None:
    view = QListWidget()
    qtbot.addWidget(view)
    view.addItems(list(map(str, range(200))))
    view.resize(120, 100)
    view.show()
    qtbot.waitExposed(view)
    bar = view.verticalScrollBar()
    assert bar.isVisible()
    assert bar.width() <= 10
    option = QStyleOptionSlider()
    bar.initStyleOption(option)
    groove = bar.style().subControlRect(
        QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarGroove, bar
    )
    assert groove.height() == bar.height()  # nothing above and below it


@pytest.mark.parametrize("theme", THEMES)
def test_the_handle_of_the_slider_is_seen(theme: str, qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, theme == "dark")
    pane = PreviewPane()
    qtbot.addWidget(pane)
    pane.play_bar.set_position(0, 9)
    with qtbot.waitActive(pane):
        pane.show()
    slider = pane.play_bar.slider
    shot, corner = pane.grab().toImage(), slider.mapTo(pane, QPoint(0, 0))
    handle = shot.pixelColor(corner + QPoint(6, slider.height() // 2))
    around = shot.pixelColor(corner + QPoint(slider.width() - 2, 1))
    assert contrast(handle.name(), around.name()) >= 3  # WCAG 2.1, 1.4.11


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.resize(1100, 700)
    with qtbot.waitActive(window):
        window.show()
    return window


def ground(widget: QWidget) -> str:
    """The colour of a widget near its left edge, inside a border and beside its text."""
    return widget.grab().toImage().pixelColor(5, widget.height() // 2).name()


def on(theme: Colours, name: str) -> QColor:
    return QColor(asdict(theme)[name])


@pytest.mark.parametrize("theme", THEMES)
def test_the_main_action_does_not_go_with_the_focus(
    theme: str, window: MainWindow, qtbot: QtBot, qapp: QApplication
) -> None:
    apply_theme(qapp, theme == "dark")
    accent = on(THEMES[theme], "accent")
    search, fetch = window.criteria.button, window.results_bar.fetch
    for focused in (window.criteria.name, search, window.criteria.clear, window.results_bar.filter):
        focused.setFocus()
        assert QColor(ground(search)) == accent
    window.set_fetchable(True)
    for focused in (window.criteria.name, search, fetch):
        focused.setFocus()
        assert QColor(ground(fetch)) == accent
        assert QColor(ground(search)) != accent
    window.set_fetchable(False)
    assert QColor(ground(search)) == accent
    window.invite(True)
    assert QColor(ground(window.empty_state.add)) == accent
    assert QColor(ground(search)) != accent


@pytest.mark.usefixtures("theme")
def test_ok_is_the_main_action_wherever_the_focus_is(qtbot: QtBot) -> None:
    dialog = SettingsDialog(Preferences())
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    cancel = dialog.buttons.button(dialog.buttons.StandardButton.Cancel)
    before = ground(cancel)
    cancel.setFocus()
    assert ground(cancel) == before
    assert ground(ok) != before


@pytest.mark.parametrize("theme", THEMES)
def test_a_placeholder_has_the_ink_of_quiet_text(theme: str, window: MainWindow, qapp: QApplication) -> None:
    apply_theme(qapp, theme == "dark")
    for line in (window.criteria.name, window.results_bar.filter):
        line.ensurePolished()
        ink = line.palette().color(QPalette.ColorRole.PlaceholderText)
        assert (ink.name(), ink.alpha()) == (THEMES[theme].quiet, 255)


@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_is_a_border_and_the_pointer_a_ground(theme: str, qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, theme == "dark")
    page = QWidget()
    qtbot.addWidget(page)
    first, second = QPushButton("One", page), QPushButton("Two", page)
    second.move(120, 0)
    with qtbot.waitActive(page):
        page.show()
    second.setFocus()
    assert border(first) == asdict(THEMES[theme])["line"]
    first.setFocus()
    assert border(first) == asdict(THEMES[theme])["accent"]
    assert ground(first) == ground(second)


def border(widget: QWidget) -> str:
    image = widget.grab().toImage()
    return image.pixelColor(image.width() // 2, 0).name()


@pytest.mark.parametrize("theme", THEMES)
def test_a_popup_list_begins_with_its_first_entry(theme: str, qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, theme == "dark")
    box = QComboBox()
    qtbot.addWidget(box)
    box.addItems(["One", "Two", "Three"])
    with qtbot.waitExposed(box):
        box.show()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    assert view.window().height() - view.viewport().height() <= 8  # no bar for scrolling above and below
    box.hidePopup()


def test_the_viewer_looks_the_same_whichever_theme_it_began_with(qtbot: QtBot, qapp: QApplication) -> None:
    """Also after a change while it is shown."""
    apply_theme(qapp, dark=False)
    viewer = PreviewPane()
    qtbot.addWidget(viewer)
    viewer.resize(700, 500)
    viewer.canvas.set_content(picture())
    viewer.play_bar.set_position(3, 20)
    with qtbot.waitExposed(viewer):
        viewer.show()
    seen: list[QImage] = []
    for dark in (False, True, False):
        apply_theme(qapp, dark)
        viewer.play_bar.set_playing(playing=dark, rate=0)
        viewer.play_bar.set_playing(playing=False, rate=0)
        seen.append(viewer.grab().toImage())
    assert seen[0] == seen[1] == seen[2]
    play = viewer.play_bar.button
    drawn = play.grab().toImage()
    middle = [drawn.pixelColor(x, play.height() // 2).name() for x in range(play.width())]
    assert DARK.text in middle
    for button in viewer.tools.findChildren(type(play)):
        if button.isEnabled() and not button.isHidden():
            image = button.grab().toImage()
            inks = {
                image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
            }
            assert DARK.text in inks, button.toolTip()


@pytest.mark.usefixtures("theme")
def test_nothing_bright_is_around_the_picture(window: MainWindow, qtbot: QtBot) -> None:
    viewer = window.preview
    window.canvas.set_content(picture())
    image = viewer.grab().toImage()
    edges = [(x, y) for x in range(image.width()) for y in (0, image.height() - 1)]
    edges += [(x, y) for y in range(image.height()) for x in (0, image.width() - 1)]
    assert max(image.pixelColor(x, y).lightness() for x, y in edges) < 80
