"""The splitter between the results and the history: its height is the user's while the history is shown."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget
from typing_extensions import override

_HEIGHT: Final = 270
"""Of the history until the user chooses another, in pixels."""
_LEAST: Final = 140
"""Of the history, and of the results above it, in pixels."""


class HistorySplitter(QSplitter):
    """Remembers the height of the history while it is hidden; the results keep their rows at the top.

    Where the window is too low for both, as on a small screen at 200 %, the history stands in their place.
    """

    _history: QWidget

    def __init__(self, results: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._results = results
        self._height = _HEIGHT
        self.addWidget(results)
        self.setStretchFactor(0, 1)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(self._moved)

    def add_history(self, history: QWidget) -> None:
        """Add the history, which is hidden until it is shown, below the results."""
        self._history = history
        history.setMinimumHeight(_LEAST)
        self.addWidget(history)
        self.setStretchFactor(1, 0)
        history.installEventFilter(self)

    def _moved(self) -> None:
        self._height = self._history.height()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._history and not event.spontaneous():
            if event.type() == QEvent.Type.Show:
                self._share()
            elif event.type() == QEvent.Type.Hide:
                self._results.show()
        return False

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._results.isHidden():
            self._share()

    def _share(self) -> None:
        """Show the results above the history, if there is room for both."""
        least = self._results.minimumSizeHint().height() + self._history.minimumHeight() + self.handleWidth()
        self._results.setVisible(self.height() >= least)
        height = min(self._height, max(_LEAST, self.height() - _LEAST))
        self.setSizes([max(1, self.height() - height), height])

    @property
    def kept(self) -> dict[str, object]:
        """How high the history is, to be saved."""
        return {"height": self._height}

    def restore(self, kept: object) -> None:
        """Restore what was saved; anything else changes nothing."""
        height = kept.get("height") if isinstance(kept, dict) else None
        if type(height) is int and _LEAST <= height < 10_000:
            self._height = height
