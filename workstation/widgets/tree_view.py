"""The results: one tree, patients open to their studies."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.arranging import Index
from workstation.models.columns import HIDDEN_AT_FIRST, Column
from workstation.models.tree import Role, TreeModel
from workstation.widgets.delegate import TreeDelegate

_WIDTHS = {
    Column.NAME: 218,
    Column.ID: 106,
    Column.BORN: 90,
    Column.SEX: 40,
    Column.DATE: 122,
    Column.MODALITY: 66,
    Column.DESCRIPTION: 180,
    Column.ACCESSION: 74,
    Column.SERIES: 50,
    Column.IMAGES: 58,
    Column.LOCAL: 78,
    Column.SOURCE: 80,
}
_LOOK_MS = 120
_IN_SIGHT = 200


class TreeView(QTreeView):
    """The view of a :class:`TreeModel`.

    Signals:
        row_activated: Number of the study, series or image a person double-clicked or entered.
        row_chosen: Number of the current row; 0 for none.
        rows_seen: Numbers of the rows in sight, from the top, some time after they changed.
        menu_requested: Where on the screen the menu of the selected rows is to open.
        selection_changed: Other rows are selected.
    """

    row_activated = Signal(int)
    row_chosen = Signal(int)
    rows_seen = Signal(list)
    menu_requested = Signal(QPoint)
    selection_changed = Signal()

    def __init__(self, model: TreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._anchor: tuple[QPersistentModelIndex, int] | None = None
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(lambda: self.rows_seen.emit(self.in_sight))
        self.setModel(model)
        self.setItemDelegate(TreeDelegate(self))
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setAllColumnsShowFocus(True)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(self.tr("Results"))
        self._set_up_header()
        model.rowsInserted.connect(self._open_patients)
        model.layoutAboutToBeChanged.connect(self._remember_place)
        model.layoutChanged.connect(self._restore_place)
        for changed in (model.rowsInserted, model.rowsRemoved, model.layoutChanged, self.expanded):
            changed.connect(self._look_later)
        self.collapsed.connect(self._look_later)
        self.verticalScrollBar().valueChanged.connect(self._look_later)
        self.selectionModel().selectionChanged.connect(self.selection_changed)

    def _set_up_header(self) -> None:
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda place: self.columns_menu().popup(header.mapToGlobal(place))
        )
        header.setToolTip(self.tr("Click to sort, drag to move, right-click to choose columns"))
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
            self.setColumnHidden(column, column in HIDDEN_AT_FIRST)
        header.setSortIndicator(Column.DATE, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)

    def columns_menu(self, *, lasting: bool = False) -> QMenu:
        """A menu that shows and hides columns; the first one always stays. Unless lasting, for one use."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, not lasting)
        menu.aboutToShow.connect(lambda: self._tick_columns(menu))
        for column in Column:
            title = self._model.headerData(column, Qt.Orientation.Horizontal)
            action = menu.addAction(str(title))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.setEnabled(column is not Column.NAME)
            action.setData(int(column))
            action.triggered.connect(lambda shown, column=column: self.setColumnHidden(column, not shown))
        return menu

    def _tick_columns(self, menu: QMenu) -> None:
        for action in menu.actions():
            action.setChecked(not self.isColumnHidden(action.data()))

    @property
    def selected(self) -> list[int]:
        """Numbers of the selected rows, from the top; sentences aside."""
        rows = [
            (self.visualRect(index).y(), row.number)
            for index in self.selectionModel().selectedRows()
            if (row := self._model.row(index)) is not None and not row.trouble
        ]
        return [number for _, number in sorted(rows)]

    @property
    def in_sight(self) -> list[int]:
        """Numbers of the rows a person can see, from the top."""
        found: list[int] = []
        index = self.indexAt(QPoint(1, 1))
        bottom = self.viewport().height()
        while index.isValid() and len(found) < _IN_SIGHT and self.visualRect(index).top() < bottom:
            found.append(index.internalId())
            index = self.indexBelow(index)
        return found

    def open_all(self) -> None:
        """Open every patient whose studies are known."""
        for place in range(self._model.rowCount()):
            self._open(place)

    def _open_patients(self, parent: QModelIndex, first: int, last: int) -> None:
        if parent.isValid() and first == last and self._model.index(first, 0, parent).data(Role.TROUBLE):
            self.setFirstColumnSpanned(first, parent, True)
        if not parent.isValid():
            for place in range(first, last + 1):
                self._open(place)

    def _open(self, place: int) -> None:
        patient = self._model.index(place, 0)
        if self._model.rowCount(patient):  # those whose studies nobody asked for stay closed
            self.expand(patient)

    def _look_later(self) -> None:
        self._look.start()

    def _remember_place(self) -> None:
        """What a person looks at stays where it is while rows arrive around it."""
        if not self.currentIndex().isValid() and self.verticalScrollBar().value() == 0:
            return  # nothing is looked at in particular; asking for places would lay out all rows
        current = self.currentIndex()
        top = current if self._visible(current) else self.indexAt(QPoint(1, 1))
        if top.isValid():
            self._anchor = QPersistentModelIndex(top), self.visualRect(top).y()

    def _restore_place(self) -> None:
        anchor, self._anchor = self._anchor, None
        if anchor is not None and anchor[0].isValid():
            moved = self.visualRect(anchor[0]).y() - anchor[1]
            if moved:
                self.verticalScrollBar().setValue(self.verticalScrollBar().value() + moved)

    def _visible(self, index: QModelIndex) -> bool:
        return index.isValid() and self.viewport().rect().intersects(self.visualRect(index))

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

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        self.menu_requested.emit(place)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._look_later()

    def _activate(self, index: QModelIndex) -> None:
        row = self._model.row(index)
        if row is None:
            return
        if index.data(Role.LEVEL) == Level.PATIENT:
            first = index.siblingAtColumn(0)
            self.setExpanded(first, not self.isExpanded(first))
        else:
            self.row_activated.emit(row.number)
