"""The frame of the current row of the results."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.tree_model import TreeModel
from workstation.widgets.theme import colours
from workstation.widgets.tree_view import TreeView


class Painted(QObject):
    """What of a widget is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.region = QRegion()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False


@pytest.fixture
def view(qtbot: QtBot, theme: None) -> TreeView:
    model = TreeModel()
    view = TreeView(model)
    qtbot.addWidget(view)
    view.resize(900, 300)
    with qtbot.waitActive(view):
        view.show()
    view.setFocus()
    studies = [
        StudyMatch(
            source="A",
            study_uid=f"1.{number}",
            patient=PatientMatch(source="A", patient_id=f"{number}", name=f"Doe^{number}"),
        )
        for number in range(1, 6)
    ]
    model.results.add_studies(model.results.begin(), studies)
    return view


def framed(view: TreeView) -> list[int]:
    """Rows whose upper edge is in the colour of the focus, over the whole width."""
    shot, accent = view.viewport().grab().toImage(), colours(view.palette()).accent
    tops = [view.visualRect(view.model().index(row, 0)).top() for row in range(view.model().rowCount())]
    shown = view.header().length()
    return [
        row
        for row, top in enumerate(tops)
        if all(shot.pixelColor(x, top).name() == accent for x in range(shown))
    ]


def test_it_moves_as_a_whole_with_the_current_row(view: TreeView, qtbot: QtBot) -> None:
    model, viewport = view.model(), view.viewport()
    view.setCurrentIndex(model.index(1, 0))
    assert framed(view) == [1]
    qtbot.waitUntil(lambda: view.hasFocus())
    painted = Painted()
    viewport.installEventFilter(painted)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    rows = [view.visualRect(model.index(row, column)) for row in (1, 2) for column in range(3)]
    qtbot.waitUntil(lambda: all(painted.region.contains(box) for box in rows if not box.isEmpty()))
    viewport.removeEventFilter(painted)
    assert framed(view) == [2]
