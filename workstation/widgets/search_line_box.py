"""A line to type a whole search, over the search form, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.errors import BadInput
from workstation.models.key_labels import criteria_words
from workstation.models.translation import translated
from workstation.widgets.theme import mark

if TYPE_CHECKING:
    from workstation.dicom.search_line import SearchLine

_WIDTH = 760
_BETWEEN = "\u00a0\u00a0·  "
"""Of two criteria: a line ends with the dot, none begins with it."""


class SearchLineBox(QFrame):
    """A popup over the form with one line, and below it what the words are understood as.

    Signals:
        entered: The :class:`Criteria` of a line, and the words of its period; may be empty.

    Attributes:
        numbers_are: What a number without a word before it is: ``patient_id`` or ``accession``; empty while
            it was not asked. For this run of the program only.
    """

    entered = Signal(object, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAccessibleName(self.tr("Search in one line"))
        self.numbers_are = ""
        self._any_date = False
        self.line = QLineEdit()
        self.line.setClearButtonEnabled(True)
        self.line.setMinimumHeight(30)
        self.line.setAccessibleName(self.tr("Search in one line"))
        self.line.setPlaceholderText(self.tr("doe j ct last 2w   acc:A123   ref:house mr today 8-12"))
        self.line.setToolTip(
            self.tr("Words before a colon: name, id, acc, desc, mod, date, time, born, ref, perf, inst,")
            + "\n"
            + self.tr("series, body, station, protocol, uid, seriesuid, or any keyword or tag.")
            + "\n"
            + self.tr("8-12 are hours of each day; last 4h, since yesterday 18:00 one span of date and time.")
        )
        self.said = QLabel()
        self.said.setObjectName("note")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.said.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.as_id, self.as_accession = QPushButton(self.tr("Patient &ID")), QPushButton()
        self.as_accession.setText(self.tr("&Accession number"))
        below = QHBoxLayout()
        below.addWidget(self.said, 1)
        for button, field in ((self.as_id, "patient_id"), (self.as_accession, "accession")):
            button.setAutoDefault(True)
            button.hide()
            button.clicked.connect(lambda _, field=field: self._choose(field))
            below.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 8)
        column.setSpacing(6)
        column.addWidget(self.line)
        column.addLayout(below)
        self.line.textChanged.connect(self._say)

    def open_over(self, bar: QWidget, criteria: Criteria, period: str, *, any_date: bool) -> None:
        """Show the line over the search form, with what the form says now; its period in these words.

        ``any_date``: a line without a period is of any date, whatever it says; else perhaps of today.
        """
        self._any_date = any_date
        from workstation.dicom.search_line import line_of

        self.line.setText(line_of(criteria, period))
        self.line.selectAll()
        self._say()
        self.setFixedWidth(min(_WIDTH, bar.width() - 16))
        self.move(bar.mapToGlobal(QPoint(8, 8)))
        self.show()
        self.line.setFocus()

    @property
    def is_typed(self) -> bool:
        """Whether it is open, and was typed into since."""
        return self.isVisible() and self.line.isModified()

    def _read(self) -> SearchLine | str:
        """What the line says, or what is wrong with it."""
        from workstation.dicom.search_line import search_line

        try:
            return search_line(self.line.text(), datetime.now())
        except BadInput as bad:
            return translated(bad.message)

    def _say(self) -> None:
        read = self._read()
        wrong = read if isinstance(read, str) else ""
        numbers = () if isinstance(read, str) else read.numbers
        for button, field in ((self.as_id, "patient_id"), (self.as_accession, "accession")):
            button.setVisible(bool(numbers))
            mark(button, "primary", bool(numbers) and field == self.numbers_are)
        mark(self.line, "error", bool(wrong))
        mark(self.said, "error", bool(wrong))
        self.line.setAccessibleDescription(wrong)
        self.said.setText(wrong or ("" if isinstance(read, str) else self._words(read)))

    def _words(self, read: SearchLine) -> str:
        if not read.numbers or self.numbers_are:
            criteria = read.as_ids(self.numbers_are or "patient_id")
            words = criteria_words(criteria)
            if not (read.period or self._any_date or criteria.of_any_date):
                words.append(self.tr("Date: today"))  # as the form limits it
            return _BETWEEN.join(words)
        asked = self.tr("What is {number}?").format(number=display.isolated(read.numbers[0]))
        return _BETWEEN.join([*criteria_words(read.criteria), asked])

    def _choose(self, field: str) -> None:
        self.numbers_are = field
        self._enter()

    def _enter(self) -> None:
        read = self._read()
        if isinstance(read, str):
            return
        if read.numbers and not self.numbers_are:
            self.as_id.setFocus()
            return
        self.close()
        self.entered.emit(read.as_ids(self.numbers_are or "patient_id"), read.period)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()  # a focused button has handled it
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
