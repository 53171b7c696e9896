"""Rows of the tree as tests name them: patients, and what is shown below a row."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex
from PySide6.QtWidgets import QTableView

from workstation.dicom.levels import Level
from workstation.models.columns import Column, cell
from workstation.models.model_index import ModelIndex
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role


class PatientIndex(QModelIndex):
    """Where a patient stands in the list: at its own row, or at that of its only study."""


def patients(model: TreeModel) -> list[QModelIndex]:
    """The patients in sight, from the top."""
    return [PatientIndex(index) for index in _all(model) if index.data(Role.DEPTH) == 0]


def patient(model: TreeModel, number: int = 0, column: int = 0) -> QModelIndex:
    """One of them."""
    return PatientIndex(patients(model)[number].siblingAtColumn(column))


def below(index: ModelIndex) -> list[QModelIndex]:
    """What is shown right below a row, wherever it has got to."""
    model, found = index.model(), []
    assert isinstance(model, TreeModel)
    row = model.row(index)
    if row is not None and row.stands_alone and isinstance(index, PatientIndex):
        return [model.index_of(row)]
    for other in _all(model):
        lower = model.row(other)
        if lower is not None and lower.parent is row:
            found.append(other)
    return found


def child(index: ModelIndex, number: int = 0, column: int = 0) -> QModelIndex:
    """One of these; none if it is not there yet."""
    found = below(index)
    return found[number].siblingAtColumn(column) if number < len(found) else QModelIndex()


def above(index: ModelIndex) -> QModelIndex:
    """The row it stands below."""
    model = index.model()
    assert isinstance(model, TreeModel)
    row = model.row(index)
    assert row is not None
    assert row.parent is not None
    return PatientIndex(model.index_of(row if row.stands_alone else row.parent))


def first_study(model: TreeModel) -> QModelIndex:
    """The first study of the first patient."""
    return child(patient(model))


def _all(model: TreeModel) -> list[QModelIndex]:
    return [model.index(number, 0) for number in range(model.rowCount())]


def unfold(index: ModelIndex) -> None:
    """Open a row, as a click on its arrow does."""
    model = index.model()
    assert isinstance(model, TreeModel)
    model.open(index.internalId())


def shape(model: TreeModel) -> list[object]:
    """Names of the rows in sight, nested; a study that stands alone is below its patient all the same."""
    found: list[object] = []
    levels: list[list[object]] = [found]
    for row in model.visible.between(0, model.rowCount() - 1) if model.rowCount() else ():
        study = row.above(Level.STUDY)
        alone = study is not None and study.stands_alone
        named = [(row.depth + alone, cell(row, Column.NAME))]
        if row.stands_alone and row.parent is not None:
            named.insert(0, (0, cell(row.parent, Column.NAME)))
        for depth, text in named:
            del levels[depth + 1 :]
            if len(levels) <= depth:
                name = levels[-1].pop()
                levels.append([])
                levels[-2].append((name, levels[-1]))
            levels[-1].append(text)
    return found


def row_of(model: TreeModel, index: QModelIndex) -> Row:
    row = model.row(index)
    assert row is not None
    if row.stands_alone and isinstance(index, PatientIndex):
        assert row.parent is not None
        return row.parent
    return row


def select_studies(view: QTableView) -> None:
    """Select every study by itself, as Ctrl and clicks do: the model is not selected as a whole."""
    model, found = view.model(), QItemSelection()
    assert isinstance(model, TreeModel)
    last = model.columnCount() - 1
    for position, row in enumerate(model.visible.between(0, model.rowCount() - 1)):
        if row.level is Level.STUDY:
            found.select(model.index(position, 0), model.index(position, last))
    view.selectionModel().select(found, QItemSelectionModel.SelectionFlag.ClearAndSelect)
