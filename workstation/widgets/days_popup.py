"""Choose the first and the last day of a period, and perhaps a time on each, below the box of periods."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QDateEdit, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.date_span import DateSpan, begin_clock, clock, clock_text
from workstation.widgets.form import Note
from workstation.widgets.popover import Popover
from workstation.widgets.theme import mark

_EARLIEST = date(1900, 1, 1)
"""Stands for no first day."""

_CLOCK_WIDTH = 76


class DaysPopup(Popover):
    """One span from moment to moment; without a time a day counts whole.

    Signals:
        changed: A day or a time changed.
    """

    changed = Signal()

    def __init__(self, parent: QWidget, *, times: bool = True) -> None:
        """``times``: whether a time can be given on each of the days."""
        super().__init__(parent, self.tr("First and last day"))
        today = QDate.currentDate()
        self.first, self.last = QDateEdit(today.addDays(-7)), QDateEdit(today)
        self.begin, self.end = QLineEdit(self), QLineEdit(self)
        self._note = Note(self.tr("Both days are included."))
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        for row, (words, day, name, at, at_name, hint) in enumerate(
            (
                (self.tr("From"), self.first, self.tr("First day"), self.begin, self.tr("From time"), "0:00"),
                (self.tr("To"), self.last, self.tr("Last day"), self.end, self.tr("To time"), "24:00"),
            )
        ):
            day.setCalendarPopup(True)
            day.setDisplayFormat("yyyy-MM-dd")
            day.setAccessibleName(name)
            day.dateChanged.connect(self.changed)
            at.setPlaceholderText(hint)
            at.setAccessibleName(at_name)
            at.setFixedWidth(_CLOCK_WIDTH)
            at.setVisible(times)
            at.setToolTip(self.tr("A time on this day, as 8 or 18:30; the days between count whole."))
            at.textChanged.connect(self.changed)
            label = QLabel(words)
            label.setObjectName("quiet")
            for place, part in enumerate((label, day, at) if times else (label, day)):
                part.setMinimumHeight(30)
                grid.addWidget(part, row, place)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addLayout(grid)
        column.addWidget(self._note)

    @property
    def span(self) -> DateSpan:
        """The days and times as they stand there; a time that is none counts as not given."""
        begin, end = (
            clock(at.text()) if at.text().strip() and self._is_time(at) else None for at in self._times
        )
        return DateSpan(_date(self.first), _date(self.last), begin, end)

    def set_span(self, span: DateSpan) -> None:
        """Show a span; an open end as the earliest day, or as today."""
        for field, day in ((self.first, span.first or _EARLIEST), (self.last, span.last or date.today())):
            field.setDate(QDate(day.year, day.month, day.day))
        self.begin.setText(clock_text(span.begin))
        self.end.setText(clock_text(span.end))

    @property
    @override
    def error(self) -> str:
        """What is wrong with the days and times, in words; empty: nothing."""
        if not all(map(self._is_time, self._times)):
            return self.tr("Write a time as 8 or 18:30.")
        if self.first.date() > self.last.date():
            return self.tr("The first day is after the last.")
        return "" if self.span.ordered else self.tr("It ends before it begins.")

    def check(self) -> None:
        """Show what is wrong with the days and times."""
        error = self.error
        self._note.show_error(error)
        days_wrong = self.first.date() > self.last.date()
        for day in (self.first, self.last):
            _mark(day, error if days_wrong else "")
        for at in self._times:
            _mark(at, error if not days_wrong and (not self._is_time(at) or not self.span.ordered) else "")

    @property
    def _times(self) -> tuple[QLineEdit, QLineEdit]:
        return self.begin, self.end

    def _is_time(self, field: QLineEdit) -> bool:
        """Whether one of the times is empty, or is one; nothing begins at 24:00, the end of a day."""
        if field.text().strip():
            try:
                (begin_clock if field is self.begin else clock)(field.text())
            except ValueError:
                return False
        return True


def _mark(field: QWidget, error: str) -> None:
    mark(field, "error", bool(error))
    field.setAccessibleDescription(error)


def _date(field: QDateEdit) -> date:
    day = field.date()
    return date(day.year(), day.month(), day.day())
