"""The results: one tree, patients open to their studies."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.columns import Column
from workstation.models.tree import Index, Role, TreeModel
from workstation.widgets.delegate import TreeDelegate

_WIDTHS = {
    Column.NAME: 300,
    Column.ID: 120,
    Column.DATE: 130,
    Column.MODALITY: 76,
    Column.SERIES: 56,
    Column.IMAGES: 64,
    Column.SOURCE: 110,
}


class TreeView(QTreeView):
    """The view of a :class:`TreeModel`.

    Signals:
        row_activated: Number of the study, series or image a person double-clicked or entered.
        row_chosen: Number of the current row; 0 for none.
    """

    row_activated = Signal(int)
    row_chosen = Signal(int)

    def __init__(self, model: TreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(TreeDelegate(self))
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setAllColumnsShowFocus(True)
        self.setAccessibleName(self.tr("Results"))
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        header.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        model.rowsInserted.connect(self._open_patients)

    def _open_patients(self, parent: QModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            for place in range(first, last + 1):
                patient = self._model.index(place, 0)
                if self._model.rowCount(patient):  # those whose studies nobody asked for stay closed
                    self.expand(patient)

    @override
    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        row = self._model.row(current)
        self.row_chosen.emit(row.number if row is not None else 0)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._activate(self.indexAt(event.position().toPoint()))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _activate(self, index: QModelIndex) -> None:
        row = self._model.row(index)
        if row is None:
            return
        if index.data(Role.LEVEL) == Level.PATIENT:
            first = index.siblingAtColumn(0)
            self.setExpanded(first, not self.isExpanded(first))
        else:
            self.row_activated.emit(row.number)
