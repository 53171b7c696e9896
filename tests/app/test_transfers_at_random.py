"""Whatever the user does with transfers, in any order: all that the archive holds comes, nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, search
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.dicom.background import Background
from workstation.dicom.hours import Hours
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import RetrieveMethod
from workstation.dicom.rate_limit import RateLimit
from workstation.models.rows import Row
from workstation.models.transfer import Priority, TransferState

pytestmark = pytest.mark.archives

NIGHT = Background(Hours(20 * 60, 6 * 60))
SLOWLY = Background(None, RateLimit(20))
GET, MOVE = RetrieveMethod.GET, RetrieveMethod.MOVE
_long = pytest.mark.long


class User:
    """Does one thing after the other, as a seed decides."""

    def __init__(self, workstation: Workstation, studies: list[Row], seed: int) -> None:
        self._workstation, self._studies = workstation, studies
        self._random = Random(seed)
        self.minute = 12 * 60
        retrieve, actions = workstation.retrieve, workstation.transfer_actions
        retrieve.background.minute = lambda: self.minute
        on_one = (actions.pause, actions.resume, actions.cancel, actions.hurry, actions.act, actions.second)
        self._acts: dict[Callable[[], object], int] = {
            partial(self._fetch, priority=Priority.URGENT): 6,
            partial(self._fetch): 3,
            partial(self._fetch, again=True): 1,
            partial(self._fetch, background=NIGHT): 2,
            partial(self._fetch, background=SLOWLY): 2,
            self._fetch_only: 2,
            self._fetch_prior: 3,
            **{partial(self._on_one, act): 3 for act in on_one},
            partial(self._on_one, actions.remove): 1,
            self._move: 3,
            self._turn_the_clock: 2,
            self._look: 1,
            actions.pause_all: 1,
            actions.resume_all: 1,
            actions.cancel_all: 1,
            actions.retry_all: 1,
            actions.remove_finished: 1,
            retrieve.resume_now: 1,
        }

    def act(self, qtbot: QtBot) -> None:
        [act] = self._random.choices(list(self._acts), list(self._acts.values()))
        act()
        if wait := self._random.choice((0, 0, 5, 20, 50)):
            qtbot.wait(wait)  # gives the transfers more or less time, and decides nothing

    def _fetch(self, **how: object) -> None:
        study = self._random.choice(self._studies)
        row = self._random.choice([study, study, *study.entities])
        self._workstation.retrieve.fetch(row, **how)  # type: ignore[arg-type]

    def _fetch_only(self) -> None:
        study = self._random.choice(self._studies)
        if missing := [one for one in study.entities if not one.settled]:
            self._workstation.retrieve.fetch(study, only=missing[: self._random.randint(1, len(missing))])

    def _fetch_prior(self) -> None:
        match = self._random.choice(self._studies).matches["PACS"]
        assert isinstance(match, StudyMatch)
        self._workstation.retrieve.fetch_prior(match, "PACS", match)

    def _look(self) -> None:
        self._workstation.row_actions.choose(self._random.choice(self._studies).number)
        self._workstation.samples.look()

    def _on_one(self, act: Callable[[int], object]) -> None:
        if listed := self._workstation.transfers_model.all:
            act(self._random.choice(listed).number)

    def _move(self) -> None:
        count = self._workstation.transfers_model.rowCount()
        before = partial(self._workstation.transfer_actions.move_before, row=self._random.randint(0, count))
        self._on_one(before)

    def _turn_the_clock(self) -> None:
        self.minute = self._random.choice((12 * 60, 21 * 60))
        self._workstation.retrieve.background.look()


def check(workstation: Workstation) -> None:
    """What is true of each transfer at any time."""
    for one in workstation.retrieve._fetches:
        state = one.transfer.state
        assert workstation.transfers_model.find(one.transfer.number) is one.transfer
        assert one.idle is not state.open, state
        assert one.job is not None or state not in (TransferState.RUNNING, TransferState.CANCELLING)


def quiet(workstation: Workstation) -> bool:
    counts = workstation.transfers_model.counts
    going_on = (TransferState.DEFERRED, TransferState.PAUSED)
    return not workstation.transfers_model.running and not any(counts[state] for state in going_on)


@pytest.mark.parametrize(
    ("method", "seed"),
    [(GET, 1), (MOVE, 2), *(pytest.param(m, s, marks=_long) for m in (GET, MOVE) for s in range(3, 13))],
)
def test_all_comes_and_nothing_is_left_over(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, method: RetrieveMethod, seed: int
) -> None:
    images = {"1": (20, 1), "2": (3, 3), "3": (60, 1), "4": (10, 3), "5": (3, 1)}
    files = [
        path
        for key, (count, series) in images.items()
        for path in data.study(tmp_path / key, count, key=key, series=series)
    ]
    archive = dcmqrscp(files, destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(name="PACS", retrieve=method)])
    search(qtbot, workstation, "DOE", studies=len(images))
    results, retrieve = workstation.tree_model.results, workstation.retrieve
    studies = {key: results.studies(str(data.uid("ENG-1", key)))[0] for key in images}
    for study in studies.values():
        assert results.begin_filling(study)
        workstation.row_expansion.expand(study.number)
    qtbot.waitUntil(lambda: all(study.entities for study in studies.values()), timeout=DEADLINE)

    user = User(workstation, list(studies.values()), seed)
    for _ in range(120):
        user.act(qtbot)
        check(workstation)

    user.minute = 21 * 60
    retrieve.background.look()
    workstation.transfer_actions.resume_all()
    workstation.transfer_actions.retry_all()
    qtbot.waitUntil(lambda: quiet(workstation), timeout=3 * DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    for study in studies.values():
        retrieve.fetch(study)
    qtbot.waitUntil(lambda: quiet(workstation), timeout=3 * DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    workstation.library.index.settled()
    for key, (count, series) in images.items():
        uid, folder = studies[key].uid, workstation.library.folder.study_path(studies[key].uid)
        assert len(workstation.library.index.sop_uids(uid)) == count * series
        assert sum(path.is_file() for path in Path(folder).rglob("*")) == count * series
    assert not retrieve._queue._waiting
    assert not retrieve._queue._running
    assert not [plan for plan in workstation.plans.every() if plan.state.open]
