"""In a narrow or low window the picture keeps its share, and nothing is lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.pictures import picture
from workstation.imaging.picture import Card
from workstation.models.columns import COLUMNS, Column
from workstation.models.series_model import SeriesEntry, SeriesModel
from workstation.models.source_state import Phase, SourceState
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.annotation_painter import Lines
from workstation.widgets.main_window import MainWindow
from workstation.widgets.theme import apply_theme
from workstation.widgets.tool_row import ToolRow

TITLE_BAR = 12
"""What a window manager takes of the height, in pixels of a screen of 150 %."""
SOURCES = [("A", "Demo archive"), ("B", "Radiology archive"), ("L", "Library")]


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, theme_kept: None) -> MainWindow:
    apply_theme(qapp, dark=True)
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    window.invite(False)
    window.criteria.set_sources(SOURCES, [key for key, _ in SOURCES])
    return window


def show(window: MainWindow, width: int, height: int, qtbot: QtBot) -> None:
    window.resize(width, height)
    if not window.isVisible():
        with qtbot.waitActive(window):
            window.show()
    qtbot.waitUntil(lambda: window.splitter.width() == width, timeout=3000)


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint()), widget.size())


# --- The picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("screen", "share"),
    [((1280, 720), 0.35), ((960, 600), 0.34), ((720, 450), 0.17), ((640, 360), 0.1), ((1024, 768), 0.35)],
)
def test_the_picture_has_its_share_of_the_screen(
    window: MainWindow, qtbot: QtBot, screen: tuple[int, int], share: float
) -> None:
    width, height = screen
    show(window, width, height - TITLE_BAR, qtbot)
    canvas = window.canvas
    qtbot.waitUntil(lambda: canvas.width() * canvas.height() >= share * width * height, timeout=3000)


def test_nothing_moves_with_the_series_in_a_narrow_viewer(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 800, 500, qtbot)
    strip, canvas = window.preview.strip, window.canvas
    before = place(canvas, window), place(strip, window)
    assert strip.width() < 100
    model = SeriesModel()
    strip.show_series(model)
    for number in range(9):
        entry = SeriesEntry(
            uid=f"1.{number}", number=number, modality="CT", description="Thorax", pictures=1000
        )
        model.put(entry)
    canvas.set_content(picture())
    assert "Thorax" in model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    strip.grab()
    assert (place(canvas, window), place(strip, window)) == before
    box = strip.visualRect(model.index(0))
    assert box.width() < 100
    assert strip.viewport().rect().contains(box)


def test_a_card_is_whole_in_a_low_viewer(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 720, 438, qtbot)
    text = "It broke the decoder twice, so it is not tried again by itself."
    window.canvas.set_content(Card("This image cannot be shown", text, again=True))
    parts = [*window.canvas.findChildren(QLabel), *window.canvas.findChildren(QPushButton)]
    shown = [one for one in parts if one.isVisible()]
    assert len(shown) == 3
    QApplication.processEvents()
    for one in shown:
        assert window.canvas.rect().contains(place(one, window.canvas))
        assert one.height() >= max(one.heightForWidth(one.width()), one.minimumSizeHint().height())


@pytest.mark.parametrize(("height", "lower"), [(438, ""), (700, "3 of 9")])
def test_nothing_is_written_below_a_card_where_it_needs_the_room(
    window: MainWindow, height: int, lower: str, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    show(window, 720, height, qtbot)
    window.canvas.set_content(Card("This image cannot be shown", "It broke the decoder twice.", again=True))
    window.canvas.set_position(2, 9)
    window.canvas.grab()  # what paints is made then
    painted: list[Lines] = []
    monkeypatch.setattr(
        window.canvas._corners, "paint", lambda painter, box, lines, sides: painted.append(lines[2])
    )
    window.canvas.grab()
    assert "".join(line.text for line in painted[-1]) == lower


# --- The tools ------------------------------------------------------------------------------------------


def buttons(row: ToolRow) -> list[QToolButton]:
    return [one for one in row.findChildren(QToolButton) if one is not row.more]


def listed(row: ToolRow) -> list[object]:
    menu = row.more.menu()
    menu.aboutToShow.emit()
    return [action.menu() or action for action in menu.actions()]


@pytest.mark.parametrize("width", [640, 720, 900, 960, 1280, 1920])
def test_tools_stand_in_one_row_and_the_rest_in_a_menu(window: MainWindow, width: int, qtbot: QtBot) -> None:
    show(window, width, 700, qtbot)
    tools = window.preview.tools
    shown = [one for one in buttons(tools) if one.isVisible()]
    assert len({one.y() for one in shown}) == 1
    assert all(tools.rect().contains(one.geometry()) for one in shown)
    out_of_sight = [one.menu() or one.defaultAction() for one in buttons(tools) if not one.isVisible()]
    assert listed(tools) == out_of_sight
    assert tools.more.isVisible() == bool(out_of_sight)
    assert {tools.tags, tools.filling, tools.apart} <= {one.defaultAction() for one in shown}


def test_a_tool_of_the_menu_acts(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 640, 500, qtbot)
    window.canvas.set_content(picture())
    tools = window.preview.tools
    assert tools.invert in listed(tools)
    tools.invert.trigger()
    assert window.canvas.view.inverted
    menus = [one for one in listed(tools) if isinstance(one, QMenu)]
    assert menus == [tools.windows]
    assert tools.windows.title()


def test_the_focus_stays_among_the_tools(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 1920, 700, qtbot)
    tools = window.preview.tools
    last = next(one for one in buttons(tools) if one.defaultAction() is tools.reset)
    last.setFocus()
    show(window, 640, 700, qtbot)
    qtbot.waitUntil(tools.more.hasFocus)
    show(window, 1920, 700, qtbot)
    qtbot.waitUntil(lambda: any(one.hasFocus() for one in buttons(tools)))
    assert last.isVisible()


# --- The list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [640, 720, 800, 960, 1100, 1150, 1280, 1920])
def test_no_column_is_cut(window: MainWindow, width: int, qtbot: QtBot) -> None:
    show(window, width, 700, qtbot)
    header, tree = window.tree.header(), window.tree
    bar = tree.verticalScrollBar().sizeHint().width()
    qtbot.waitUntil(lambda: header.length() == tree.width() - bar, timeout=3000)
    assert header.sectionSize(Column.IMAGES) == COLUMNS[Column.IMAGES].width
    assert header.sectionSize(Column.NAME) >= (120 if width > 640 else 80)
    assert header.sectionSize(Column.DATE) >= tree.fontMetrics().horizontalAdvance("2026-12-01")


def test_a_description_of_its_own_and_the_state_fit_too(window: MainWindow, qtbot: QtBot) -> None:
    header = window.tree.header()
    for column in (Column.DESCRIPTION, Column.STATE):
        header.setSectionHidden(column, False)
    show(window, 1280, 708, qtbot)
    assert header.length() <= window.tree.viewport().width()
    assert header.sectionSize(Column.IMAGES) == COLUMNS[Column.IMAGES].width
    header.setSectionHidden(Column.STATE, True)
    assert header.sectionSize(Column.DATE) == COLUMNS[Column.DATE].width, "descriptions give way first"
    assert header.sectionSize(Column.DESCRIPTION) < COLUMNS[Column.DESCRIPTION].width


def test_widths_come_back_with_the_room(window: MainWindow, qtbot: QtBot) -> None:
    header = window.tree.header()
    show(window, 1440, 800, qtbot)
    header.resizeSection(Column.DATE, 140)
    before = [header.sectionSize(column) for column in header.shown]
    kept = header.layout_by_key
    show(window, 700, 800, qtbot)
    assert header.sectionSize(Column.DATE) < 140
    assert header.layout_by_key == kept
    show(window, 1440, 800, qtbot)
    qtbot.waitUntil(lambda: [header.sectionSize(column) for column in header.shown] == before)


def test_a_column_keeps_the_width_it_is_just_given(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 900, 700, qtbot)
    header = window.tree.header()
    header.resizeSection(Column.MODALITY, 60)
    assert header.sectionSize(Column.MODALITY) == 60
    assert header.names_fit


# --- The transfers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(720, 438), (960, 588), (1280, 708), (1440, 880)])
def test_no_row_of_the_transfers_is_cut(window: MainWindow, size: tuple[int, int], qtbot: QtBot) -> None:
    strip, view = window.transfers, window.transfers.view
    model = view.model()
    assert isinstance(model, TransfersModel)
    long = "Featherstonehaugh-Cholmondeley, Maximiliana  ·  MR whole spine"
    model.add(*(Transfer(n, long, "Radiology archive", TransferState.RUNNING) for n in range(1, 40)))
    show(window, *size, qtbot)
    strip.unfold()
    high = view.rowHeight(0)
    qtbot.waitUntil(lambda: view.viewport().height() % high == 0, timeout=3000)
    assert view.viewport().height() >= high
    view.verticalScrollBar().triggerAction(view.verticalScrollBar().SliderAction.SliderSingleStepAdd)
    assert view.rowViewportPosition(1) == 0
    assert view.horizontalScrollBar().maximum() == 0
    assert view.columnWidth(TransferColumn.TITLE) >= 110
    assert view.columnWidth(TransferColumn.STATE) >= 110


def test_what_is_said_in_the_bottom_line_stands_beside_each_other(window: MainWindow, qtbot: QtBot) -> None:
    strip = window.transfers
    model = strip.view.model()
    assert isinstance(model, TransfersModel)
    for number, state in enumerate((TransferState.RUNNING, TransferState.FAILED, TransferState.PARTIAL), 1):
        transfer = Transfer(number, "Doe, John", "A", state)
        transfer.expected, transfer.done = 73, 28
        model.add(transfer)
        model.tell(transfer)
    strip.sum_up()
    show(window, 720, 438, qtbot)
    parts = [one for one in (strip.title, strip.failed, strip.needs_user, strip.bar) if one.isVisible()]
    assert len(parts) == 4
    boxes = [place(one, strip) for one in parts]
    assert not [1 for n, box in enumerate(boxes) for other in boxes[:n] if box.intersects(other)]


# --- The form -------------------------------------------------------------------------------------------


def test_a_low_window_has_the_fields_in_one_row_and_brings_back_the_others(
    window: MainWindow, qtbot: QtBot
) -> None:
    show(window, 700, 450, qtbot)
    bar = window.criteria
    always = (bar.name, bar.modality, bar.dates, bar.button, bar.clear)
    assert len({place(one.parentWidget(), bar).y() for one in always}) == 1
    folded = [one for one in (bar.by, bar.accession, bar.description) if not one.isVisible()]
    assert bar.by in folded
    assert bar.fields.more.isVisible()
    bar.fields.more.setFocus()
    qtbot.keyClick(bar.fields.more, Qt.Key.Key_Space)
    assert all(one.isVisible() for one in folded)
    qtbot.keyClick(bar.fields.more, Qt.Key.Key_Space)
    assert not any(one.isVisible() for one in folded)


def test_what_is_filled_in_is_in_sight(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 700, 450, qtbot)
    bar = window.criteria
    assert not bar.accession.isVisible()
    bar.accession.setText("A123")
    assert bar.accession.isVisible()
    assert bar.criteria.accession == "A123"
    show(window, 660, 450, qtbot)
    assert bar.accession.isVisible()


def test_the_key_of_a_folded_field_leads_there(window: MainWindow, qtbot: QtBot) -> None:
    show(window, 700, 450, qtbot)
    bar = window.criteria
    assert not bar.accession.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert bar.accession.hasFocus()
    show(window, 1440, 900, qtbot)
    bar.name.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    assert bar.accession.hasFocus(), "the label has its key again"


@pytest.mark.parametrize("size", [(1280, 720), (960, 590), (1440, 900)])
def test_three_sources_stand_in_one_row(window: MainWindow, size: tuple[int, int], qtbot: QtBot) -> None:
    show(window, *size, qtbot)
    bar = window.criteria
    assert len({box.y() for box in bar.sources.values()}) == 1
    before = [place(box.box, bar) for box in bar.sources.values()]
    for key, _ in SOURCES:
        bar.source_boxes.set_answer(key, SourceState(Phase.FAILED, message="It is gone."))
        box = bar.sources[key]
        qtbot.waitUntil(lambda box=box: box.link.isVisible() and not box.chip.cut)  # type: ignore[misc]
    assert [place(box.box, bar) for box in bar.sources.values()] == before
