"""The list of transfers: its columns, its keys, and moving what waits by the pointer."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget
from typing_extensions import override

from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransferRole, TransfersModel
from workstation.widgets.keys import Key
from workstation.widgets.transfer_delegates import (
    ActionDelegate,
    ProgressDelegate,
    RateDelegate,
    StateDelegate,
    TitleDelegate,
)
from workstation.widgets.transfer_menu import TransferAction, possible

_WIDTHS = {
    TransferColumn.NODE: 130,
    TransferColumn.PROGRESS: 170,
    TransferColumn.RATE: 140,
    TransferColumn.SECOND: 70,
    TransferColumn.ACTION: 70,
    TransferColumn.DETAILS: 70,
}
_NARROW_WIDTHS = {
    TransferColumn.NODE: 70,
    TransferColumn.PROGRESS: 110,
    TransferColumn.RATE: 104,
    TransferColumn.SECOND: 62,
    TransferColumn.ACTION: 62,
    TransferColumn.DETAILS: 58,
}
_NARROW = 940
"""Width of the list below which the other columns leave more room to the titles, in pixels."""
_ROW = 28
"""Height of a row, in pixels."""
_LINKS = (TransferColumn.ACTION, TransferColumn.SECOND, TransferColumn.DETAILS)


class TransfersTable(QTableView):
    """A table in which Enter acts like a click on the current cell.

    Signals:
        key_pressed: A :class:`TransferAction` that a key asks for, and the number of the transfer.
        dropped: Number of a transfer, and the row it is to be put above.
        menu_requested: Number of the transfer whose menu is asked for, or 0, and where on the screen.
    """

    key_pressed = Signal(object, int)
    dropped = Signal(int, int)
    menu_requested = Signal(int, QPoint)

    def __init__(self, model: TransfersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transfers = model
        self._anchor: tuple[int, int] | None = None  # number and height of the row that stays
        self._followed = 0
        self.setModel(model)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalScrollBar().setSingleStep(_ROW)
        self.setAccessibleName(self.tr("Transfers"))
        self.setAccessibleDescription(
            self.tr("Alt+Up and Alt+Down move what waits, Space pauses and resumes, Delete removes.")
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_for_menu)
        self._set_columns()
        for about in (model.rowsAboutToBeInserted, model.rowsAboutToBeRemoved):
            about.connect(self._remember)
        for changed in (model.rowsInserted, model.rowsRemoved):
            changed.connect(self._keep_in_place)
        model.dataChanged.connect(self._follow)

    def whole_rows(self, height: int) -> int:
        """Return the height, at most so many pixels, in which the last row in sight is not cut."""
        around = self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()
        return around + max(1, (height - around) // _ROW) * _ROW

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widths = _NARROW_WIDTHS if self.width() < _NARROW else _WIDTHS
        if event.oldSize().width() <= 0 or (self.width() < _NARROW) != (event.oldSize().width() < _NARROW):
            for column, width in widths.items():
                self.horizontalHeader().resizeSection(column, width)

    def _set_columns(self) -> None:
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        for column in (TransferColumn.TITLE, TransferColumn.STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._delegates = {
            TransferColumn.TITLE: TitleDelegate(self),
            TransferColumn.PROGRESS: ProgressDelegate(TransferRole.SHARE, self),
            TransferColumn.RATE: RateDelegate(self),
            TransferColumn.STATE: StateDelegate(self),
            **dict.fromkeys(_LINKS, ActionDelegate(self)),
        }
        for place, delegate in self._delegates.items():
            self.setItemDelegateForColumn(place, delegate)

    # --- Keys, menu, dropping -----------------------------------------------------------------------------

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` takes."""
        return (
            Key(self.tr("What the clicked cell says"), "Return Enter"),
            Key(self.tr("Pause or resume"), "Space"),
            Key(self.tr("Remove from the list"), "Del"),
            Key(self.tr("Earlier, later in the queue"), "Alt+Up Alt+Down"),
        )

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        number = index.data(TransferRole.NUMBER) if index.isValid() else 0
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and number:
            self.clicked.emit(index)
        elif (action := self._action_of(event, number)) is not None:
            self.key_pressed.emit(action, number)
            self.scrollTo(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _action_of(self, event: QKeyEvent, number: int) -> TransferAction | None:
        transfer = self._transfers.find(number)
        if transfer is None:
            return None
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        match event.key():
            case Qt.Key.Key_Up if alt:
                return TransferAction.UP
            case Qt.Key.Key_Down if alt:
                return TransferAction.DOWN
            case Qt.Key.Key_Delete:
                return TransferAction.REMOVE
            case Qt.Key.Key_Space:
                can = possible(transfer)
                return next((a for a in (TransferAction.PAUSE, TransferAction.RESUME) if a in can), None)
        return None

    def _ask_for_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if not self.viewport().rect().contains(position):  # by a key
            index = self.currentIndex()
            position = self.visualRect(index).center()
        number = index.data(TransferRole.NUMBER) if index.isValid() else 0
        self.menu_requested.emit(number or 0, self.viewport().mapToGlobal(position))

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        index = self.currentIndex()
        if event.source() is not self or not index.isValid():
            return
        position = event.position().toPoint()
        row = self.rowAt(position.y())
        if row < 0:
            row = self._transfers.rowCount()
        elif position.y() > self.visualRect(self._transfers.index(row, 0)).center().y():
            row += 1
        event.setDropAction(Qt.DropAction.CopyAction)  # else the view would remove the row
        event.accept()
        self.dropped.emit(index.data(TransferRole.NUMBER), row)

    # --- What stays in place ------------------------------------------------------------------------------

    def _remember(self) -> None:
        """Note at what height the row is that the pointer or the focus is on, or the topmost one."""
        place = self.viewport().mapFromGlobal(self.cursor().pos())
        over = self.underMouse() and self.viewport().rect().contains(place)  # the pointer may be gone again
        index = self.indexAt(place) if over else QModelIndex()
        if not index.isValid() and self.hasFocus():
            index = self.currentIndex()
        if not index.isValid() and self.verticalScrollBar().value():
            index = self.indexAt(QPoint(1, 1))
        if index.isValid() and self.isVisible():
            self._anchor = index.data(TransferRole.NUMBER), self.rowViewportPosition(index.row())

    def _keep_in_place(self) -> None:
        anchor, self._anchor = self._anchor, None
        if anchor is None or self._transfers.find(anchor[0]) is None:
            return
        self.executeDelayedItemsLayout()
        bar, row = self.verticalScrollBar(), self._transfers.position(anchor[0])
        bar.setValue(bar.value() + self.rowViewportPosition(row) - anchor[1])

    def _follow(self, first: QModelIndex) -> None:
        """Scroll to a transfer that has started, unless the user is working in the list."""
        number = first.data(TransferRole.NUMBER)
        if number == self._followed or first.data(TransferRole.STATE) != TransferState.RUNNING:
            return
        self._followed = number
        if not self.hasFocus() and not self.underMouse():
            self.scrollTo(first)
