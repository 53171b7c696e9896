"""Nothing is off the screen or cut on small screens, and with fonts of twice the size.

Twice the size is 1280 × 720 device pixels seen as 640 × 360 where Qt scales the window, and twice the font in
1280 × 720 where only the font is larger.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.widgets.dialog_blocks import DIALOGS
from workstation.dicom import display
from workstation.dicom.saved_search import SavedSearch
from workstation.dicom.series_choice import SeriesChoice
from workstation.models.history_model import HistoryModel
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.ae_title_dialog import AeTitleDialog
from workstation.widgets.form import Note
from workstation.widgets.key_sheet import KeySheet
from workstation.widgets.main_window import MainWindow
from workstation.widgets.save_search_dialog import SaveSearchDialog
from workstation.widgets.series_dialog import SeriesDialog
from workstation.widgets.theme import apply_theme

pytestmark = pytest.mark.usefixtures("theme_kept")
ALL = {
    **DIALOGS,
    "series": lambda parent: SeriesDialog("A study", SeriesChoice(), parent),
    "title": AeTitleDialog,
}
SCALED, FRAME = QSize(640, 360), QSize(24, 48)


@pytest.fixture(params=[1, 2])
def times(qapp: QApplication, theme_kept: None, request: pytest.FixtureRequest) -> Iterator[int]:
    """The size of the font, as a multiple of the usual one."""
    apply_theme(qapp, dark=True)
    before = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(before.pointSizeF() * request.param)
    qapp.setFont(larger)
    yield request.param
    qapp.setFont(before)


@pytest.fixture
def window(qtbot: QtBot, times: int) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.criteria.set_sources([("A", "Radiology archive"), ("L", "Library")], ["A", "L"])
    return window


def fits(size: QSize, room: QSize) -> bool:
    return size.width() <= room.width() and size.height() <= room.height()


@pytest.mark.parametrize("name", ALL)
def test_a_dialog_is_within_its_screen(name: str, times: int, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog: QDialog = ALL[name](parent)  # type: ignore[operator]
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert fits(dialog.size(), dialog.screen().availableSize() - FRAME)
    assert fits(dialog.minimumSizeHint(), SCALED * times - FRAME)
    dialog.resize(dialog.minimumSizeHint())
    for box in dialog.findChildren(QDialogButtonBox):
        for button in box.buttons():
            assert dialog.rect().contains(QRect(button.mapTo(dialog, button.rect().topLeft()), button.size()))


@pytest.mark.parametrize("name", ["node", "settings", "background", "title", "nodes"])
def test_a_form_never_scrolls_sideways(name: str, times: int, qtbot: QtBot) -> None:
    """Its notes go below the fields, and come back beside them."""
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog: QDialog = ALL[name](parent)  # type: ignore[operator]
    with qtbot.waitExposed(dialog):
        dialog.show()
    tabs = dialog.findChild(QTabWidget)
    for size in (SCALED * times - FRAME, QSize(1000, 600) * times, SCALED * times - FRAME):
        dialog.resize(size)
        for page in range(tabs.count() if tabs is not None else 1):
            if tabs is not None:
                tabs.setCurrentIndex(page)
            QApplication.processEvents()
            areas = [area for area in dialog.findChildren(QAbstractScrollArea) if area.isVisible()]
            assert [area.horizontalScrollBar().maximum() for area in areas] == [0] * len(areas)
            notes = [note for note in dialog.findChildren(Note) if note.isVisible()]
            cut = [one.text() for one in notes if one.height() < one.heightForWidth(one.width())]
            assert not cut


def test_the_sheet_of_keys_is_within_its_screen(window: MainWindow, times: int, qtbot: QtBot) -> None:
    sheet = KeySheet(window.keys)
    qtbot.addWidget(sheet)
    assert fits(sheet.size(), sheet.screen().availableSize() - FRAME)
    assert fits(sheet.minimumSizeHint(), SCALED * times - FRAME)
    if times == 1:  # it scrolls down only
        with qtbot.waitExposed(sheet):
            sheet.show()
        bars = [area.horizontalScrollBar().maximum() for area in sheet.findChildren(QScrollArea)]
        assert bars == [0]


def test_new_windows_leave_room_for_their_frames(window: MainWindow, qtbot: QtBot) -> None:
    room = window.screen().availableSize() - FRAME
    assert fits(window.size(), room)
    window.preview.tools.apart.trigger()
    assert window.placement.window is not None
    assert fits(window.placement.window.size(), room)
    window.preview.tools.apart.trigger()


def test_the_window_is_no_larger_than_the_screen(window: MainWindow, times: int) -> None:
    window.ensurePolished()
    least = window.minimumSizeHint()
    assert fits(least, SCALED * times), least


def test_the_history_makes_it_no_larger_either(window: MainWindow, times: int, qtbot: QtBot) -> None:
    history = window.history
    history.show_model(HistoryModel())
    window.invite(False)
    window.resize(SCALED * times)
    with qtbot.waitExposed(window):
        window.show()
    history.open("All studies", patients=False)
    history.show_status("1 study", "PACS did not answer", retry=True)
    qtbot.waitUntil(lambda: history.table.height() > 40, timeout=5_000)
    assert fits(window.minimumSizeHint(), SCALED * times)
    assert fits(window.size(), SCALED * times)
    window.resize(1440, 1800)
    qtbot.waitUntil(lambda: window.tree.isVisible() and window.tree.height() > 100, timeout=5_000)
    assert history.isVisible()
    window.resize(SCALED * times)
    history.dismiss()
    assert window.tree.isVisible()


@pytest.mark.parametrize("width", [640, 720, 900, 1024, 1440])
def test_every_button_and_field_is_in_sight(window: MainWindow, times: int, width: int, qtbot: QtBot) -> None:
    window.resize(width * times, 450 * times)
    with qtbot.waitExposed(window):
        window.show()
    criteria, tools = window.criteria, window.preview.tools
    shown: list[QWidget] = [
        *criteria.findChildren(QPushButton),
        *tools.findChildren(QToolButton),
        window.menu,
    ]
    shown += [criteria.name, criteria.patient_id, criteria.accession, criteria.description, criteria.dates]
    shown = [widget for widget in shown if widget.isVisible()]
    for widget in shown:
        box = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
        assert window.rect().contains(box), widget
        assert widget.width() >= widget.minimumSizeHint().width(), widget
    boxes = [
        QRect(each.mapTo(window, each.rect().topLeft()), each.size()) for each in shown if each.isVisible()
    ]
    assert not [(a, b) for place, a in enumerate(boxes) for b in boxes[:place] if a.intersects(b)]


@pytest.mark.usefixtures("times")
def test_a_menu_that_is_higher_than_the_screen_scrolls_in_one_column(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    for number in range(80):
        menu.addAction(f"Entry {number}")
    menu.popup(QPoint(0, 0))
    room = menu.screen().geometry()
    assert menu.sizeHint().height() > room.height()
    assert {menu.actionGeometry(action).x() for action in menu.actions()} == {
        menu.actionGeometry(menu.actions()[0]).x()
    }
    assert menu.width() < room.width() / 2
    menu.close()


@pytest.mark.usefixtures("theme_kept")
def test_a_dialog_with_notes_below_its_fields_is_as_high_as_it_needs_and_the_screen_allows(
    qapp: QApplication, qtbot: QtBot
) -> None:
    apply_theme(qapp, dark=True)
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = SaveSearchDialog(SavedSearch(name="", line="mod:CT"), ["A"], [], parent)
    dialog.resize(560, dialog.height())  # as on a screen that has no more: the notes go below
    with qtbot.waitExposed(dialog):
        dialog.show()
    [scrolled] = dialog.findChildren(QScrollArea)
    assert scrolled.verticalScrollBar().maximum() == 0
    assert fits(dialog.size(), dialog.screen().availableSize() - FRAME)


def test_a_short_tool_tip_is_one_line_and_a_long_one_is_broken(qtbot: QtBot) -> None:
    def high(text: str) -> int:
        label = QLabel(display.tool_tip(text))
        qtbot.addWidget(label)
        label.setWordWrap(True)  # as Qt does with tool tips
        return label.sizeHint().height()

    line = high("One")
    assert high("“colour:” is no column: it is looked for as text.") == line
    assert high("One\nTwo & <three>") == 2 * line
    assert high("a word " * 40) >= 3 * line
