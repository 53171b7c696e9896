from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from tests.rows import below, child, first_study, unfold
from workstation.controllers.notices import Notices, message
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.search import Search
from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import FurtherQuery, Reason
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.mismatches import Mismatch
from workstation.errors import DiskFull, ServiceRefused, Unreachable
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Fill
from workstation.models.source_state import Phase, SourceState
from workstation.models.tree_model import Role, TreeModel
from workstation.stop import Stop

DEADLINE = 10_000
DOE = PatientMatch("A", "1", name="Doe^John")


class Rows(list[object]):
    """Answers of a source: rows, and whether there are more."""

    incomplete = False
    further: tuple[FurtherQuery, ...] = ()
    mismatches: Sequence[Mismatch] = ()
    strays = 0


class Script:
    """A source that answers what a test tells it to."""

    def __init__(self, key: str, *rows: object, error: Exception | None = None) -> None:
        self.key = key
        self.rows = rows
        self.error = error
        self.asked: list[object] = []
        self.gate = threading.Event()
        self.gate.set()

    def _answer(self, question: object, stop: Stop) -> Rows:
        self.asked.append(question)
        with stop.watching(self.gate.set):
            assert self.gate.wait(30)
        stop.check()
        if self.error is not None:
            raise self.error
        return Rows(self.rows)

    def search(self, criteria: Criteria, stop: Stop) -> Rows:
        return self._answer(criteria, stop)

    def patients(self, criteria: Criteria, stop: Stop) -> Rows:
        return self._answer(criteria, stop)

    def series(self, study: StudyMatch, stop: Stop) -> Rows:
        return self._answer(study, stop)

    def images(self, series: SeriesMatch, patient_id: str, stop: Stop) -> Rows:
        return self._answer(series, stop)


class Scripts:
    """Sources by key."""

    def __init__(self, *sources: Script) -> None:
        self._sources = {source.key: source for source in sources}

    def get(self, key: str) -> Script | None:
        return self._sources.get(key)

    whole = get

    def lane_key(self, key: str) -> str:
        return key


class Desk:
    """A search and a tree over scripts, and what they said."""

    def __init__(self, lanes: Lanes, *sources: Script) -> None:
        self.model = TreeModel()
        self.notices = Notices()
        lanes.failed.connect(self.notices.report)
        scripts = Scripts(*sources)
        self.search = Search(lanes, scripts, self.model, self.notices)  # type: ignore[arg-type]
        self.tree = RowExpansion(lanes, scripts, None, self.model, self.notices)  # type: ignore[arg-type]
        self.said: list[str] = []
        self.status = ""
        self.today = False
        self.running = False
        self.notices.posted.connect(lambda text, detail, calm: self.said.append(text))
        self.search.status.connect(self._status)
        self.states: dict[str, SourceState] = {}
        self.search.answering.connect(self.states.__setitem__)
        self.search.running.connect(lambda running: setattr(self, "running", running))

    def _status(self, text: str, today: bool) -> None:
        self.status, self.today = text, today


@pytest.fixture
def desk(qapp: object) -> Iterator[Callable[..., Desk]]:
    lanes = Lanes()
    yield lambda *sources: Desk(lanes, *sources)
    assert lanes.shutdown(5)
    lanes.dismiss()


def over(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: not desk.running, timeout=DEADLINE)


def study(uid: str, source: str = "A") -> StudyMatch:
    return StudyMatch(source, uid, PatientMatch(source, "1", name="Doe^John"), description=uid)


def test_all_ticked_sources_are_asked_at_once(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    meeting = threading.Barrier(2, timeout=10)

    class Meeting(Script):
        def search(self, criteria: Criteria, stop: Stop) -> Rows:
            meeting.wait()
            return super().search(criteria, stop)

    one = desk(Meeting("A", study("1.1")), Meeting("B", study("1.2", "B")), Script("C", study("1.3", "C")))
    one.search.search(Criteria("Doe"), ["A", "B", "gone"])
    assert one.running
    over(qtbot, one)
    assert one.model.study_count == 2
    assert one.status == "2 studies"
    assert one.said == []


def test_no_criteria_mean_today_and_all_dates_can_follow(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    source = Script("A", study("1.1"))
    one = desk(source)
    one.search.search(Criteria(), ["A"])
    over(qtbot, one)
    assert source.asked == [Criteria(date_from=date.today(), date_to=date.today())]
    assert one.today
    assert "today" in one.status
    one.search.all_dates()
    over(qtbot, one)
    assert source.asked[1] == Criteria()
    assert not one.today


def test_a_new_search_ends_the_old_one_and_drops_its_answers(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    slow, quick = Script("slow", study("1.1", "slow")), Script("quick", study("1.2", "quick"))
    slow.gate.clear()
    one = desk(slow, quick)
    one.search.search(Criteria("a"), ["slow"])
    qtbot.waitUntil(lambda: bool(slow.asked), timeout=DEADLINE)
    one.search.search(Criteria("b"), ["quick"])
    over(qtbot, one)
    assert one.model.study_count == 1
    assert one.said == []


def test_stopping_keeps_what_has_come(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    slow, quick = Script("slow"), Script("quick", study("1.2", "quick"))
    slow.gate.clear()
    one = desk(slow, quick)
    one.search.search(Criteria("a"), ["slow", "quick"])
    qtbot.waitUntil(lambda: one.model.study_count == 1, timeout=DEADLINE)
    one.search.stop()
    assert not one.running
    assert one.model.study_count == 1
    assert one.status == "1 study"


def test_error_of_one_source_spares_the_others(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    broken = Script("B", error=Unreachable("B", "10.0.0.5", 104, "no route"))
    one = desk(Script("A", study("1.1")), broken)
    one.search.search(Criteria("a"), ["A", "B"])
    over(qtbot, one)
    assert one.model.study_count == 1
    assert one.said == ["B does not answer at 10.0.0.5:104. Check host, port, network and firewall."]
    assert "not every source" in one.status


@pytest.mark.logs("a bug ended")
def test_a_bug_is_said_calmly(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    one = desk(Script("A", error=KeyError("x")))
    one.search.search(Criteria("a"), ["A"])
    over(qtbot, one)
    assert one.said == ["Something in this program went wrong. The log file has the details."]


def test_each_source_tells_how_it_stands(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    class Cut(Script):
        def search(self, criteria: Criteria, stop: Stop) -> Rows:
            rows = super().search(criteria, stop)
            rows.incomplete = len(self.asked) == 1
            return rows

    slow, broken = Script("slow"), Script("B", error=Unreachable("B", "10.0.0.5", 104, "no route"))
    slow.gate.clear()
    one = desk(Script("A", study("1.1"), study("1.2")), Cut("C", study("1.1", "C")), broken, slow)
    one.search.search(Criteria("a"), ["A", "B", "C", "slow"])
    assert {state.phase for state in one.states.values()} == {Phase.SEARCHING}
    ended = {Phase.DONE, Phase.FAILED, Phase.INCOMPLETE}
    qtbot.waitUntil(lambda: {one.states[key].phase for key in "ABC"} == ended, timeout=DEADLINE)
    assert one.states["A"] == SourceState(Phase.DONE, 2)
    assert one.states["B"].message.startswith("B does not answer")
    assert one.states["B"].detail == "no route"
    assert one.states["C"] == SourceState(Phase.INCOMPLETE, 1, loadable=True)
    assert one.states["slow"].phase is Phase.SEARCHING
    one.search.stop()
    assert one.states["slow"].phase is Phase.STOPPED
    one.search.load_all("C")
    over(qtbot, one)
    assert one.states["C"] == SourceState(Phase.DONE, 1)
    assert one.model.study_count == 2


def test_a_search_by_patients_opens_them_later(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    class Patients(Script):
        def patients(self, criteria: Criteria, stop: Stop) -> Rows:
            return Rows([DOE, PatientMatch("A", "2", name="Roe^Jane")])

    other = StudyMatch("A", "1.9", PatientMatch("A", "2", name="Roe^Jane"))
    source = Patients("A", study("1.1"), other)
    one = desk(source)
    one.search.search(Criteria(), ["A"], Level.PATIENT)
    over(qtbot, one)
    assert one.status == "2 patients"
    assert not one.today
    names = [one.model.index(row, 0).data() for row in range(2)]
    patient = one.model.index(names.index("Doe, John"), 0)
    assert len(below(patient)) == 0
    unfold(patient)
    qtbot.waitUntil(lambda: len(below(patient)) == 2, timeout=DEADLINE)
    assert below(patient)[1].data() == "1 answer is about somebody else: not shown."
    assert source.asked == [Criteria(patient_id="1")]


def test_without_patient_root_studies_tell_the_patients(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    class StudyRoot(Script):
        def patients(self, criteria: Criteria, stop: Stop) -> Rows:
            raise ServiceRefused("A", "queries")

    one = desk(StudyRoot("A", study("1.1")))
    one.search.search(Criteria("Doe"), ["A"], Level.PATIENT)
    over(qtbot, one)
    assert one.status == "1 patient"
    assert one.states["A"].phase is Phase.DONE


def test_nothing_ticked_is_said(desk: Callable[..., Desk]) -> None:
    one = desk(Script("A"))
    one.search.search(Criteria("a"), [])
    assert one.status == "Tick a source to search in."
    assert not one.running


def opened(qtbot: QtBot, one: Desk) -> int:
    """Search, then open the first study; its number."""
    one.search.search(Criteria("a"), ["A", "B"])
    over(qtbot, one)
    index = first_study(one.model)
    unfold(index)
    row = one.model.row(index)
    assert row is not None
    return row.number


def filled(one: Desk, number: int) -> Fill:
    row = one.model.find(number)
    assert row is not None
    return row.fill


class Both(Script):
    """A study, and below it a series of one image."""

    def search(self, criteria: Criteria, stop: Stop) -> Rows:
        return Rows([StudyMatch(self.key, "1.1", PatientMatch("A", "1", "H", "Doe^John"))])

    def images(self, series: SeriesMatch, patient_id: str, stop: Stop) -> Rows:
        assert patient_id == "1"
        return Rows([ImageMatch(self.key, "1.1", series.series_uid, "1.1.1.1", number=1)])


def test_opening_asks_every_source_that_knows_the_row(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    sources = [Both(key, SeriesMatch(key, "1.1", f"1.1.{n}", n)) for n, key in enumerate("AB", 1)]
    one = desk(*sources)
    number = opened(qtbot, one)
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FULL, timeout=DEADLINE)
    study_index = first_study(one.model)
    assert len(below(study_index)) == 2
    series_index = child(study_index)
    unfold(series_index)
    qtbot.waitUntil(lambda: len(below(series_index)) == 1, timeout=DEADLINE)


def test_a_row_nobody_could_open_says_so(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    gone = Unreachable("A", "10.0.0.5", 104, "no route")
    one = desk(Both("A", error=gone), Both("B", error=gone))
    number = opened(qtbot, one)
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FAILED, timeout=DEADLINE)
    study_index = first_study(one.model)
    message = child(study_index)
    assert message.data(Role.TROUBLE)
    assert message.data().count("does not answer") == 2
    assert one.said == []
    one.model.ask_again(number)
    assert len(below(study_index)) == 0
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FAILED, timeout=DEADLINE)
    assert len(below(study_index)) == 1


def test_a_new_search_ends_the_opening_of_rows(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    slow = Both("A")
    slow.gate.clear()
    one = desk(slow)
    opened(qtbot, one)
    qtbot.waitUntil(lambda: bool(slow.asked), timeout=DEADLINE)
    one.model.begin()
    qtbot.waitUntil(slow.gate.is_set, timeout=DEADLINE)
    assert one.model.rowCount() == 0


def test_messages_are_filled_from_facts() -> None:
    assert "12 MB are needed" in message(DiskFull("/x", 1_000_000, 12_000_000))


def test_further_queries_are_said(qtbot: QtBot, desk: Callable[..., Desk]) -> None:
    query = FurtherQuery(Reason.ANYWHERE, "*DOE*", 1)

    class Further(Rows):
        further = (query,)

    class Strict(Script):
        def search(self, criteria: Criteria, stop: Stop) -> Rows:
            return Further([study("1.1")])

    at = desk(Strict("A"))
    at.search.search(Criteria(name="doe"), ["A"])
    over(qtbot, at)
    assert at.states["A"] == SourceState(Phase.DONE, 1, further=(query,))
