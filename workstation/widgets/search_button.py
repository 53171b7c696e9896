"""The button of a search form: Search, and Stop while a search runs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton


class SearchButton(QPushButton):
    """Requests a search, or the end of the one that runs.

    Signals:
        search_requested: It was pressed while it said Search.
        stop_requested: It was pressed while it said Stop.
    """

    search_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._searching = False
        self.setMinimumWidth(84)
        self.setToolTip(self.tr("Search (Enter), again (F5), stop (Esc)"))
        self.clicked.connect(self._pressed)
        self.set_searching(False)

    def set_searching(self, searching: bool) -> None:
        """Say Stop instead of Search while a search runs."""
        self._searching = searching
        self.setText(self.tr("Stop") if searching else self.tr("Search"))

    def _pressed(self) -> None:
        (self.stop_requested if self._searching else self.search_requested).emit()
