from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from types import MappingProxyType

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.fake_sources import DEADLINE, FakeAnswers, FakeSource, FakeSources
from tests.rows import below, child, first_study, unfold
from workstation.controllers.notices import Notices, message
from workstation.controllers.row_expansion import RowExpansion
from workstation.controllers.search import Search
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.further_query import FurtherQuery, Reason
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.other_keys import other_key
from workstation.dicom.study_period import StudyPeriod
from workstation.errors import DiskFull, OperationFailed, ServiceRefused, Unreachable
from workstation.jobs.lanes import Lanes
from workstation.models.rows import Fill
from workstation.models.source_state import Phase, SourceState
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role
from workstation.operations.date_split import SplitResult
from workstation.stop import Stop

DOE = PatientMatch(source="A", patient_id="1", name="Doe^John")


class SearchSetup:
    """A search and a result tree over fake sources, and what they reported."""

    def __init__(self, lanes: Lanes, *sources: FakeSource) -> None:
        self.model = TreeModel()
        self.notices = Notices()
        lanes.failed.connect(self.notices.report)
        scripts = FakeSources(*sources)
        self.search = Search(lanes, scripts, self.model, self.notices)  # type: ignore[arg-type]
        self.tree = RowExpansion(lanes, scripts, None, self.model, self.notices)  # type: ignore[arg-type]
        self.said: list[str] = []
        self.status = ""
        self.limited = False
        self.running = False
        self.notices.posted.connect(lambda text, detail, calm: self.said.append(text))
        self.search.status.connect(self._status)
        self.states: dict[str, SourceState] = {}
        self.search.answering.connect(self.states.__setitem__)
        self.search.running.connect(lambda running: setattr(self, "running", running))

    def _status(self, text: str, limited: bool) -> None:
        self.status, self.limited = text, limited


@pytest.fixture
def set_up(qapp: object) -> Iterator[Callable[..., SearchSetup]]:
    lanes = Lanes()
    yield lambda *sources: SearchSetup(lanes, *sources)
    assert lanes.shutdown(20)
    lanes.dismiss()


def over(qtbot: QtBot, setup: SearchSetup) -> None:
    qtbot.waitUntil(lambda: not setup.running, timeout=DEADLINE)


def study(uid: str, source: str = "A") -> StudyMatch:
    return StudyMatch(
        source=source,
        study_uid=uid,
        patient=PatientMatch(source=source, patient_id="1", name="Doe^John"),
        description=uid,
    )


def test_all_ticked_sources_are_asked_at_once(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    meeting = threading.Barrier(2, timeout=10)

    class Meeting(FakeSource):
        def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            meeting.wait()
            return super().search(criteria, stop)

    one = set_up(
        Meeting("A", study("1.1")), Meeting("B", study("1.2", "B")), FakeSource("C", study("1.3", "C"))
    )
    one.search.search(Criteria(name="Doe"), ["A", "B", "gone"])
    assert one.running
    over(qtbot, one)
    assert one.model.results.study_count == 2
    assert one.status == "2 studies"
    assert one.said == []


def test_no_criteria_mean_all_there_are(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    source = FakeSource("A", study("1.1"))
    one = set_up(source)
    one.search.search(Criteria(), ["A"])
    over(qtbot, one)
    assert source.asked == [Criteria()]
    assert not one.limited
    today = Criteria(span=DateSpan(date.today(), date.today()))
    one.search.search(today, ["A"])
    over(qtbot, one)
    assert source.asked[1:] == [today]
    assert one.limited


def test_a_new_search_ends_the_old_one_and_drops_its_answers(
    qtbot: QtBot, set_up: Callable[..., SearchSetup]
) -> None:
    slow, quick = FakeSource("slow", study("1.1", "slow")), FakeSource("quick", study("1.2", "quick"))
    slow.gate.clear()
    one = set_up(slow, quick)
    one.search.search(Criteria(name="a"), ["slow"])
    qtbot.waitUntil(lambda: bool(slow.asked), timeout=DEADLINE)
    one.search.search(Criteria(name="b"), ["quick"])
    over(qtbot, one)
    assert one.model.results.study_count == 1
    assert one.said == []


def test_stopping_keeps_what_has_come(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    slow, quick = FakeSource("slow"), FakeSource("quick", study("1.2", "quick"))
    slow.gate.clear()
    one = set_up(slow, quick)
    one.search.search(Criteria(name="a"), ["slow", "quick"])
    qtbot.waitUntil(lambda: one.model.results.study_count == 1, timeout=DEADLINE)
    one.search.stop()
    assert not one.running
    assert one.model.results.study_count == 1
    assert one.status == "1 study"


def test_error_of_one_source_spares_the_others(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    broken = FakeSource("B", error=Unreachable("B", "10.0.0.5", 104, "no route"))
    one = set_up(FakeSource("A", study("1.1")), broken)
    one.search.search(Criteria(name="a"), ["A", "B"])
    over(qtbot, one)
    assert one.model.results.study_count == 1
    assert one.said == ["B does not answer at 10.0.0.5:104. Check host, port, network and firewall."]
    assert "not every source" in one.status


@pytest.mark.logs("a bug ended")
def test_a_bug_is_said_calmly(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    one = set_up(FakeSource("A", error=KeyError("x")))
    one.search.search(Criteria(name="a"), ["A"])
    over(qtbot, one)
    assert one.said == ["Something in this program went wrong. The log file has the details."]


def test_each_source_tells_how_it_stands(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    class Cut(FakeSource):
        def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            rows = super().search(criteria, stop)
            rows.incomplete = len(self.asked) == 1
            return rows

    slow, broken = FakeSource("slow"), FakeSource("B", error=Unreachable("B", "10.0.0.5", 104, "no route"))
    slow.gate.clear()
    one = set_up(FakeSource("A", study("1.1"), study("1.2")), Cut("C", study("1.1", "C")), broken, slow)
    one.search.search(Criteria(name="a"), ["A", "B", "C", "slow"])
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
    assert one.model.results.study_count == 2


def test_a_search_by_patients_opens_them_later(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    class Patients(FakeSource):
        def patients(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            return FakeAnswers([DOE, PatientMatch(source="A", patient_id="2", name="Roe^Jane")])

    other = StudyMatch(
        source="A", study_uid="1.9", patient=PatientMatch(source="A", patient_id="2", name="Roe^Jane")
    )
    source = Patients("A", study("1.1"), other)
    one = set_up(source)
    one.search.search(Criteria(), ["A"], Level.PATIENT)
    over(qtbot, one)
    assert one.status == "2 patients"
    assert not one.limited
    names = [one.model.index(row, 0).data() for row in range(2)]
    patient = one.model.index(names.index("Doe, John"), 0)
    assert len(below(patient)) == 0
    unfold(patient)
    qtbot.waitUntil(lambda: len(below(patient)) == 2, timeout=DEADLINE)
    assert below(patient)[1].data() == "1 answer is about somebody else: not shown."
    assert source.asked == [Criteria(patient_id="1")]


def test_without_patient_root_studies_tell_the_patients(
    qtbot: QtBot, set_up: Callable[..., SearchSetup]
) -> None:
    class StudyRoot(FakeSource):
        def patients(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            raise ServiceRefused("A", "queries")

    one = set_up(StudyRoot("A", study("1.1")))
    one.search.search(Criteria(name="Doe"), ["A"], Level.PATIENT)
    over(qtbot, one)
    assert one.status == "1 patient"
    assert one.states["A"].phase is Phase.DONE


def test_nothing_ticked_is_said(set_up: Callable[..., SearchSetup]) -> None:
    one = set_up(FakeSource("A"))
    one.search.search(Criteria(name="a"), [])
    assert one.status == "Tick a source to search in."
    assert not one.running


def opened(qtbot: QtBot, one: SearchSetup) -> int:
    """Search, then open the first study; its number."""
    one.search.search(Criteria(name="a"), ["A", "B"])
    over(qtbot, one)
    index = first_study(one.model)
    unfold(index)
    row = one.model.row(index)
    assert row is not None
    return row.number


def filled(one: SearchSetup, number: int) -> Fill:
    row = one.model.find(number)
    assert row is not None
    return row.fill


class Both(FakeSource):
    """A study, and below it a series of one image."""

    def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
        return FakeAnswers(
            [
                StudyMatch(
                    source=self.key,
                    study_uid="1.1",
                    patient=PatientMatch(source="A", patient_id="1", issuer="H", name="Doe^John"),
                )
            ]
        )

    def images(
        self, series: SeriesMatch, patient_id: str, stop: Stop, *, geometry: bool = False
    ) -> FakeAnswers:
        assert patient_id == "1"
        return FakeAnswers(
            [
                ImageMatch(
                    source=self.key,
                    study_uid="1.1",
                    series_uid=series.series_uid,
                    sop_uid="1.1.1.1",
                    number=1,
                )
            ]
        )


def test_opening_asks_every_source_that_knows_the_row(
    qtbot: QtBot, set_up: Callable[..., SearchSetup]
) -> None:
    sources = [
        Both(key, SeriesMatch(source=key, study_uid="1.1", series_uid=f"1.1.{n}", number=n))
        for n, key in enumerate("AB", 1)
    ]
    one = set_up(*sources)
    number = opened(qtbot, one)
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FULL, timeout=DEADLINE)
    study_index = first_study(one.model)
    assert len(below(study_index)) == 2
    series_index = child(study_index)
    unfold(series_index)
    qtbot.waitUntil(lambda: len(below(series_index)) == 1, timeout=DEADLINE)


def test_a_row_nobody_could_open_says_so(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    gone = Unreachable("A", "10.0.0.5", 104, "no route")
    one = set_up(Both("A", error=gone), Both("B", error=gone))
    number = opened(qtbot, one)
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FAILED, timeout=DEADLINE)
    study_index = first_study(one.model)
    message = child(study_index)
    assert message.data(Role.MESSAGE)
    assert message.data().count("does not answer") == 2
    assert one.said == []
    one.model.ask_again(number)
    assert len(below(study_index)) == 0
    qtbot.waitUntil(lambda: filled(one, number) is Fill.FAILED, timeout=DEADLINE)
    assert len(below(study_index)) == 1


def test_a_new_search_ends_the_opening_of_rows(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    slow = Both("A")
    slow.gate.clear()
    one = set_up(slow)
    opened(qtbot, one)
    qtbot.waitUntil(lambda: bool(slow.asked), timeout=DEADLINE)
    one.model.results.begin()
    qtbot.waitUntil(slow.gate.is_set, timeout=DEADLINE)
    assert one.model.rowCount() == 0


def test_messages_are_filled_from_facts() -> None:
    assert "12 MB are needed" in message(DiskFull("/x", 1_000_000, 12_000_000))


def test_further_queries_are_said(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    query = FurtherQuery(Reason.ANYWHERE, "*DOE*", 1)

    class Further(FakeAnswers):
        further = (query,)

    class Strict(FakeSource):
        def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            return Further([study("1.1")])

    at = set_up(Strict("A"))
    at.search.search(Criteria(name="doe"), ["A"])
    over(qtbot, at)
    assert at.states["A"] == SourceState(Phase.DONE, 1, further=(query,))


class Capped(FakeSource):
    """Answers two rows, and in parts of the period three."""

    def __init__(self, limited: int | None, *, more: bool, verdict: SplitResult | None = None) -> None:
        super().__init__("A", study("1.1"), study("1.2"))
        self._ends = [(limited, more, None), (None, verdict is not None and not verdict.whole, verdict)]

    def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
        answers = super().search(criteria, stop)
        answers.limited, answers.incomplete, answers.split = self._ends[len(self.asked) - 1]
        if answers.split is not None:
            answers.append(study("1.3"))
        return answers


@pytest.mark.parametrize(
    ("more", "said"),
    [(False, "perhaps not all: A answered exactly 500"), (True, "not all: A stopped after 500")],
)
def test_what_looks_like_a_limit_is_split_by_date(
    qtbot: QtBot, set_up: Callable[..., SearchSetup], more: bool, said: str
) -> None:
    one = set_up(Capped(500, more=more, verdict=SplitResult(archive="A", over=True)))
    one.search.search(Criteria(name="a"), ["A"])
    over(qtbot, one)
    assert one.status == f"2 studies  ·  {said}"
    state = SourceState(Phase.INCOMPLETE, 2, splittable=True, suspected=not more, message=said)
    assert one.states["A"] == state
    one.search.split_by_date("A")
    over(qtbot, one)
    assert one.status == "3 studies  ·  A: Whole, except studies without a date."
    assert one.states["A"] == SourceState(
        Phase.DONE, 3, message="Whole, except studies without a date.", whole=True
    )


def test_why_a_split_search_is_not_whole_is_said(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    day = StudyPeriod(date(2026, 3, 17), date(2026, 3, 17))
    one = set_up(
        Capped(500, more=True, verdict=SplitResult(archive="A", over=True, limit=500, crowded=[day]))
    )
    one.search.search(Criteria(name="a"), ["A"])
    over(qtbot, one)
    one.search.split_by_date("A")
    over(qtbot, one)
    why = "Not whole: 2026-03-17 alone may have more than the 500 answers that A sends at most."
    assert one.status == f"3 studies  ·  A: {why}"
    assert one.states["A"] == SourceState(Phase.INCOMPLETE, 3, message=why, whole=False)


def test_patients_are_not_split_by_date(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    one = set_up(Capped(500, more=True))
    one.search.search(Criteria(name="a"), ["A"], Level.PATIENT)
    over(qtbot, one)
    assert not one.states["A"].splittable


def test_an_archive_that_has_too_much_to_answer_is_split_by_date(
    qtbot: QtBot, set_up: Callable[..., SearchSetup]
) -> None:
    one = set_up(FakeSource("A", error=OperationFailed("A", "C-FIND", 0xA700)))
    one.search.search(Criteria(name="a"), ["A"])
    over(qtbot, one)
    assert one.states["A"].splittable
    assert one.states["A"].message == one.status.partition("  ·  ")[2] == "A could not do the C-FIND."


def test_the_period_that_is_asked_for_is_told(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    class Slow(FakeAnswers):
        def __iter__(self) -> Iterator[object]:
            self.on_period(StudyPeriod(date(2026, 1, 1), date(2026, 3, 31)))  # type: ignore[attr-defined]
            yield study("1.1")
            assert told.wait(30)

    class Parts(FakeSource):
        def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            return Slow()

    told = threading.Event()
    one = set_up(Parts("A"))
    one.search.search(Criteria(name="a"), ["A"])
    try:
        expected = SourceState(Phase.SEARCHING, 1, message="Asking for 2026-01-01 – 2026-03-31")
        qtbot.waitUntil(lambda: one.states["A"] == expected, timeout=DEADLINE)
    finally:
        told.set()
    over(qtbot, one)


def test_what_could_not_be_checked_is_said(qtbot: QtBot, set_up: Callable[..., SearchSetup]) -> None:
    class Untold(FakeAnswers):
        untold = MappingProxyType({"InstitutionName": 1})

    class Poor(FakeSource):
        def search(self, criteria: Criteria, stop: Stop) -> FakeAnswers:
            return Untold([study("1.1")])

    at = set_up(Poor("A"))
    said: list[str] = []
    at.search.status.connect(lambda text, _: said.append(text))
    at.search.search(Criteria(others=(other_key("InstitutionName", "general"),)), ["A"])
    over(qtbot, at)
    assert at.states["A"] == SourceState(Phase.DONE, 1, untold=(("InstitutionName", 1),))
    assert "not checked: Institution" in said[-1]
