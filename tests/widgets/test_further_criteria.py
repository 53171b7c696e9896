"""The criteria behind "More…", and the search in one line: filled, checked, shown as chips, by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_periods import Period
from workstation.dicom.date_span import DateSpan
from workstation.dicom.other_keys import OtherKey, other_key
from workstation.widgets.criteria_bar import CriteriaBar

UID = "1.2.840.113619.2.1"


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[CriteriaBar]:
    """A form as wide as a small window, with one source, whose searches are collected."""
    found = CriteriaBar()
    qtbot.addWidget(found)
    found.set_sources([("A", "A")], ["A"])
    found.resize(1280, 100)
    found.show()
    yield found
    while (offers := QApplication.activePopupWidget()) is not None:
        offers.close()  # of a completer: they keep the focus from the next test's window
    found.further.close()
    found.line.close()


@pytest.fixture
def searched(bar: CriteriaBar) -> list[Criteria]:
    found: list[Criteria] = []
    bar.search_requested.connect(found.append)
    return found


def typed(bar: CriteriaBar, line: str) -> None:
    bar.open_line()
    bar.line.line.clear()
    QTest.keyClicks(bar.line.line, line)
    QTest.keyClick(bar.line.line, Qt.Key.Key_Return)


def test_a_field_of_the_panel_is_a_key_and_a_chip(bar: CriteriaBar, searched: list[Criteria]) -> None:
    bar.more.click()
    assert bar.further.isVisible()
    QTest.keyClicks(bar.further.fields["InstitutionName"], "general")
    assert [chip.text() for chip in bar.chips.chips] == ["Institution: general"]
    QTest.keyClick(bar.further.fields["InstitutionName"], Qt.Key.Key_Return)
    assert not bar.further.isVisible()
    assert [criteria.others for criteria in searched] == [(OtherKey("InstitutionName", "general"),)]


def test_any_key_is_typed_with_completion(bar: CriteriaBar) -> None:
    bar.more.click()
    entry = bar.further.any[0]
    QTest.keyClicks(entry.path, "patientcomm")
    completer = entry.path.completer()
    assert completer.currentCompletion() == "PatientComments"
    entry.path.setText("ProcedureCodeSequence.CodeValue")
    QTest.keyClicks(entry.value, "K7")
    assert bar.criteria.others == (OtherKey("ProcedureCodeSequence.CodeValue", "K7"),)


@pytest.mark.parametrize(
    ("typed", "offer", "taken"),
    [
        ("0008,0080", "InstitutionName (0008,0080)", "InstitutionName"),
        ("(00080080", "InstitutionName (0008,0080)", "InstitutionName"),
        ("0040,0275", "RequestAttributesSequence (0040,0275)", "RequestAttributesSequence"),
        (
            "RequestAttributesSequence.scheduledprocedurestepi",
            "ScheduledProcedureStepID (0040,0009)",
            "RequestAttributesSequence.ScheduledProcedureStepID",
        ),
        (
            "0040,0275[0].0040,0009",
            "ScheduledProcedureStepID (0040,0009)",
            "0040,0275[0].ScheduledProcedureStepID",
        ),
    ],
)
def test_what_is_behind_the_last_dot_is_completed_by_keyword_or_tag(
    bar: CriteriaBar, typed: str, offer: str, taken: str
) -> None:
    bar.more.click()
    path = bar.further.any[0].path
    path.setFocus()
    QTest.keyClicks(path, typed)
    completer = path.completer()
    assert completer.currentIndex().data() == offer
    popup = completer.popup()
    assert popup.isVisible()
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert path.text() == taken
    assert bar.further.isVisible()


def test_enter_needs_one_press_while_values_are_offered(bar: CriteriaBar, searched: list[Criteria]) -> None:
    bar.more.click()
    field = bar.further.fields["InstitutionName"]
    bar.further.set_keys([other_key("InstitutionName", "general hospital")])
    bar.search()
    for typed_into in (field, bar.further.any[0].path):
        bar.further.set_keys([])
        bar.more.click()
        if typed_into is not field:
            bar.further.any[0].value.setText("general")
        typed_into.setFocus()
        QTest.keyClicks(typed_into, "general" if typed_into is field else "institutionname")
        popup = typed_into.completer().popup()
        assert popup.isVisible()
        QTest.keyClick(popup, Qt.Key.Key_Return)
        assert not popup.isVisible()
        assert not bar.further.isVisible()
        assert searched[-1].others == (OtherKey("InstitutionName", "general"),)
    assert len(searched) == 3


@pytest.mark.parametrize(("path", "text"), [("PatientBirthDate", "young"), ("StudyTime", "12-8"), ("StudyInstanceUID", "1..2")])  # fmt: skip  # noqa: E501
def test_what_is_wrong_is_said_at_once_and_not_searched(
    bar: CriteriaBar, searched: list[Criteria], path: str, text: str
) -> None:
    bar.more.click()
    field = bar.further.fields[path]
    QTest.keyClicks(field, text)
    assert text in bar.further.error
    assert field.property("error") is True
    assert field.accessibleDescription()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert bar.further.isVisible()
    bar.further.close()
    bar.search()
    assert bar.further.isVisible()
    assert searched == []
    field.clear()
    assert field.property("error") is not True
    bar.search()
    assert len(searched) == 1


def test_a_key_that_stands_there_twice_is_not_asked_for_once(
    bar: CriteriaBar, searched: list[Criteria]
) -> None:
    bar.further.fields["InstitutionName"].setText("general")
    entry = bar.further.any[0]
    entry.path.setText("0008,0080")
    entry.value.setText("mercy")
    assert "Institution stands here twice" in bar.further.error
    assert entry.value.property("error") is True
    bar.search()
    assert bar.further.isVisible()
    assert searched == []
    entry.value.clear()
    entry.path.clear()
    bar.search()
    assert [criteria.others for criteria in searched] == [(OtherKey("InstitutionName", "general"),)]


def test_the_panel_is_gone_through_by_tab_and_left_by_escape(bar: CriteriaBar) -> None:
    bar.more.click()
    order = [*bar.further.fields.values()]
    order += [field for entry in bar.further.any for field in (entry.path, entry.value)]
    passed, widget = [], order[0]
    for _ in order:
        passed.append(widget)
        widget = widget.nextInFocusChain()
        while widget not in order:
            widget = widget.nextInFocusChain()
    assert passed == order
    QTest.keyClick(order[0], Qt.Key.Key_Escape)
    assert not bar.further.isVisible()


def test_chips_are_changed_and_taken_away_by_keys(bar: CriteriaBar) -> None:
    bar.further.set_keys([other_key("InstitutionName", "general"), other_key("StationName", "CT1")])
    first, second = bar.chips.chips
    QTest.keyClick(second, Qt.Key.Key_Return)
    assert bar.further.isVisible()
    bar.further.close()
    QTest.keyClick(first, Qt.Key.Key_Delete)
    assert bar.criteria.others == (OtherKey("StationName", "CT1"),)
    assert [chip.text() for chip in bar.chips.chips] == ["Station: CT1"]


def test_chips_never_need_a_second_row(bar: CriteriaBar) -> None:
    height = bar.height()
    keys = [other_key(path, "a long value of it") for path in bar.further.fields if "Name" in path]
    bar.further.set_keys([*keys, other_key("PatientComments", "x"), other_key("ProtocolName", "head")])
    bar.layout().activate()
    assert bar.chips.chips[-1].text().startswith("+")
    assert "Protocol: head" in bar.chips.chips[-1].toolTip()
    assert bar.minimumSizeHint().height() <= height
    assert bar.heightForWidth(bar.width()) <= height


def test_tab_goes_from_the_sources_over_the_chips_to_more(qtbot: QtBot, bar: CriteriaBar) -> None:
    bar.further.set_keys([other_key("StationName", "CT1")])
    bar.set_sources([("A", "A"), ("B", "B")], ["A", "B"])
    [chip] = bar.chips.chips
    order = [bar.clear, bar.sources["A"].box, bar.sources["B"].box, chip, bar.more, bar.one_line]
    qtbot.waitUntil(lambda: all(part.isVisible() for part in order))
    bar.clear.setFocus()
    for expected in order:
        assert QApplication.focusWidget() is expected
        QTest.keyClick(expected, Qt.Key.Key_Tab)


def test_clear_takes_all_away(bar: CriteriaBar) -> None:
    bar.further.set_keys([other_key("PatientComments", "x"), other_key("StudyTime", "8-12")])
    bar.clear.click()
    assert bar.criteria.others == ()
    assert not bar.chips.isVisible()


def test_a_key_means_all_dates_as_a_name_does_but_not_a_time(bar: CriteriaBar) -> None:
    bar.further.set_keys([other_key("StudyTime", "8-12")])
    assert bar.dates.period is Period.TODAY
    bar.further.set_keys([other_key("InstitutionName", "x")])
    assert bar.dates.period is Period.ANY


def test_a_line_fills_the_form_and_searches(bar: CriteriaBar, searched: list[Criteria]) -> None:
    typed(bar, "doe j ct 2024-01-05..2024-01-07 ref:house 8-12")
    assert bar.name.text() == "doe j"
    assert bar.modality.chosen == ("CT",)
    expected = Criteria(
        name="doe j",
        modalities=("CT",),
        span=DateSpan(date(2024, 1, 5), date(2024, 1, 7)),
        others=(OtherKey("StudyTime", "8-12"), OtherKey("ReferringPhysicianName", "house")),
    )
    assert searched == [expected]
    assert len(bar.chips.chips) == 2
    bar.open_line()
    assert bar.line.line.text() == 'name:"doe j" mod:CT 2024-01-05..2024-01-07 time:8-12 ref:house'


def test_periods_of_a_line_are_those_of_the_form(bar: CriteriaBar) -> None:
    for line, period in (
        ("today", Period.TODAY),
        ("yesterday", Period.YESTERDAY),
        ("last week", Period.WEEK),
    ):
        typed(bar, line)
        assert (bar.dates.period, bar.dates.by_user) == (period, True)
    typed(bar, f"{date.today()}")  # a fixed day does not become another one tomorrow
    assert (bar.dates.period, bar.dates.words) == (Period.CHOSEN, f"{date.today()}")
    typed(bar, "last 60min")
    assert bar.dates.period is Period.HOUR
    typed(bar, "last 2010y")
    assert (bar.dates.period, bar.dates.words) == (Period.CHOSEN, "last 2010y")
    typed(bar, "last 2w")
    assert (bar.dates.period, bar.dates.words) == (Period.CHOSEN, "last 2w")
    assert bar.criteria.span.last is None  # which the popup cannot hold
    bar.dates.first.setDate(QDate(2024, 1, 5))
    assert bar.dates.words.startswith("2024-01-05..")
    typed(bar, "doe")
    assert (bar.dates.period, bar.dates.by_user) == (Period.ANY, False)
    bar.open_line()
    assert bar.line.line.text() == "name:doe"


def test_any_date_that_was_chosen_stays_so_by_way_of_the_line(bar: CriteriaBar) -> None:
    bar.modality.choose(["CT"])
    bar.dates.choose(Period.ANY)
    bar.open_line()
    assert bar.line.said.text() == "Modality: CT"
    QTest.keyClick(bar.line.line, Qt.Key.Key_Return)
    assert bar.criteria == Criteria(modalities=("CT",))
    bar.clear.click()
    bar.open_line()
    assert bar.line.said.text() == "Date: today"
    typed(bar, "ct")
    assert bar.dates.period is Period.TODAY


@pytest.mark.parametrize(
    "criteria",
    [
        Criteria(patient_id='"12*"'),
        Criteria(name='O"Brien', description='"CT Thorax"'),
        Criteria(name="doe", others=(OtherKey("InstitutionName", '"St. Mary"'),)),
    ],
)
def test_a_form_means_the_same_by_way_of_the_line(
    bar: CriteriaBar, searched: list[Criteria], criteria: Criteria
) -> None:
    bar.set_criteria(criteria)
    bar.open_line()
    QTest.keyClick(bar.line.line, Qt.Key.Key_Return)
    assert searched == [criteria]


def test_a_pasted_uid_is_one(bar: CriteriaBar, searched: list[Criteria]) -> None:
    typed(bar, UID)
    assert [criteria.others for criteria in searched] == [(OtherKey("StudyInstanceUID", UID),)]
    assert searched[0].span.first is None


def test_what_a_number_is_is_asked_once(bar: CriteriaBar, searched: list[Criteria]) -> None:
    typed(bar, "4711")
    assert searched == []
    assert "4711" in bar.line.said.text()
    QTest.keyClick(bar.line.as_accession, Qt.Key.Key_Return)
    assert [(one.accession, one.patient_id) for one in searched] == [("4711", "")]
    typed(bar, "4712")
    assert searched[-1].accession == "4712"
    bar.open_line()
    bar.line.line.setText("4713")
    bar.line.as_id.click()
    assert (searched[-1].accession, searched[-1].patient_id) == ("", "4713")


def test_a_line_says_what_it_means_or_what_is_wrong(bar: CriteriaBar, searched: list[Criteria]) -> None:
    typed(bar, "inst:general ct nonsense:x")
    assert bar.line.isVisible()
    assert "nonsense" in bar.line.said.text()
    assert bar.line.line.property("error") is True
    assert searched == []
    bar.line.line.setText("inst:general ct")
    assert bar.line.said.text() == "Modality: CT\u00a0\u00a0·  Institution: general"
    QTest.keyClick(bar.line.line, Qt.Key.Key_Escape)
    assert not bar.line.isVisible()
    assert QApplication.activePopupWidget() is None
