"""Choose a range of study dates: a preset period, or a first and a last day."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QLabel, QWidget

from workstation.models.date_periods import Period, span


class DateBox(QWidget):
    """A combo box of periods; first and last day are shown for a custom one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.periods = QComboBox()
        for words, period in (
            (self.tr("Any date"), Period.ANY),
            (self.tr("Today"), Period.TODAY),
            (self.tr("Yesterday"), Period.YESTERDAY),
            (self.tr("Last 7 days"), Period.WEEK),
            (self.tr("Last month"), Period.MONTH),
            (self.tr("Last year"), Period.YEAR),
            (self.tr("From – to…"), Period.CHOSEN),
        ):
            self.periods.addItem(words, period.value)
        self.first, self.last = QDateEdit(QDate.currentDate().addDays(-7)), QDateEdit(QDate.currentDate())
        self._dash = QLabel("–")
        for field, name in ((self.first, self.tr("First day")), (self.last, self.tr("Last day"))):
            field.setCalendarPopup(True)
            field.setDisplayFormat("yyyy-MM-dd")
            field.setAccessibleName(name)
            field.setMinimumHeight(30)
        self.periods.setMinimumHeight(30)
        self.setFocusProxy(self.periods)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self.periods, self.first, self._dash, self.last):
            row.addWidget(part)
        self.periods.currentIndexChanged.connect(self._show_days)
        self._show_days()

    @property
    def period(self) -> Period:
        """The chosen period."""
        return Period(self.periods.currentData())

    def choose(self, period: Period) -> None:
        """Choose a period."""
        self.periods.setCurrentIndex(self.periods.findData(period.value))

    @property
    def span(self) -> tuple[date | None, date | None]:
        """First and last day, the earlier one first."""
        if self.period is not Period.CHOSEN:
            return span(self.period, date.today())
        days = sorted(
            date(day.year(), day.month(), day.day()) for day in (self.first.date(), self.last.date())
        )
        return days[0], days[1]

    def _show_days(self) -> None:
        for part in (self.first, self._dash, self.last):
            part.setVisible(self.period is Period.CHOSEN)
