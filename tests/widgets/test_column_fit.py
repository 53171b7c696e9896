"""The columns of a table share its width: none is cut by its edge, and none is narrower than it may be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.models.dates import day_and_time
from workstation.models.history_model import HistoryColumn, HistoryModel
from workstation.widgets.column_fit import ColumnFit, shared_widths
from workstation.widgets.history_table import HistoryTable
from workstation.widgets.theme import apply_theme


class Rows(QAbstractTableModel):
    """Three columns, and so many rows."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return self._count

    @override
    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 3

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        return "x" if role == Qt.ItemDataRole.DisplayRole else None


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (50, [40, 30, 20]),  # too little for all
        (100, [50, 30, 20]),
        (120, [60, 40, 20]),
        (131, [60, 45, 26]),
    ],
)
def test_room_goes_to_what_lacks_it_first_and_is_shared_then(room: int, widths: list[int]) -> None:
    found = shared_widths({0: 40, 1: 30, 2: 20}, [(0, 60), (1, 40), (2, 10)], [1, 2], room)
    assert [found[column] for column in range(3)] == widths


@pytest.mark.parametrize("count", [2, 200])
def test_a_table_has_no_gap_and_nothing_to_scroll_to_at_its_side(count: int, qtbot: QtBot) -> None:
    view, model = QTableView(), Rows(count)
    qtbot.addWidget(view)
    view.setModel(model)
    ColumnFit(view).share([(0, 40), (1, 50), (2, 60)], takers=[1])
    view.show()
    for width in (300, 700, 240):
        view.resize(width, 200)
        QApplication.processEvents()
        assert view.horizontalHeader().length() == view.viewport().width()
        assert view.horizontalScrollBar().maximum() == 0
        assert (view.columnWidth(0), view.columnWidth(2)) == (40, 60)


def test_what_the_user_sized_stays(qtbot: QtBot) -> None:
    view, model = QTableView(), Rows(1)
    qtbot.addWidget(view)
    view.setModel(model)
    fit = ColumnFit(view)
    fit.share([(0, 40), (1, 50), (2, 60)], takers=[1])
    view.resize(400, 200)
    with qtbot.waitExposed(view):
        view.show()
    header = view.horizontalHeader()
    edge = QPoint(header.sectionViewportPosition(1) - 1, header.height() // 2)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(header.viewport(), left, pos=edge)
    qtbot.mouseMove(header.viewport(), edge + QPoint(50, 0))
    qtbot.mouseRelease(header.viewport(), left, pos=edge + QPoint(50, 0))
    assert view.columnWidth(0) == 90
    view.resize(700, 200)
    QApplication.processEvents()
    assert view.columnWidth(0) == 90
    assert header.length() == view.viewport().width()
    fit.share([(0, 40), (1, 50), (2, 60)], takers=[1])
    assert view.columnWidth(0) == 40


def test_a_reset_model_ends_nothing(qtbot: QtBot) -> None:
    view, model = QTableView(), Rows(1)
    qtbot.addWidget(view)
    view.setModel(model)
    ColumnFit(view).share([(0, 40), (1, 50), (2, 120)], takers=[1])
    view.resize(700, 200)
    view.show()
    model.beginResetModel()
    model.endResetModel()
    view.resize(400, 200)
    QApplication.processEvents()
    assert view.horizontalHeader().length() == view.viewport().width()
    assert view.columnWidth(2) == 120


@pytest.mark.usefixtures("theme_kept")
@pytest.mark.parametrize("patients", [False, True])
@pytest.mark.parametrize("width", [390, 515, 770])
def test_a_history_tells_when_and_whose_in_any_width(
    width: int, patients: bool, qapp: QApplication, qtbot: QtBot
) -> None:
    apply_theme(qapp, dark=True)
    table, model = HistoryTable(), HistoryModel()
    qtbot.addWidget(table)
    table.show_model(model)
    table.resize(width, 200)
    table.show()
    table.show_patients(shown=patients)
    QApplication.processEvents()
    assert table.horizontalScrollBar().maximum() == 0
    assert table.horizontalHeader().length() == table.viewport().width()
    bold = table.font()
    bold.setBold(True)  # as the current study is written
    advance, today = QFontMetrics(bold).horizontalAdvance, date.today()
    recent = advance(day_and_time(f"{today:%Y%m%d}", "1145"))
    assert table.columnWidth(HistoryColumn.DATE) > recent + 12
    told = HistoryColumn.PATIENT if patients else HistoryColumn.DESCRIPTION
    for column in (HistoryColumn.MODALITY, HistoryColumn.SOURCE):
        assert table.columnWidth(told) > table.columnWidth(column)
    if width == 770:
        yesterday = advance(day_and_time(f"{today - timedelta(1):%Y%m%d}", "1145"))
        assert table.columnWidth(HistoryColumn.DATE) > yesterday + 12
        assert table.columnWidth(HistoryColumn.MODALITY) > advance("CT SR") + 12
        assert table.columnWidth(HistoryColumn.DESCRIPTION) >= 150
