"""Keep periods of one's own for the box of dates: words as in the line of a search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.date_periods import MOST_OWN, date_span, own_period
from workstation.errors import BadInput
from workstation.models.saved_search_texts import period_name
from workstation.models.translation import translated
from workstation.widgets.form import Note
from workstation.widgets.popover import Popover
from workstation.widgets.theme import mark

_ROWS = 4
"""Of the list that are seen at once."""


class OwnPeriodsPopup(Popover):
    """A line for a new period, above a list of those that are kept.

    Signals:
        added: The words of a period that is to be kept, and chosen.
        removed: Those of one that is to be kept no longer.

    Attributes:
        line: Where a period is typed; Enter keeps it.
        list: What is kept.
        remove: Removes the one that is chosen in the list, as Delete does.
    """

    added = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, self.tr("Own periods"))
        self._periods: tuple[str, ...] = ()
        self.line = QLineEdit()
        self.line.setMinimumHeight(30)
        self.line.setPlaceholderText(self.tr("last 3w"))
        self.line.setAccessibleName(self.tr("New period"))
        self.note = Note(self.tr("As last 3w, since yesterday 18:00, or 2024-01..2024-03; Enter keeps it."))
        self.note.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Own periods"))
        self.list.setSpacing(2)
        self.list.setFixedHeight(_ROWS * (self.fontMetrics().height() + 9))
        self.remove = QPushButton(self.tr("Remove"))
        self.remove.setObjectName("link")
        self.remove.setAutoDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        for widget in (self.line, self.note, self.list):
            column.addWidget(widget)
        column.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        self.line.textChanged.connect(self._say)
        self.list.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0))
        self.remove.clicked.connect(self._remove)

    def show_periods(self, periods: Sequence[str]) -> None:
        """List what is kept, in its order."""
        self._periods = tuple(periods)
        row = min(self.list.currentRow(), len(periods) - 1)
        self.list.clear()
        self.list.addItems([period_name(words) for words in periods])
        self.list.setCurrentRow(row)
        self.remove.setEnabled(row >= 0)
        self._say()

    @property
    @override
    def error(self) -> str:
        """What is wrong with what is typed, in words; empty: nothing, or nothing is typed."""
        if not self.line.text().strip():
            return ""
        try:
            own_period(self.line.text())
        except BadInput as bad:
            return translated(bad.message)
        if len(self._periods) >= MOST_OWN:
            return self.tr("At most {most} are kept: remove one first.").format(most=MOST_OWN)
        return ""

    @override
    def enter(self) -> None:
        """Keep what is typed, and close; what is wrong with it stays to be seen."""
        typed = self.line.text().strip()
        if not self.error:
            self.line.clear()
            super().enter()
            if typed:
                self.added.emit(own_period(typed))

    def _say(self) -> None:
        error = self.error
        mark(self.line, "error", bool(error))
        self.line.setAccessibleDescription(error)
        self.note.show_error(error)
        if self.line.text().strip() and not error:
            now = date_span(own_period(self.line.text()), datetime.now()).shown
            self.note.setText(self.tr("Now: {days}").format(days=now))

    def _remove(self) -> None:
        if (row := self.list.currentRow()) >= 0:
            self.removed.emit(self._periods[row])

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.list.hasFocus():
            self._remove()
        else:
            super().keyPressEvent(event)
