"""Open, close and select the groups of a list."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QTableView

from workstation.dicom.levels import Level
from workstation.models.study_groups import GroupRow
from workstation.models.tree_model import TreeModel


class GroupFolding:
    """What is done with whole groups in a view of a tree model."""

    def __init__(self, view: QTableView, model: TreeModel) -> None:
        self._view, self._model = view, model

    def is_open(self, group: GroupRow) -> bool:
        """Whether its studies are shown."""
        return self._model.visible.is_open(group)

    def keep_current(self, group: GroupRow) -> None:
        """Make the header the current row, if that is in the group: it is about to be closed."""
        view, visible = self._view, self._model.visible
        row = self._model.row(view.currentIndex())
        if row is not None and row is not group and visible.is_within(row, group):
            view.setCurrentIndex(self._model.index_of(group, max(0, view.currentIndex().column())))

    def fold(self, group: GroupRow, *, open_: bool) -> None:
        """Open or close a group."""
        if open_:
            self._model.open(group.number)
        else:
            self.keep_current(group)
            self._model.close(group.number)

    def fold_all(self, *, open_: bool) -> None:
        """Open or close all groups."""
        visible = self._model.visible
        row = self._model.row(self._view.currentIndex())
        study = row.above(Level.STUDY) if row is not None else None
        group = visible.group_of(study) if study is not None else None
        if group is not None and not open_:
            self.keep_current(group)
        visible.close_groups(() if open_ else {group.key for group in visible.groups})

    def select(self, group: GroupRow) -> None:
        """Select the studies of an open group, with what is open below them."""
        model, visible = self._model, self._model.visible
        first = model.index_of(group).row()
        if first < 0:
            return
        later = visible.headers_to(first)
        after = visible.groups[later : later + 1]
        last = (model.index_of(after[0]).row() if after else self._end_of_groups(first)) - 1
        if last <= first:
            return
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
        corner = model.index(last, model.columnCount() - 1)
        self._view.selectionModel().select(QItemSelection(model.index(first + 1, 0), corner), flags)

    def _end_of_groups(self, last_header: int) -> int:
        """Where what is in no group begins: patients that were searched for, and what was set aside."""
        end = self._model.mismatches.main_count
        rows = enumerate(self._model.visible.between(last_header + 1, end - 1), last_header + 1)
        return next((place for place, row in rows if row.level is Level.PATIENT), end)

    def headers_within(self, first: int, last: int) -> int:
        """How many headers of groups there are from one position to another, both included."""
        visible = self._model.visible
        if not visible.layout.grouped:
            return 0
        return visible.headers_to(last) - visible.headers_to(first) + visible.at(first).is_group
