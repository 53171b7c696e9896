"""Find a row by the letters typed: those in quick succession are the beginning of its name."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from workstation.models.row_filter import begins
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel

_SLICE_SECONDS = 0.006


class TypeAhead(QObject):
    """Looks for the row the user types the beginning of; among very many rows it does so a slice at a time.

    Signals:
        found: The number of the row.
    """

    found = Signal(int)

    def __init__(self, model: TreeModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._typed = ""
        self._since = QElapsedTimer()
        self._rows: Iterator[Row] = iter(())
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._look)
        model.layoutAboutToBeChanged.connect(self._slices.stop)
        model.modelAboutToBeReset.connect(self._slices.stop)

    @property
    def typing(self) -> bool:
        """Whether what is typed now belongs to what was typed before."""
        return self._since.isValid() and self._since.elapsed() <= QApplication.keyboardInputInterval()

    def add(self, letters: str, current: int) -> None:
        """Search on with letters, from the row at the position ``current``.

        The first letter looks behind that row; so does the same letter again, which goes from row to row.
        """
        late = not self.typing
        self._since.start()
        self._typed = letters.casefold() if late else self._typed + letters.casefold()
        again = len(self._typed) > 1 and len(set(self._typed)) == 1
        if again:
            self._typed = self._typed[:1]
        first = max(0, current) + (again or late)
        self._rows = self._from(first)
        self._slices.start()
        self._look()

    def _from(self, first: int) -> Iterator[Row]:
        yield from self._model.visible.between(first, self._model.rowCount() - 1)
        yield from self._model.visible.between(0, first - 1)

    def _look(self) -> None:
        end = time.perf_counter() + _SLICE_SECONDS
        for row in self._rows:
            if begins(row, self._typed):
                self._slices.stop()
                self.found.emit(row.number)
                return
            if time.perf_counter() > end:
                return
        self._slices.stop()
