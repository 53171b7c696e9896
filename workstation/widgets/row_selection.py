"""Which rows of the result tree are selected; quick however many they are, where not all are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QTableView

from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.widgets.group_folding import GroupFolding

_LOOKED_AT = 200
"""So many selected rows are looked at whenever something changes."""


class RowSelection:
    """Reads and changes the selection of a view of a tree model."""

    def __init__(self, view: QTableView, model: TreeModel, groups: GroupFolding) -> None:
        self._view, self._model, self._groups = view, model, groups

    @property
    def numbers(self) -> list[int]:
        """Numbers of the selected rows, from the top; messages aside."""
        return [row.number for row in self._rows()]

    @property
    def only(self) -> int | None:
        """The number of the selected row, if it is the only one."""
        found = [row.number for row in islice(self._rows(), 2)]
        return found[0] if len(found) == 1 else None

    @property
    def count(self) -> int:
        """How many rows are selected, without headers of groups."""
        parts = self._view.selectionModel().selection().toList()
        found = sum(part.height() for part in parts)
        return found - sum(self._groups.headers_within(part.top(), part.bottom()) for part in parts)

    @property
    def may_be_fetched(self) -> bool:
        """Whether something of the selected rows may be missing, other than of opened files.

        Of very many rows the first are looked at: all the others count as missing.
        """
        rows = list(islice(self._rows(), _LOOKED_AT + 1))
        return len(rows) > _LOOKED_AT or any(map(_may_lack, rows))

    def _rows(self) -> Iterator[Row]:
        parts = self._view.selectionModel().selection().toList()
        done = -1  # where a patient's row gave way to that of its study, two parts may hold the same row
        for first, last in sorted((part.top(), part.bottom()) for part in parts):
            rows = self._model.visible.between(max(first, done + 1), last) if last > done else ()
            yield from (row for row in rows if not row.error)
            done = max(done, last)

    def add(self, number: int) -> None:
        """Select a row beside those that are selected."""
        row = self._model.find(number)
        if row is not None:
            flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            self._view.selectionModel().select(self._model.index_of(row), flags)

    def select_all(self) -> None:
        """Select every row but those that stand apart: they are selected one by one."""
        last = self._model.mismatches.main_count - 1
        if last < 0:
            return
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        corner = self._model.index(last, self._model.columnCount() - 1)
        self._view.selectionModel().select(QItemSelection(self._model.index(0, 0), corner), flags)


def _may_lack(row: Row) -> bool:
    """Whether something of a row may be missing that an archive has; of a patient, of a study of its."""
    if row.level is Level.PATIENT and row.entities:
        return any(map(_may_lack, row.entities))
    return row.sources != (OPENED,) and not row.settled
