"""The transfers below everything: progress, a sentence, one thing to do for each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from workstation.models.transfers import TransferColumn, TransferRole, TransfersModel
from workstation.widgets.delegate import ActionDelegate, ProgressDelegate


class TransfersStrip(QWidget):
    """The view of a :class:`TransfersModel`.

    Signals:
        action_requested: Number of the transfer whose action (cancel, resume, remove) was chosen.
    """

    action_requested = Signal(int)

    def __init__(self, model: TransfersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.view = QTableView()
        self.view.setModel(model)
        self.view.setShowGrid(False)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(28)
        self.view.setAccessibleName(self.tr("Transfers"))
        header = self.view.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in (
            (TransferColumn.TITLE, 330),
            (TransferColumn.NODE, 110),
            (TransferColumn.PROGRESS, 230),
            (TransferColumn.ACTION, 84),
        ):
            header.resizeSection(column, width)
        header.setSectionResizeMode(TransferColumn.STATE, QHeaderView.ResizeMode.Stretch)
        self._progress = ProgressDelegate(TransferRole.SHARE, self)
        self.view.setItemDelegateForColumn(TransferColumn.PROGRESS, self._progress)
        self._action = ActionDelegate(self)
        self.view.setItemDelegateForColumn(TransferColumn.ACTION, self._action)
        self.view.clicked.connect(self._clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == TransferColumn.ACTION and index.data():
            self.action_requested.emit(index.data(TransferRole.NUMBER))
