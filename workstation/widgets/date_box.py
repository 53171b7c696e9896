"""Choose a span of study dates: a preset period, or a first and a last day, perhaps with times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.date_periods import WORDS, Period, date_span, span
from workstation.dicom.date_span import DateSpan
from workstation.errors import BadInput
from workstation.models.saved_search_texts import period_name
from workstation.widgets.theme import mark

if TYPE_CHECKING:
    from workstation.widgets.days_popup import DaysPopup

OF_STUDIES = (
    *(Period.ANY, Period.HOUR, Period.HOURS, Period.TODAY, Period.EVENING, Period.YESTERDAY),
    *(Period.THIS_WEEK, Period.WEEK, Period.MONTH, Period.YEAR, Period.CHOSEN),
)
"""The periods of a search for studies."""

_AROUND_TEXT = 44
"""Of the box of periods: frame, padding and arrow, in pixels."""

_MOMENTS = (datetime(2001, 2, 3, 14, 5), datetime(2002, 6, 7, 21, 40))
"""Words that say the same as a period at both of these say the same at any; fixed days do not."""


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


def _brief(span: DateSpan) -> str:
    """A span as there is room for it: with times the days of this year are without the year."""
    shown = span.shown
    return shown.replace(f"{datetime.now():%Y}-", "") if span.timed else shown


def _say_the_same(words: str, period: Period) -> bool:
    """Whether words of the line always say the same as a period."""
    try:
        return period in WORDS and all(
            date_span(words, moment) == span(period, moment) for moment in _MOMENTS
        )
    except BadInput:  # so far back that there it would begin before the calendar
        return False


class DateBox(QWidget):
    """A combo box of periods; a custom one asks for first and last day in a popup, so that nothing moves.

    What is relative to now is worked out anew each time it is asked for.

    Signals:
        entered: Enter was pressed in the popup.

    Attributes:
        by_user: The user chose the period; it is changed by nobody else.
    """

    entered = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, offered: Sequence[Period] = OF_STUDIES, times: bool = True
    ) -> None:
        """Stand at any date.

        Args:
            parent: Parent widget.
            offered: The periods to choose from, in their order; CHOSEN must be the last.
            times: Whether a time can be given on the days of a period chosen by hand.
        """
        super().__init__(parent)
        self.by_user = False
        self._words = ""  # of a custom period that was said in words; the popup may not hold all of it
        self.periods = _Periods()
        self._offered = tuple(offered)
        for period in self._offered:
            name = self.tr("From – to…") if period is Period.CHOSEN else period_name(WORDS.get(period, ""))
            self.periods.addItem(name, period.value)
        self.periods.setMaxVisibleItems(self.periods.count())
        self._times = times
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

    @cached_property
    def popup(self) -> DaysPopup:
        """First and last day; made when a period is first chosen by hand."""
        from workstation.widgets.days_popup import DaysPopup

        popup = DaysPopup(self, times=self._times)
        popup.changed.connect(self._days_changed)
        popup.entered.connect(self.entered)
        return popup

    @property
    def first(self) -> QDateEdit:
        """The field of the first day."""
        return self.popup.first

    @property
    def last(self) -> QDateEdit:
        """The field of the last day."""
        return self.popup.last

    @property
    def period(self) -> Period:
        """The chosen period."""
        return Period(self.periods.currentData())

    def choose(self, period: Period, *, by_user: bool = True) -> None:
        """Choose a period: for the user, or as what stands there until the user chooses one."""
        self.by_user = by_user
        self.periods.setCurrentIndex(self.periods.findData(period.value))
        self._say()

    def choose_words(self, words: str) -> None:
        """Choose for the user what words of the line say, by the name of the period if it has one.

        Raises:
            BadInput: They say no period.
        """
        chosen = date_span(words, datetime.now())
        for period in self._offered:
            if _say_the_same(words, period):
                self.choose(period)
                return
        self.popup.set_span(chosen)
        self._words = words  # after the fields, which are a change of the user's otherwise
        self.choose(Period.CHOSEN)

    @property
    def span(self) -> DateSpan:
        """The span, as it stands there now."""
        if self.period is not Period.CHOSEN:
            return span(self.period, datetime.now())
        return date_span(self._words, datetime.now()) if self._words else self.popup.span

    @property
    def words(self) -> str:
        """What stands there as words of the line, relative to now where it is; empty: any date."""
        if self.period is not Period.CHOSEN:
            return WORDS.get(self.period, "")
        return self._words or str(self.popup.span)

    @property
    def error(self) -> str:
        """What is wrong with the chosen days, in words; empty: nothing."""
        return self.popup.error if self.period is Period.CHOSEN else ""

    def ask_for_days(self) -> None:
        """Show first and last day in the popup, with what is wrong with them."""
        self.popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        self.popup.show()
        self.first.setFocus()

    def _days_changed(self) -> None:
        self._words = ""
        self._say()

    def _say(self) -> None:
        chosen = self.span
        self.periods.days = _brief(chosen) if self.period is Period.CHOSEN else ""
        self.periods.say(days=True)
        if "popup" in self.__dict__:
            self.popup.check()
        mark(self.periods, "error", bool(self.error))
        until_chosen = self.tr("Today while nothing is typed, else any date, until you choose another.")
        said = chosen.shown if chosen.timed else ""  # the box may be too narrow for it
        self.periods.setToolTip(self.error or (said if self.by_user else until_chosen))

    def _activated(self) -> None:
        """Note that the user, not the program, chose a period, and ask for the days of a custom one."""
        self.by_user = True
        self._say()
        if self.period is Period.CHOSEN:
            self.ask_for_days()
