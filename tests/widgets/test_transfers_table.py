"""How the cells of the list of transfers look."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransfersModel
from workstation.widgets.transfers_table import TransfersTable


@pytest.fixture
def model() -> TransfersModel:
    model = TransfersModel()
    model.add(Transfer(1, "Doe, John", "A", TransferState.RUNNING))
    return model


@pytest.fixture
def table(model: TransfersModel, qtbot: QtBot, theme: None) -> TransfersTable:
    table = TransfersTable(model)
    qtbot.addWidget(table)
    table.resize(1200, 300)
    with qtbot.waitActive(table):
        table.show()
    return table


def ground(table: TransfersTable, column: TransferColumn) -> QColor:
    """The colour of a cell near its left edge, beside its text."""
    box = table.visualRect(table.model().index(0, column))
    return table.viewport().grab().toImage().pixelColor(box.x() + 2, box.center().y())


def test_no_coloured_cell_is_left_where_cancel_stood(table: TransfersTable, model: TransfersModel) -> None:
    """The clicked cell is selected, and has nothing to say until the transfer has stopped."""
    table.setCurrentIndex(model.index(0, TransferColumn.ACTION))
    plain = ground(table, TransferColumn.SECOND)
    assert model.index(0, TransferColumn.ACTION).data() == "Cancel"
    assert ground(table, TransferColumn.ACTION) != plain
    transfer = model.find(1)
    assert transfer is not None
    transfer.state = TransferState.CANCELLING
    model.tell(transfer)
    assert not model.index(0, TransferColumn.ACTION).data()
    assert ground(table, TransferColumn.ACTION) == plain


def test_two_series_of_a_study_look_different(table: TransfersTable, model: TransfersModel) -> None:
    """The end of a long title is seen, which names the series."""
    study = "Featherstonehaugh-Cholmondeley, Maximilian  ·  CT of the thorax with contrast"
    model.add(*(Transfer(n, f"{study}  ·  {n}  Series", "A", TransferState.RUNNING) for n in (2, 3, 4)))
    boxes = [table.visualRect(model.index(row, TransferColumn.TITLE)) for row in range(3)]
    assert boxes[0].width() < table.fontMetrics().horizontalAdvance(study)
    shot = table.viewport().grab().toImage()
    titles = [shot.copy(box) for box in boxes]
    assert titles[0] != titles[1] != titles[2]
