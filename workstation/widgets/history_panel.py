"""The history below the results: the other studies of a patient, beside the search and without losing it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.models.history_model import HistoryModel
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.history_table import HistoryTable


class HistoryPanel(QWidget):
    """Hidden until a history is asked for.

    Signals:
        closed: It was closed.
        retry_requested: The sources that did not answer are to be asked again.
        fetch_requested: Number of a study that is to be fetched and shown.
        show_requested: Number of a study of which what is here is to be shown.
        uid_requested: Number of a study whose UID is to be copied.
    """

    closed = Signal()
    retry_requested = Signal()
    fetch_requested = Signal(int)
    show_requested = Signal(int)
    uid_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.model: HistoryModel | None = None
        self.table = HistoryTable()
        self.title, self.status, self.failure = ElidedLabel(), ElidedLabel(), ElidedLabel()
        bold = self.title.font()
        bold.setBold(True)
        self.title.setFont(bold)
        self.status.setObjectName("quiet")
        self.failure.setObjectName("failed")
        for label in (self.title, self.status, self.failure):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.close_button, self.retry = QPushButton(self.tr("Close")), QPushButton(self.tr("Retry"))
        escape = QKeySequence(Qt.Key.Key_Escape).toString(QKeySequence.SequenceFormat.NativeText)
        self.close_button.setToolTip(self.tr("Back to the list ({key})").format(key=escape))
        self.close_button.setObjectName("link")
        self.retry.setObjectName("link")
        self.close_button.clicked.connect(self.dismiss)
        self.retry.clicked.connect(self.retry_requested)
        self._lay_out()
        self.table.row_activated.connect(self.fetch_requested)
        self.table.menu_requested.connect(self._open_menu)
        self.hide()

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setContentsMargins(10, 4, 10, 0)
        above.addWidget(self.title, 1)
        above.addWidget(self.close_button)
        below.setContentsMargins(10, 0, 10, 0)
        below.addWidget(self.failure, 1)
        below.addWidget(self.retry)
        self.status.setContentsMargins(10, 2, 10, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(above)
        column.addWidget(self.table, 1)
        column.addLayout(below)
        column.addWidget(self.status)
        self.show_status("", "", retry=False)

    def show_model(self, model: HistoryModel) -> None:
        """Show the rows of a model, from now on."""
        self.model = model
        self.table.show_model(model)

    def open(self, title: str, *, patients: bool) -> None:
        """Show the panel for another question; ``patients``: say in each row whose study it is."""
        self.set_title(title)
        self.table.show_patients(shown=patients)
        self.show()
        if self.model is not None:
            self.table.go_to(max(0, self.model.current))
        self.table.setFocus()

    def set_title(self, title: str) -> None:
        """Say what the studies have in common."""
        self.title.setText(title)
        self.table.setAccessibleName(title)

    def show_status(self, text: str, failure: str, *, retry: bool) -> None:
        """Say how far the sources have answered, which did not or not all, and offer to ask those again."""
        self.status.setText(text)
        if not retry and self.retry is self.focusWidget():
            self.table.setFocus()  # else Qt gives it to any neighbour
        self.failure.setText(failure)
        self.failure.setVisible(bool(failure))
        self.retry.setVisible(retry)

    @property
    def has_focus(self) -> bool:
        """Whether the keys are those of the panel."""
        return self.isAncestorOf(self.window().focusWidget())

    def dismiss(self) -> bool:
        """Close the panel; False: it was not open."""
        if self.isHidden():
            return False
        self.hide()
        self.closed.emit()
        return True

    def _open_menu(self, where: QPoint) -> None:
        number = self.table.current_number
        row = self.model.tree.find(number) if self.model is not None else None
        if row is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fetch = menu.addAction(self.tr("Fetch and show"), lambda: self.fetch_requested.emit(number))
        fetch.setEnabled(row.may_be_asked_for)
        show = menu.addAction(self.tr("Show what is here"), lambda: self.show_requested.emit(number))
        show.setEnabled(bool(row.held))
        menu.addAction(self.tr("Copy UID"), lambda: self.uid_requested.emit(number))
        menu.addSeparator()
        menu.addAction(self.tr("Close the history"), self.dismiss)
        menu.popup(where)
