"""The window to find a list in: the list itself, then what was found of each entry."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QPushButton, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.models.list_search_model import ListSearchModel
from workstation.widgets.list_input_page import ListInputPage
from workstation.widgets.list_results_page import ListResultsPage
from workstation.widgets.scrolling import fit

_SIZE = QSize(1280, 740)


class ListSearchWindow(QDialog):
    """Two pages. Esc closes it; what is searched goes on, and is there when it is opened again.

    Signals:
        activated: It became active: what is ticked in the main window may be another.
    """

    activated = Signal()

    def __init__(self, model: ListSearchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Find a list"))
        self.input = ListInputPage()
        self.results = ListResultsPage(model)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.input)
        self.pages.addWidget(self.results)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self.results.back_requested.connect(self.show_input)
        self.input.results.clicked.connect(lambda: self.show_results())
        self.input.results.setEnabled(False)
        model.modelReset.connect(lambda: self.input.results.setEnabled(True))
        fit(self, _SIZE)

    def open_again(self) -> None:
        """Show it at the page it had."""
        self.show()
        self.raise_()
        self.activateWindow()
        if self.pages.currentWidget() is self.input:
            self.input.text.setFocus()

    def show_input(self) -> None:
        """Show the list itself."""
        self.pages.setCurrentWidget(self.input)
        self.input.text.setFocus()

    def show_results(self) -> None:
        """Show what was found."""
        self.pages.setCurrentWidget(self.results)
        self.results.view.setFocus()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.activated.emit()
