"""The list of transfers: progress, message and action of each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom import display
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.models.transfers_model import TransferRole, TransfersModel
from workstation.widgets.transfer_delegates import ActionDelegate, ProgressDelegate, StateDelegate

_WIDTHS = {
    TransferColumn.NODE: 130,
    TransferColumn.PROGRESS: 170,
    TransferColumn.RATE: 130,
    TransferColumn.GIVE_UP: 70,
    TransferColumn.ACTION: 70,
    TransferColumn.DETAILS: 70,
}
_LINKS = (TransferColumn.ACTION, TransferColumn.GIVE_UP, TransferColumn.DETAILS)


class _Table(QTableView):
    """A table in which Enter acts like a click on the current cell.

    Signals:
        deleted: The Delete key was pressed on a row.
    """

    deleted = Signal(QModelIndex)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.clicked.emit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.deleted.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class TransfersStrip(QWidget):
    """The view of a :class:`TransfersModel`.

    Signals:
        action_requested: Number of the transfer whose action (cancel, resume, remove) was chosen.
        details_requested: Number of the transfer whose details are to be shown.
        remove_finished_requested: Finished transfers are to be removed.
        remove_requested: Number of a transfer to remove unless it is running.
    """

    action_requested = Signal(int)
    details_requested = Signal(int)
    remove_finished_requested = Signal()
    remove_requested = Signal(int)

    def __init__(self, model: TransfersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self._listening = ""
        self.view = _Table()
        self.view.setModel(model)
        self.view.setShowGrid(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(28)
        self.view.setAccessibleName(self.tr("Transfers"))
        header = self.view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        for column in (TransferColumn.TITLE, TransferColumn.STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._progress = ProgressDelegate(TransferRole.SHARE, self)
        self.view.setItemDelegateForColumn(TransferColumn.PROGRESS, self._progress)
        self._state = StateDelegate(self)
        self.view.setItemDelegateForColumn(TransferColumn.STATE, self._state)
        self._action = ActionDelegate(self)
        for column in _LINKS:
            self.view.setItemDelegateForColumn(column, self._action)
        self.view.clicked.connect(self._clicked)
        self.view.deleted.connect(lambda index: self.remove_requested.emit(index.data(TransferRole.NUMBER)))
        self.view.setToolTip(self.tr("Delete removes a transfer that is not running from this list"))
        self._lay_out()
        for changed in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            changed.connect(self._count)
        self._followed = 0
        model.dataChanged.connect(self._follow)
        self._count()

    def _lay_out(self) -> None:
        self.title = QLabel()
        self.title.setObjectName("quiet")
        self.finished = QPushButton(self.tr("Remove finished"))
        self.finished.setObjectName("link")
        self.finished.setToolTip(self.tr("Remove complete and cancelled transfers from this list"))
        self.finished.clicked.connect(self.remove_finished_requested)
        row = QHBoxLayout()
        row.setContentsMargins(10, 3, 6, 3)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.finished)
        self.title.setMinimumHeight(
            self.finished.sizeHint().height()
        )  # so that nothing moves when the button appears
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        self.none = QLabel(self.tr("Transfers are listed here"))
        self.none.setObjectName("none")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.none, 1)

    def set_listening(self, words: str) -> None:
        """Show the address of the listener; empty: it is off."""
        self._listening = words
        self._count()

    def _count(self) -> None:
        running, waiting = self._model.running_count, self._model.counts[TransferState.QUEUED]
        words = [self.tr("Transfers")] if not running else []
        if running > waiting:
            one, many = self.tr("1 transfer running"), self.tr("{n} transfers running")
            words.append(display.counted(running - waiting, one, many))
        if waiting:
            words.append(display.counted(waiting, self.tr("1 waiting"), self.tr("{n} waiting")))
        self.title.setText("  ·  ".join([", ".join(words), *filter(None, [self._listening])]))
        self.finished.setVisible(self._model.ended_count > 0)
        listed = self._model.rowCount() > 0
        self.view.setVisible(listed)
        self.none.setVisible(not listed)

    def _follow(self, first: QModelIndex) -> None:
        """Scroll to a transfer that has started, unless the user is working in the list."""
        number = first.data(TransferRole.NUMBER)
        if number == self._followed or first.data(TransferRole.STATE) != TransferState.RUNNING:
            return
        self._followed = number
        if not self.view.hasFocus():
            self.view.scrollTo(first)

    def _clicked(self, index: QModelIndex) -> None:
        if not index.data():
            return
        if index.column() == TransferColumn.ACTION:
            self.action_requested.emit(index.data(TransferRole.NUMBER))
        elif index.column() == TransferColumn.GIVE_UP:
            self.remove_requested.emit(index.data(TransferRole.NUMBER))
        elif index.column() == TransferColumn.DETAILS:
            self.details_requested.emit(index.data(TransferRole.NUMBER))
