"""Choose a range of study dates: a preset period, or a first and a last day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, QPoint, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.models.date_periods import Period, span
from workstation.widgets.form import Note
from workstation.widgets.popover import Popover
from workstation.widgets.theme import mark

OF_STUDIES = (
    *(Period.ANY, Period.TODAY, Period.YESTERDAY, Period.WEEK, Period.MONTH, Period.YEAR),
    Period.CHOSEN,
)
"""The periods of a search for studies."""

_EARLIEST = date(1900, 1, 1)
"""Stands for no first day."""

_AROUND_TEXT = 44
"""Of the box of periods: frame, padding and arrow, in pixels."""


class _Periods(QComboBox):
    """Says the chosen days where it stands, and "From – to…" in its list."""

    def __init__(self) -> None:
        super().__init__()
        self.days = ""

    def say(self, *, days: bool) -> None:
        """Name the last entry by the chosen days, or by what it does."""
        self.setItemText(self.count() - 1, self.days if days and self.days else self.tr("From – to…"))

    @override
    def showPopup(self) -> None:
        self.say(days=False)
        super().showPopup()

    @override
    def hidePopup(self) -> None:
        super().hidePopup()
        self.say(days=True)


class _Days(Popover):
    """First and last day, below the box of periods."""

    def __init__(self, parent: QWidget, first: QDateEdit, last: QDateEdit) -> None:
        super().__init__(parent, self.tr("First and last day"))
        self._first, self._last = first, last
        self._note = Note(self.tr("Both days are included."))
        row = QHBoxLayout()
        row.setSpacing(6)
        for part in (first, QLabel("–"), last):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addLayout(row)
        column.addWidget(self._note)

    @property
    @override
    def error(self) -> str:
        """What is wrong with the days, in words; empty: nothing."""
        wrong = self._first.date() > self._last.date()
        return self.tr("The first day is after the last.") if wrong else ""

    def check(self) -> None:
        """Show what is wrong with the days."""
        error = self.error
        self._note.show_error(error)
        for field in (self._first, self._last):
            mark(field, "error", bool(error))
            field.setAccessibleDescription(error)


class DateBox(QWidget):
    """A combo box of periods; a custom one asks for first and last day in a popup, so that nothing moves.

    Signals:
        entered: Enter was pressed in the popup.

    Attributes:
        by_user: The user chose the period; it is changed by nobody else.
    """

    entered = Signal()

    def __init__(self, parent: QWidget | None = None, *, offered: Sequence[Period] = OF_STUDIES) -> None:
        """``offered``: the periods to choose from, in their order; CHOSEN must be the last."""
        super().__init__(parent)
        self.by_user = False
        self.periods = _Periods()
        words = {
            Period.ANY: self.tr("Any date"),
            Period.TODAY: self.tr("Today"),
            Period.TOMORROW: self.tr("Tomorrow"),
            Period.YESTERDAY: self.tr("Yesterday"),
            Period.THIS_WEEK: self.tr("This week"),
            Period.WEEK: self.tr("Last 7 days"),
            Period.MONTH: self.tr("Last month"),
            Period.YEAR: self.tr("Last year"),
            Period.CHOSEN: self.tr("From – to…"),
        }
        self._offered = tuple(offered)
        for period in self._offered:
            self.periods.addItem(words[period], period.value)
        self.first, self.last = QDateEdit(QDate.currentDate().addDays(-7)), QDateEdit(QDate.currentDate())
        for field, name in ((self.first, self.tr("First day")), (self.last, self.tr("Last day"))):
            field.setCalendarPopup(True)
            field.setDisplayFormat("yyyy-MM-dd")
            field.setAccessibleName(name)
            field.setMinimumHeight(30)
            field.dateChanged.connect(self._say)
        self.popup = _Days(self, self.first, self.last)
        self.popup.entered.connect(self.entered)
        self.periods.setMinimumHeight(30)
        widest = self.fontMetrics().horizontalAdvance("0000-00-00 – 0000-00-00")
        self.periods.setFixedWidth(widest + _AROUND_TEXT)
        self.setFocusProxy(self.periods)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.periods)
        self.periods.currentIndexChanged.connect(self._say)
        self.periods.activated.connect(self._activated)
        self._say()

    @property
    def period(self) -> Period:
        """The chosen period."""
        return Period(self.periods.currentData())

    def choose(self, period: Period, *, by_user: bool = True) -> None:
        """Choose a period: for the user, or as what stands there until the user chooses one."""
        self.by_user = by_user
        self.periods.setCurrentIndex(self.periods.findData(period.value))
        self._say()

    def choose_span(self, first: date | None, last: date | None) -> None:
        """Choose the period of these days for the user, by its name if it has one."""
        today = date.today()
        for period in self._offered:
            if period is not Period.CHOSEN and span(period, today) == (first, last):
                self.choose(period)
                return
        for field, day in ((self.first, first or _EARLIEST), (self.last, last or today)):
            field.setDate(QDate(day.year, day.month, day.day))
        self.choose(Period.CHOSEN)

    @property
    def span(self) -> tuple[date | None, date | None]:
        """First and last day, as they stand there."""
        if self.period is not Period.CHOSEN:
            return span(self.period, date.today())
        first, last = (
            date(day.year(), day.month(), day.day()) for day in (self.first.date(), self.last.date())
        )
        return first, last

    @property
    def error(self) -> str:
        """What is wrong with the chosen days, in words; empty: nothing."""
        return self.popup.error if self.period is Period.CHOSEN else ""

    def ask_for_days(self) -> None:
        """Show first and last day in the popup, with what is wrong with them."""
        self.popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        self.popup.show()
        self.first.setFocus()

    def _say(self) -> None:
        first, last = self.span
        self.periods.days = f"{first} – {last}" if self.period is Period.CHOSEN else ""
        self.periods.say(days=True)
        self.popup.check()
        mark(self.periods, "error", bool(self.error))
        until_chosen = self.tr("Today while nothing is typed, else any date, until you choose another.")
        self.periods.setToolTip(self.error or ("" if self.by_user else until_chosen))

    def _activated(self) -> None:
        """Note that the user, not the program, chose a period, and ask for the days of a custom one."""
        self.by_user = True
        self._say()
        if self.period is Period.CHOSEN:
            self.ask_for_days()
