"""The dates of the search form: what stands there is what is searched for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from PySide6.QtCore import QDate, Qt
from pytestqt.qtbot import QtBot

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import Period
from workstation.dicom.date_span import DateSpan
from workstation.models.transfers_model import TransfersModel
from workstation.models.tree_model import TreeModel
from workstation.widgets.criteria_bar import CriteriaBar
from workstation.widgets.form import Note
from workstation.widgets.form_values import form_values, restore_form
from workstation.widgets.main_window import MainWindow

WRONG = "The first day is after the last."


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    return window


@pytest.fixture
def bar(window: MainWindow) -> CriteriaBar:
    return window.criteria


@pytest.fixture
def asked(bar: CriteriaBar) -> list[Criteria]:
    asked: list[Criteria] = []
    bar.search_requested.connect(asked.append)
    return asked


def shown(bar: CriteriaBar) -> str:
    return bar.dates.periods.currentText()


def test_today_until_something_is_typed_and_again_without(
    bar: CriteriaBar, asked: list[Criteria], qtbot: QtBot
) -> None:
    today = Criteria(span=DateSpan(date.today(), date.today()))
    assert shown(bar) == "Today"
    for field in (bar.name, bar.patient_id, bar.accession, bar.description):
        qtbot.keyClicks(field, "D")
        assert shown(bar) == "Any date"
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.keyClick(field, Qt.Key.Key_Backspace)
        assert shown(bar) == "Today"
        qtbot.keyClick(field, Qt.Key.Key_Return)
    any_date = [Criteria(**{key: "D"}) for key in ("name", "patient_id", "accession", "description")]
    assert asked == [one for search in any_date for one in (search, today)]


def test_a_blank_is_no_key_and_a_modality_is_of_today(bar: CriteriaBar, qtbot: QtBot) -> None:
    qtbot.keyClicks(bar.name, " ")
    bar.modality.boxes["CT"].click()
    assert shown(bar) == "Today"
    assert bar.criteria == Criteria(modalities=("CT",), span=DateSpan(date.today(), date.today()))


@pytest.mark.parametrize("name", ["Today", "Any date", "Last 7 days"])
def test_what_the_user_chose_stays(name: str, bar: CriteriaBar, qtbot: QtBot) -> None:
    periods = bar.dates.periods
    periods.showPopup()
    periods.view().setCurrentIndex(periods.model().index(periods.findText(name), 0))
    qtbot.keyClick(periods.view(), Qt.Key.Key_Return)
    assert shown(bar) == name
    for key in (Qt.Key.Key_D, Qt.Key.Key_Backspace):
        qtbot.keyClick(bar.name, key)
        assert shown(bar) == name
    bar.clear.click()
    assert shown(bar) == "Today"
    qtbot.keyClicks(bar.name, "D")
    assert shown(bar) == "Any date"


def test_only_what_the_user_chose_is_kept(bar: CriteriaBar, qtbot: QtBot) -> None:
    other = CriteriaBar()
    qtbot.addWidget(other)
    qtbot.keyClicks(bar.name, "D")
    restore_form(other, form_values(bar))
    assert (shown(other), other.dates.by_user) == ("Today", False)
    bar.dates.choose(Period.TODAY)
    restore_form(other, form_values(bar))
    assert (shown(other), other.dates.by_user) == ("Today", True)


def test_a_first_day_after_the_last_is_said_at_once_and_not_searched(
    bar: CriteriaBar, asked: list[Criteria], qtbot: QtBot
) -> None:
    dates = bar.dates
    dates.periods.setFocus()
    qtbot.keyClick(dates.periods, Qt.Key.Key_End)
    note = dates.popup.findChildren(Note)[0]
    before, size = note.text(), dates.popup.size()
    dates.last.setDate(QDate(2026, 2, 1))
    dates.first.setDate(QDate(2026, 3, 4))
    assert note.isVisible()
    assert note.text() == WRONG
    assert dates.popup.size() == size
    assert dates.first.property("error")
    assert dates.first.accessibleDescription() == WRONG
    qtbot.keyClick(dates.first, Qt.Key.Key_Return)
    assert dates.popup.isVisible()
    qtbot.keyClick(dates.first, Qt.Key.Key_Escape)
    assert shown(bar) == "2026-03-04 – 2026-02-01"
    assert dates.periods.property("error")
    assert dates.periods.toolTip() == WRONG
    for search in (bar.button.click, bar.search, lambda: qtbot.keyClick(bar.name, Qt.Key.Key_Return)):
        search()
        assert dates.popup.isVisible()
        dates.popup.close()
    assert not asked
    bar.by.setCurrentIndex(1)  # patients have no dates
    bar.button.click()
    assert asked == [Criteria()]
    bar.by.setCurrentIndex(0)
    dates.first.setDate(QDate(2026, 2, 1))
    assert note.text() == before
    assert not dates.periods.property("error")
    bar.button.click()
    assert asked[1:] == [Criteria(span=DateSpan(date(2026, 2, 1), date(2026, 2, 1)))]


@pytest.mark.parametrize(
    ("begin", "end", "wrong"), [("24:00", "", True), ("8", "24:00", False), ("8x", "", True)]
)
def test_nothing_begins_at_the_end_of_a_day(bar: CriteriaBar, begin: str, end: str, wrong: bool) -> None:
    bar.dates.choose(Period.CHOSEN)
    popup = bar.dates.popup
    popup.begin.setText(begin)
    popup.end.setText(end)
    assert bool(popup.error) is wrong
    assert bool(popup.begin.property("error")) is wrong


def test_the_days_are_chosen_in_a_popup(window: MainWindow, qtbot: QtBot) -> None:
    bar, dates = window.criteria, window.criteria.dates
    asked: list[Criteria] = []
    bar.search_requested.connect(asked.append)
    before = [field.geometry() for field in (bar.name, bar.modality, bar.dates, bar.by, bar.button)]
    dates.periods.setFocus()
    qtbot.keyClick(dates.periods, Qt.Key.Key_End)
    assert dates.popup.isVisible()
    after = [field.geometry() for field in (bar.name, bar.modality, bar.dates, bar.by, bar.button)]
    assert after == before
    qtbot.keyClick(dates.first, Qt.Key.Key_Escape)
    assert not dates.popup.isVisible()
    assert not asked
    dates.periods.showPopup()
    assert dates.periods.currentText() == "From – to…"
    dates.periods.hidePopup()
    dates.periods.activated.emit(dates.periods.currentIndex())  # chosen again
    assert dates.popup.isVisible()
    qtbot.keyClick(dates.last, Qt.Key.Key_Return)
    assert not dates.popup.isVisible()
    assert len(asked) == 1


def test_times_make_one_span_of_date_and_time(bar: CriteriaBar, qtbot: QtBot) -> None:
    popup = bar.dates.popup
    bar.dates.choose(Period.CHOSEN)
    bar.dates.ask_for_days()
    bar.dates.first.setDate(QDate(2026, 3, 1))
    bar.dates.last.setDate(QDate(2026, 3, 2))
    qtbot.keyClicks(popup.begin, "18:30")
    qtbot.keyClicks(popup.end, "8")
    first, last = date(2026, 3, 1), date(2026, 3, 2)
    assert bar.criteria == Criteria(span=DateSpan(first, last, begin=time(18, 30), end=time(8)))
    assert bar.dates.words == "2026-03-01T18:30..2026-03-02T08:00"
    qtbot.keyClicks(popup.end, "x")
    assert bar.dates.error == "Write a time as 8 or 18:30."
    assert popup.end.property("error")
    assert not bar.dates.last.property("error")
    popup.end.setText("8")
    bar.dates.first.setDate(QDate(2026, 3, 2))
    assert bar.dates.error == "It ends before it begins."


def test_the_last_hours_begin_at_a_time(bar: CriteriaBar) -> None:
    for period, hours in ((Period.HOUR, 1), (Period.HOURS, 4)):
        bar.dates.choose(period)
        before = datetime.now() - timedelta(hours=hours)
        criteria = bar.criteria
        after = datetime.now() - timedelta(hours=hours)
        assert criteria.span.first is not None
        assert criteria.span.begin is not None
        begun = datetime.combine(criteria.span.first, criteria.span.begin)
        assert before.replace(second=0, microsecond=0) <= begun <= after
        assert criteria.span.last is not None


@pytest.mark.parametrize(
    ("words", "period"),
    [("last 2w", Period.CHOSEN), ("2024-01-05T18:00..2024-01-06", Period.CHOSEN), ("last 4h", Period.HOURS)],
)
def test_a_period_is_kept_in_its_words(bar: CriteriaBar, qtbot: QtBot, words: str, period: Period) -> None:
    other = CriteriaBar()
    qtbot.addWidget(other)
    bar.dates.choose_words(words)
    restore_form(other, form_values(bar))
    assert (other.dates.words, other.dates.period, other.dates.by_user) == (words, period, True)
    bar.dates.choose(Period.ANY)
    restore_form(other, form_values(bar))
    assert other.dates.period is Period.ANY
    restore_form(other, {"period": "week"})  # as versions before wrote it
    assert other.dates.period is Period.WEEK
    restore_form(other, {"dates": "nonsense", "period": "chosen"})
    assert other.dates.period is Period.WEEK


def test_the_line_and_the_further_fields_are_found_as_they_were_used(
    window: MainWindow, qtbot: QtBot
) -> None:
    bar = window.criteria
    bar.open_line()
    bar.line.line.setText("name:doe")
    qtbot.keyClick(bar.line.line, Qt.Key.Key_Return)
    bar.more.click()
    station = bar.further.fields["StationName"]
    station.setFocus()
    qtbot.keyClicks(station, "CT1")
    bar.further.close()
    kept = form_values(bar)
    assert "doe" not in str(kept)
    assert "CT1" not in str(kept)
    again = MainWindow(TreeModel(), TransfersModel())
    qtbot.addWidget(again)
    restore_form(again.criteria, kept)
    again.show()
    qtbot.waitUntil(again.criteria.line.isVisible)
    again.criteria.line.close()
    again.criteria.more.click()
    assert again.criteria.further.focusWidget() is again.criteria.further.fields["StationName"]
    again.criteria.further.close()
    bar.search()
    assert form_values(bar)["line"] == ""
