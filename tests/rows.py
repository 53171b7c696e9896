"""Rows of the tree as tests name them: patients, and what is shown below a row."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from workstation.models.model_index import ModelIndex
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role


def patients(model: TreeModel) -> list[QModelIndex]:
    """The patients in sight, from the top."""
    return [index for index in _all(model) if index.data(Role.DEPTH) == 0]


def patient(model: TreeModel, place: int = 0, column: int = 0) -> QModelIndex:
    """One of them."""
    return patients(model)[place].siblingAtColumn(column)


def below(index: ModelIndex) -> list[QModelIndex]:
    """What is shown right below a row, wherever it has got to."""
    model, found = index.model(), []
    assert isinstance(model, TreeModel)
    row = model.row(index)
    for other in _all(model):
        lower = model.row(other)
        if lower is not None and lower.parent is row:
            found.append(other)
    return found


def child(index: ModelIndex, place: int = 0, column: int = 0) -> QModelIndex:
    """One of these; none if it is not there yet."""
    found = below(index)
    return found[place].siblingAtColumn(column) if place < len(found) else QModelIndex()


def above(index: ModelIndex) -> QModelIndex:
    """The row it stands below."""
    model = index.model()
    assert isinstance(model, TreeModel)
    row = model.row(index)
    assert row is not None
    assert row.parent is not None
    return model.index_of(row.parent)


def first_study(model: TreeModel) -> QModelIndex:
    """The first study of the first patient."""
    return child(patient(model))


def _all(model: TreeModel) -> list[QModelIndex]:
    return [model.index(place, 0) for place in range(model.rowCount())]


def unfold(index: ModelIndex) -> None:
    """Open a row, as a click on its arrow does."""
    model = index.model()
    assert isinstance(model, TreeModel)
    model.open(index.internalId())
