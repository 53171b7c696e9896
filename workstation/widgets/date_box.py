"""Choose a span of study dates: a preset period, or a first and a last day, perhaps with times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.date_periods import WORDS, Period, date_span, span
from workstation.dicom.date_span import DateSpan
from workstation.errors import BadInput
from workstation.models.saved_search_texts import period_name
from workstation.widgets.theme import mark

if TYPE_CHECKING:
    from workstation.widgets.days_popup import DaysPopup
    from workstation.widgets.own_periods_popup import OwnPeriodsPopup
    from workstation.widgets.popover import Popover

OF_STUDIES = (
    *(Period.ANY, Period.HOUR, Period.HOURS, Period.TODAY, Period.EVENING, Period.YESTERDAY),
    *(Period.THIS_WEEK, Period.WEEK, Period.MONTH, Period.YEAR, Period.CHOSEN),
)
"""The periods of a search for studies."""

_OWN = "own periods"
"""Stands for the entry by which the user's own periods are changed; no period is called so."""

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
        """Name the entry of chosen days by those, or by what it does."""
        chosen = self.findData(Period.CHOSEN.value)
        self.setItemText(chosen, self.days if days and self.days else self.tr("From – to…"))

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
        own_changed: The words of the user's own periods, which the user has changed.

    Attributes:
        own: The words of the user's own periods.
        by_user: The user chose the period; it is changed by nobody else.
    """

    entered = Signal()
    own_changed = Signal(tuple)

    def __init__(
        self, parent: QWidget | None = None, *, offered: Sequence[Period] = OF_STUDIES, times: bool = True
    ) -> None:
        """Stand at any date.

        Args:
            parent: Parent widget.
            offered: The periods to choose from, in their order; CHOSEN must be the last.
            times: Whether a time can be given on the days of a period chosen by hand, and periods of the
                user's own be kept, which may have times.
        """
        super().__init__(parent)
        self.by_user = False
        self._words = ""  # of a custom period that was said in words; the popup may not hold all of it
        self.periods = _Periods()
        self._offered = tuple(offered)
        for period in self._offered:
            name = self.tr("From – to…") if period is Period.CHOSEN else period_name(WORDS.get(period, ""))
            self.periods.addItem(name, period.value)
        self.own: tuple[str, ...] = ()
        self._standing = str(self.periods.currentData())
        if times:
            self.periods.addItem(self.tr("Own periods…"), _OWN)
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

    @cached_property
    def own_popup(self) -> OwnPeriodsPopup:
        """Where periods of the user's own are kept; made when it is first opened."""
        from workstation.widgets.own_periods_popup import OwnPeriodsPopup

        popup = OwnPeriodsPopup(self)
        popup.show_periods(self.own)
        popup.added.connect(self._add_own)
        popup.removed.connect(self._remove_own)
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
        """The chosen period; one of the user's own is CHOSEN."""
        return Period(self._standing) if self._standing in list(Period) else Period.CHOSEN

    @property
    def _by_hand(self) -> bool:
        """Whether the days of the popup are chosen."""
        return self.period is Period.CHOSEN and self._standing not in self.own

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
        for own in self.own:
            if own.casefold() == words.casefold():
                self.by_user = True
                self.periods.setCurrentIndex(self.periods.findData(own))
                self._say()
                return
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
        words = self._words if self._by_hand else self._standing
        return date_span(words, datetime.now()) if words else self.popup.span

    @property
    def words(self) -> str:
        """What stands there as words of the line, relative to now where it is; empty: any date."""
        if self.period is not Period.CHOSEN:
            return WORDS.get(self.period, "")
        return (self._words or str(self.popup.span)) if self._by_hand else self._standing

    @property
    def error(self) -> str:
        """What is wrong with the chosen days, in words; empty: nothing."""
        return self.popup.error if self._by_hand else ""

    def ask_for_days(self) -> None:
        """Show first and last day in the popup, with what is wrong with them."""
        self._open(self.popup, self.first)

    def _open(self, popup: Popover, field: QWidget) -> None:
        popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        popup.show()
        field.setFocus()

    # --- Periods of the user's own ----------------------------------------------------------------------

    def set_own(self, periods: Sequence[str]) -> None:
        """Offer these periods of the user's own besides; what is chosen stays, by its words."""
        before, self.own = self.own, tuple(periods)
        if "own_popup" in self.__dict__:
            self.own_popup.show_periods(self.own)
        if self.own == before:
            return
        standing = self._standing
        with QSignalBlocker(self.periods):
            for words in before:
                self.periods.removeItem(self.periods.findData(words))
            for words in self.own:
                place = self.periods.findData(Period.CHOSEN.value)
                self.periods.insertItem(place, period_name(words), words)
            self.periods.setMaxVisibleItems(self.periods.count())
            self.periods.setCurrentIndex(max(0, self.periods.findData(standing)))
        if standing in before and standing not in self.own:
            self.choose_words(standing)
        elif standing == Period.CHOSEN.value and self._words in self.own:
            self.choose_words(self._words)

    def _add_own(self, words: str) -> None:
        """Keep a period, unless there is one that says the same, and choose it."""
        named = words.casefold() in (own.casefold() for own in self.own)
        if not named and not any(_say_the_same(words, period) for period in self._offered):
            self.set_own((*self.own, words))
            self.own_changed.emit(self.own)
        self.choose_words(words)

    def _remove_own(self, words: str) -> None:
        self.set_own([own for own in self.own if own != words])
        self.own_changed.emit(self.own)

    # --- What is said -----------------------------------------------------------------------------------

    def _days_changed(self) -> None:
        self._words = ""
        self._say()

    def _say(self) -> None:
        if (data := self.periods.currentData()) != _OWN:
            self._standing = data
        chosen = self.span
        self.periods.days = _brief(chosen) if self._by_hand else ""
        self.periods.say(days=True)
        if "popup" in self.__dict__:
            self.popup.check()
        mark(self.periods, "error", bool(self.error))
        until_chosen = self.tr("Today while nothing is typed, else any date, until you choose another.")
        said = chosen.shown if chosen.timed else ""  # the box may be too narrow for it
        self.periods.setToolTip(self.error or (said if self.by_user else until_chosen))

    def _activated(self) -> None:
        """Note that the user, not the program, chose a period, and ask for the days of a custom one."""
        if self.periods.currentData() == _OWN:
            self.periods.setCurrentIndex(self.periods.findData(self._standing))
            self._open(self.own_popup, self.own_popup.line)
            return
        self.by_user = True
        self._say()
        if self._by_hand:
            self.ask_for_days()
