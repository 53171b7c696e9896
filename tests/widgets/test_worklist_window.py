"""The window of a worklist: by keys alone, with what it says when there is nothing to show."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut
from pytestqt.qtbot import QtBot

from tests.peers.worklist import answer, step
from workstation.dicom.date_periods import Period
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE
from workstation.dicom.worklist import DATES, WorklistCriteria, WorklistStep, steps_of
from workstation.models.source_state import Phase, SourceState
from workstation.models.worklist_texts import WorklistColumn
from workstation.widgets.worklist_keys import worklist_keys
from workstation.widgets.worklist_window import WorklistWindow

DONE = SourceState(Phase.DONE)


def made(data: bytes) -> WorklistStep:
    return steps_of(data, EXPLICIT_LE, "RIS")[0]


STEP = made(answer(step(description=b"Thorax " * 40), name="王^小东".encode(), charset=b"ISO_IR 192"))
LATER = made(answer(step(b"20261202"), patient=b"", name=b"Roe^Jane", accession=b""))
UNFIT = WorklistStep(source="RIS", patient_id="9", differs=(DATES,))


@pytest.fixture
def window(qtbot: QtBot) -> WorklistWindow:
    window = WorklistWindow()
    qtbot.addWidget(window)
    window.set_nodes([("RIS", True), ("PACS", False)])
    with qtbot.waitActive(window):
        window.open()
    return window


def fill(window: WorklistWindow, *steps: WorklistStep) -> None:
    window.begin()
    window.add_steps(steps)
    window.set_state(DONE)


def press(qtbot: QtBot, window: WorklistWindow, key: Qt.Key, *, control: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(window.focusWidget() or window, key, modifier)


def test_a_search_by_keys_alone(window: WorklistWindow, qtbot: QtBot) -> None:
    assert window.focusWidget() is window.form.name
    qtbot.keyClicks(window.form.name, "doe")
    with qtbot.waitSignal(window.form.search_requested) as asked:
        press(qtbot, window, Qt.Key.Key_Return)
    today = date.today()
    assert asked.args == ["RIS", WorklistCriteria(name="doe", date_from=today, date_to=today)]
    fill(window, LATER, STEP)
    press(qtbot, window, Qt.Key.Key_Down)
    assert window.focusWidget() is window.table
    with qtbot.waitSignal(window.patient_wanted) as wanted:
        press(qtbot, window, Qt.Key.Key_Return)
    assert wanted.args == [STEP]
    with qtbot.waitSignal(window.accession_wanted) as wanted:
        press(qtbot, window, Qt.Key.Key_Return, control=True)
    assert wanted.args == [STEP]
    with qtbot.waitSignal(window.form.search_requested):
        press(qtbot, window, Qt.Key.Key_F5)
    for focused in (window.details.elements, window.form.name, window.table):
        press(qtbot, window, Qt.Key.Key_F6)
        assert window.focusWidget() is focused
    press(qtbot, window, Qt.Key.Key_C, control=True)
    assert QGuiApplication.clipboard().text().startswith("2026-12-01\t09:30\tCT\tCT1\t王 小东\tP1\t")


def test_tab_goes_through_the_fields_as_they_stand(window: WorklistWindow, qtbot: QtBot) -> None:
    fill(window, STEP, UNFIT)
    form = window.form
    form.set_station(True, "CT1")
    form.node.setFocus()
    for target in (
        *(form.dates.periods, form.only_station, form.station, form.modality, form.name, form.patient_id),
        *(form.accession, form.button, window.table, window.others, window.export, window.find_accession),
        *(window.find_patient, window.details.elements),
    ):
        press(qtbot, window, Qt.Key.Key_Tab)
        assert window.focusWidget() is target


def test_escape_stops_the_search_then_closes(window: WorklistWindow, qtbot: QtBot) -> None:
    window.begin()
    window.set_state(SourceState(Phase.SEARCHING))
    assert window.form.button.text() == "Stop"
    with qtbot.waitSignal(window.form.stop_requested):
        press(qtbot, window, Qt.Key.Key_Escape)
    assert window.isVisible()
    window.set_state(SourceState(Phase.STOPPED))
    assert "Stopped before" in window.nothing.text()
    with qtbot.waitSignal(window.layout_changed):
        press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_the_periods_and_the_station(window: WorklistWindow, qtbot: QtBot) -> None:
    form, today = window.form, date.today()
    form.set_station(False, "CT1")
    assert form.criteria.station == ""
    with qtbot.waitSignal(form.station_chosen) as chosen:
        form.only_station.click()
    assert chosen.args == [True, "CT1"]
    assert form.criteria.station == "CT1"
    form.station.setText("")
    with qtbot.assertNotEmitted(form.search_requested):
        form.search()
    assert window.focusWidget() is form.station
    form.only_station.click()
    form.dates.choose(Period.TOMORROW)
    assert form.criteria.date_from == form.criteria.date_to == today + timedelta(days=1)
    form.dates.choose(Period.THIS_WEEK)
    first, last = form.criteria.date_from, form.criteria.date_to
    assert first is not None
    assert last is not None
    assert (first.weekday(), last - first) == (0, timedelta(days=6))
    assert first <= today <= last
    form.dates.choose(Period.ANY)
    assert form.criteria == WorklistCriteria()


def test_all_that_was_answered_about_the_chosen_step(window: WorklistWindow) -> None:
    fill(window, STEP, LATER)
    text = window.details.elements.toPlainText()
    assert "PatientName" in text
    assert "王^小东" in text
    assert "Thorax Thorax" in text
    assert window.details.elements.lineWrapMode() is window.details.elements.LineWrapMode.WidgetWidth
    assert window.details.about.text() == "王 小东  ·  P1"
    window.table.selectRow(1)
    assert window.details.about.text() == "Roe, Jane"
    assert window.find_patient.isEnabled()  # by the name
    assert not window.find_accession.isEnabled()


def test_what_does_not_fit_is_counted_and_shown_alone(window: WorklistWindow, qtbot: QtBot) -> None:
    fill(window, STEP, UNFIT)
    assert window.status.text() == "1 step  ·  1 step does not fit"
    assert window.model.rowCount() == 1
    window.others.click()
    assert [one.patient_id for one in window.model.shown] == ["9"]
    assert "do not fit" in window.status.text()
    assert "Does not fit what was asked for: date" in window.details.about.text()
    window.others.click()
    assert list(window.model.shown) == [STEP]
    window.others.click()
    fill(window, LATER)  # a new search shows what fits
    assert list(window.model.shown) == [LATER]
    assert window.others.isHidden()


def test_what_is_said_when_there_is_nothing_to_show(window: WorklistWindow, qtbot: QtBot) -> None:
    assert "press Enter" in window.nothing.text()
    fill(window)
    assert window.nothing.text().startswith("No steps.")
    fill(window, UNFIT)
    assert window.nothing.text() == "No step fits what was asked for."
    window.begin()
    window.set_state(SourceState(Phase.FAILED, message="RIS offers no worklist.", detail="why"))
    assert window.nothing.text() == "RIS offers no worklist."
    with qtbot.waitSignal(window.details_requested) as details:
        window.failure.click()
    assert details.args == ["RIS offers no worklist.", "why"]
    window.set_nodes([])
    fill(window)
    assert "No PACS offers a worklist" in window.nothing.text()
    assert not window.form.button.isEnabled()


def test_the_chosen_item_of_several_is_scrolled_to(window: WorklistWindow) -> None:
    items = steps_of(answer(*[step(description=b"%d" % n) for n in range(30)]), EXPLICIT_LE, "RIS")
    fill(window, *items)
    window.table.selectRow(20)
    shown = window.details.elements.firstVisibleBlock().text()
    assert shown == f"  item {items[20].item}"
    assert "Step 21 of 30" in window.details.about.text()


def test_closing_ends_the_search(window: WorklistWindow, qtbot: QtBot) -> None:
    window.form.stop_requested.connect(lambda: window.set_state(SourceState(Phase.STOPPED)))
    window.begin()
    window.set_state(SourceState(Phase.SEARCHING))
    window.close()
    assert not window.isVisible()
    assert window.form.button.text() == "Search"


def test_what_is_left_can_be_loaded(window: WorklistWindow, qtbot: QtBot) -> None:
    fill(window, STEP)
    assert window.load_all.isHidden()
    window.set_state(SourceState(Phase.INCOMPLETE, loadable=True, message="there are more"))
    assert window.status.text() == "1 step  ·  there are more"
    with qtbot.waitSignal(window.load_all_requested):
        window.load_all.click()


def test_the_layout_comes_back_and_nothing_of_a_patient_is_kept(window: WorklistWindow, qtbot: QtBot) -> None:
    window.form.choose_node("PACS")
    window.form.dates.choose(Period.THIS_WEEK)
    window.form.modality.choose(["MR"])
    window.form.patient_id.setText("SECRET")
    assert not window.kept["widths"]  # as the window is wide
    window.table.restore_width(WorklistColumn.PATIENT, 321)
    window.table.sortByColumn(WorklistColumn.PATIENT, Qt.SortOrder.DescendingOrder)
    fill(window, LATER, STEP)
    kept = window.kept
    assert "SECRET" not in str(kept)
    assert "P1" not in str(kept["form"])
    other = WorklistWindow()
    qtbot.addWidget(other)
    other.restore(kept)
    other.set_nodes([("RIS", True), ("PACS", False)])
    assert other.form.node.currentData() == "PACS"
    assert other.form.dates.period is Period.THIS_WEEK
    assert other.form.modality.chosen == ("MR",)
    assert other.table.columnWidth(WorklistColumn.PATIENT) == 321
    other.add_steps([LATER, STEP])
    assert list(other.model.shown) == [STEP, LATER]
    other.restore(
        {"widths": {"date": "wide", "no": 3}, "sorted_by": 7, "form": {"period": "?"}, "geometry": 1}
    )
    assert other.form.dates.period is Period.THIS_WEEK


def test_the_sheet_of_keys_has_its_keys(window: WorklistWindow) -> None:
    taken = {each.toString() for action in window.findChildren(QAction) for each in action.shortcuts()}
    taken |= {shortcut.key().toString() for shortcut in window.findChildren(QShortcut)}
    listed = {QKeySequence(key.keys).toString() for key in worklist_keys().keys}
    assert listed - taken == {"Return", "Esc"}  # the table and the dialog take them
    assert taken - {""} <= listed


@pytest.mark.parametrize("width", [640, 720, 1000, 1258])
def test_how_the_search_stands_is_in_sight_in_a_narrow_window(
    window: WorklistWindow, qtbot: QtBot, width: int
) -> None:
    window.resize(width, 360)
    fill(window, STEP, UNFIT)
    qtbot.waitUntil(lambda: window.width() == width and window.others.isVisible(), timeout=5_000)
    assert window.status.width() >= 250
    for part in (window.status, window.others, window.export, window.find_patient, window.find_accession):
        assert window.rect().contains(part.mapTo(window, part.rect().bottomRight())), part
