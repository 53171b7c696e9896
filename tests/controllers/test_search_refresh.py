"""The list is refreshed by a timer, which asks the user nothing and archives never for everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from pytestqt.qtbot import QtBot

from tests.controllers.fake_sources import DEADLINE, FakeSource, FakeSources
from workstation.controllers.notices import Notices
from workstation.controllers.search import Search
from workstation.controllers.search_refresh import FAILURES, SearchRefresh
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.errors import OperationFailed, Unreachable, WorkstationError
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Ended
from workstation.models.tree_model import TreeModel

DOE = Criteria(name="doe")
MINUTE = 60_000


def study(uid: str, patient_id: str = "1") -> StudyMatch:
    return StudyMatch(
        source="A", patient=PatientMatch(source="A", patient_id=patient_id, name="Doe^J"), study_uid=uid
    )


class Listed:
    """A list over fake sources that is refreshed."""

    def __init__(self, lanes: Lanes, *sources: FakeSource) -> None:
        self.lanes = lanes
        self.sources = FakeSources(*sources)
        self.tree, notices = TreeModel(), Notices()
        self.search = Search(lanes, self.sources, self.tree, notices)  # type: ignore[arg-type]
        self.refresh = SearchRefresh(self.search, self.sources, self.tree, notices)  # type: ignore[arg-type]
        self.said: list[str] = []
        self.new: list[int] = []
        notices.posted.connect(lambda text, detail, calm: self.said.append(text))
        self.refresh.new_changed.connect(self.new.append)

    def row(self, uid: str) -> bool:
        [row] = self.tree.results.studies(uid)
        return self.tree.new_studies.is_new(row)


@pytest.fixture
def listed(qapp: object) -> Iterator[Callable[..., Listed]]:
    lanes = Lanes()
    yield lambda *sources: Listed(lanes, *sources)
    assert lanes.shutdown(20)
    lanes.dismiss()


def over(qtbot: QtBot, here: Listed) -> None:
    qtbot.waitUntil(lambda: not here.search.asking, timeout=DEADLINE)


def test_what_is_new_is_marked_until_it_is_looked_at_and_the_rest_stays(
    listed: Callable[..., Listed], qtbot: QtBot
) -> None:
    archive = FakeSource("A", study("1.1"), study("1.2", "2"))
    here = listed(archive)
    here.refresh.every(5)
    assert not here.refresh.timer.isActive()  # there is nothing to be refreshed
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    assert here.refresh.timer.isActive()
    assert here.refresh.timer.interval() == 5 * MINUTE
    [before] = here.tree.results.studies("1.1")
    archive.rows = (study("1.1"), study("1.3", "3"))
    here.refresh.refresh()
    over(qtbot, here)
    assert here.tree.results.studies("1.1") == [before]
    assert here.tree.results.study_count == 3  # what is not told any more stays until one searches again
    assert [here.row(uid) for uid in ("1.1", "1.2", "1.3")] == [False, False, True]
    [new] = here.tree.results.studies("1.3")
    assert here.tree.new_studies.is_new(new.top)
    assert here.new[-1] == here.tree.new_studies.count == 1
    here.refresh.refresh()
    over(qtbot, here)
    assert here.row("1.3")
    here.search.search(DOE, ["A"])  # the same again, by the user
    over(qtbot, here)
    assert here.row("1.3")
    here.refresh.look_at(here.tree.results.studies("1.3"))
    assert not here.row("1.3")
    assert here.new[-1] == 0
    archive.rows = (study("1.4"),)
    here.refresh.refresh()
    over(qtbot, here)
    assert here.row("1.4")
    here.search.search(Criteria(name="roe"), ["A"])
    assert here.new[-1] == 0


def test_an_archive_that_fails_keeps_its_rows_and_is_asked_less_often_then_not_at_all(
    listed: Callable[..., Listed], qtbot: QtBot
) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    here.refresh.every(10)
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    archive.error = Unreachable("A", "127.0.0.1", 1, "refused")
    for minutes in (20, 40, 60):
        here.refresh.refresh()
        over(qtbot, here)
        assert here.refresh.timer.interval() == minutes * MINUTE
        assert f"again in {minutes} min" in here.said[-1]
        assert here.tree.results.study_count == 1
    here.refresh.refresh()
    over(qtbot, here)
    assert not here.refresh.timer.isActive()
    assert f"{FAILURES} times" in here.said[-1]
    archive.error = None
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    assert here.refresh.timer.interval() == 10 * MINUTE


@pytest.mark.parametrize(
    "error",
    [Unreachable("A", "127.0.0.1", 1, "refused"), OperationFailed("A", "C-FIND", 0xA700)],
)
def test_a_refresh_that_fails_is_told_once_and_by_the_refresh(
    listed: Callable[..., Listed], qtbot: QtBot, error: WorkstationError
) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    reported: list[Ended] = []
    here.lanes.failed.connect(reported.append)
    here.refresh.every(10)
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    archive.error = error
    here.refresh.refresh()
    over(qtbot, here)
    assert here.refresh.timer.interval() == 20 * MINUTE
    assert (len(here.said), reported) == (1, [])
    here.search.search(DOE, ["A"])  # which the user asked for
    qtbot.waitUntil(lambda: len(reported) == 1, timeout=DEADLINE)


def test_what_is_loaded_after_a_refresh_is_not_new(listed: Callable[..., Listed], qtbot: QtBot) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    here.refresh.refresh()
    over(qtbot, here)
    archive.rows = (study("1.1"), study("1.2", "2"))
    here.search.load_all("A")
    over(qtbot, here)
    assert here.tree.results.study_count == 2
    assert here.tree.new_studies.count == 0


def test_one_success_ends_the_longer_waits(listed: Callable[..., Listed], qtbot: QtBot) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    here.refresh.every(1)
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    for error, minutes in ((Unreachable("A", "127.0.0.1", 1, "refused"), 2), (None, 1)):
        archive.error = error
        here.refresh.refresh()
        over(qtbot, here)
        assert here.refresh.timer.interval() == minutes * MINUTE


@pytest.mark.parametrize("typed", [Criteria(), Criteria(name="*"), Criteria(description=" ** ")])
def test_no_archive_is_asked_for_everything(
    listed: Callable[..., Listed], qtbot: QtBot, typed: Criteria
) -> None:
    archive, library = FakeSource("A", study("1.1")), FakeSource(LIBRARY)
    here = listed(archive, library)
    here.sources.archives = {"A"}
    here.refresh.every(5)
    here.search.search(typed, ["A", LIBRARY])
    over(qtbot, here)
    here.refresh.refresh()
    over(qtbot, here)
    assert (len(archive.asked), len(library.asked)) == (1, 2)
    here.search.search(typed, ["A"])
    over(qtbot, here)
    here.refresh.refresh()
    assert len(archive.asked) == 2
    assert not here.refresh.timer.isActive()
    assert "without a criterion" in here.said[-1]


def test_a_passcode_is_never_asked_for(listed: Callable[..., Listed], qtbot: QtBot) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    here.refresh.every(5)
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    here.sources.locked = {"A"}
    here.refresh.refresh()
    assert len(archive.asked) == 1
    assert not here.refresh.timer.isActive()
    assert "needs a passcode" in here.said[-1]


def test_a_period_goes_with_the_time_and_the_search_stays_the_same(
    listed: Callable[..., Listed], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = FakeSource("A", study("1.1"))
    here = listed(archive)
    repeated: list[bool] = []
    here.search.repeated.connect(lambda: repeated.append(True))
    old = Criteria(name="doe", span=DateSpan(date(2020, 1, 1), date(2020, 1, 1)))
    here.search.search(old, ["A"], period="today")
    over(qtbot, here)
    here.refresh.refresh()
    over(qtbot, here)
    today = Criteria(name="doe", span=DateSpan(date.today(), date.today()))
    assert archive.asked == [old, today]
    here.search.search(today, ["A"], period="today")
    assert repeated == [True]


def test_off_is_off(listed: Callable[..., Listed], qtbot: QtBot) -> None:
    here = listed(FakeSource("A", study("1.1")))
    here.search.search(DOE, ["A"])
    over(qtbot, here)
    assert not here.refresh.timer.isActive()
    here.refresh.every(5)
    assert here.refresh.timer.isActive()
    here.refresh.every(0)
    assert not here.refresh.timer.isActive()
