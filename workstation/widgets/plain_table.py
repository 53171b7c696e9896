"""A table of whole rows that is read row by row in sight, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from PySide6.QtCore import QAbstractItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from workstation.widgets.column_fit import ColumnFit


class PlainTable(QTableView):
    """Shows a model; one row is chosen at a time. The column ``wide`` takes what width is left."""

    def __init__(
        self,
        model: QAbstractItemModel,
        name: str,
        widths: Mapping[IntEnum, int],
        wide: IntEnum,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.horizontalHeader().setHighlightSections(False)
        self._fit = ColumnFit(self)
        self._fit.share(widths.items(), takers=[wide])

    @property
    def sized(self) -> bool:
        """Whether the user gave the columns their widths."""
        return self._fit.stopped

    def restore_width(self, column: int, width: int) -> None:
        """Give a column the width that a user gave it once; from then on each keeps its own."""
        self._fit.stop()
        self.setColumnWidth(column, width)
