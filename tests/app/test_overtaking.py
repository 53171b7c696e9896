"""A double-click overtakes what is being fetched from that archive; both complete, next to nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, double_click, search, state, unfolded
from tests.archives import data
from tests.rows import below, patient
from workstation.app.parts import Workstation
from workstation.dicom.background import Background
from workstation.dicom.matches import StudyMatch
from workstation.dicom.nodes import RetrieveMethod
from workstation.models.transfer import Priority, TransferState
from workstation.models.transfers_model import TransferRole
from workstation.store.incoming_file import IncomingFile
from workstation.store.library_sink import LibrarySink
from workstation.store.plan import PlanState
from workstation.widgets.desktop_notice import DesktopNotice

pytestmark = pytest.mark.archives

IMAGES = 60
TWICE = IMAGES // 20
"""Images of a study that may come twice: those that were on their way when it was stopped."""


class Came(list[str]):
    """The SOP Instance UIDs that arrive, each as often as it does.

    Attributes:
        at_fifth: Called when the fifth image arrives, where it is received.
    """

    at_fifth: Callable[[], None] | None = None


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> Came:
    came = Came()
    begin = LibrarySink.begin

    def watched(sink: LibrarySink, context: Any, sop_class: str, sop_uid: str, peer: Any) -> IncomingFile:
        came.append(sop_uid)
        if len(came) == 5 and came.at_fifth is not None:
            came.at_fifth()
        return begin(sink, context, sop_class, sop_uid, peer)

    monkeypatch.setattr(LibrarySink, "begin", watched)
    return came


def two_studies(folder: Path, images: int = IMAGES) -> list[Path]:
    return [path for key in "12" for path in data.study(folder / key, images, key=key, size=128)]


def rows(qtbot: QtBot, workstation: Workstation) -> list[QModelIndex]:
    search(qtbot, workstation, "DOE", studies=2)
    return below(patient(workstation.tree_model))[:2]


def complete(workstation: Workstation, *positions: int) -> bool:
    return all(state(workstation, row) is TransferState.COMPLETE for row in positions)


def begin_first(
    qtbot: QtBot, workstation: Workstation, came: Came, archive: Any, begin: Callable[[], object]
) -> None:
    """Begin a fetch, and let the archive fall silent in the middle of it."""
    came.at_fifth = archive.pause
    begin()
    qtbot.waitUntil(lambda: len(came) >= 5, timeout=DEADLINE)
    assert state(workstation) is not TransferState.COMPLETE


QUICK, SLOW = "dcmqrscp", "pynetdicom_scp"  # the slow one takes its time for each image
GET, MOVE = RetrieveMethod.GET, RetrieveMethod.MOVE
_long = pytest.mark.long


@pytest.mark.parametrize(
    ("name", "service", "priority"),
    [
        (QUICK, GET, Priority.URGENT),
        (QUICK, MOVE, Priority.BACKGROUND),
        (SLOW, GET, Priority.BACKGROUND),
        pytest.param(QUICK, GET, Priority.BACKGROUND, marks=_long),
        pytest.param(QUICK, MOVE, Priority.URGENT, marks=_long),
        pytest.param(SLOW, GET, Priority.URGENT, marks=_long),
        pytest.param(SLOW, MOVE, Priority.URGENT, marks=_long),
        pytest.param(SLOW, MOVE, Priority.BACKGROUND, marks=_long),
    ],
)
def test_a_double_click_goes_first_and_the_other_goes_on_afterwards(
    qtbot: QtBot,
    windows: Windows,
    tmp_path: Path,
    came: Came,
    request: pytest.FixtureRequest,
    name: str,
    service: RetrieveMethod,
    priority: Priority,
) -> None:
    start: Start = request.getfixturevalue(name)
    images = IMAGES if name == QUICK else IMAGES // 2
    archive = start(two_studies(tmp_path, images), destinations={"WORKSTATION": windows.port})
    workstation = windows.open([archive.node(retrieve=service)])
    first, second = rows(qtbot, workstation)
    ended: list[str] = []
    workstation.retrieve.fetched.connect(ended.append)
    row = workstation.tree_model.row(first)
    assert row is not None
    begin_first(qtbot, workstation, came, archive, lambda: workstation.retrieve.fetch(row, priority=priority))
    double_click(qtbot, workstation, second)
    archive.resume()
    qtbot.waitUntil(lambda: complete(workstation, 0, 1), timeout=2 * DEADLINE)
    other = workstation.tree_model.row(second)
    assert other is not None
    assert ended == [other.uid, row.uid]
    assert len(set(came)) == 2 * images
    print(f"{len(came) - len(set(came))} of {2 * images} images came twice")
    assert len(came) - len(set(came)) <= images // 20
    assert len(workstation.library.index.sop_uids(row.uid)) == images
    assert workstation.plans.unfinished() == []


def test_what_is_paused_goes_on_in_the_next_run_of_the_program(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, second = rows(qtbot, workstation)
    row = workstation.tree_model.row(second)
    assert row is not None
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    workstation.retrieve.fetch(row)
    workstation.transfer_actions.pause_all()
    archive.resume()
    held = TransferState.ON_HOLD
    qtbot.waitUntil(lambda: state(workstation) is held and state(workstation, 1) is held, timeout=DEADLINE)
    assert "Paused" in unfolded(workstation).model().index(0, 4).data()
    assert 5 <= len(came) < IMAGES
    workstation.plans.write()
    assert len(workstation.plans.unfinished()) == 2
    windows.close(workstation)

    again = windows.open([archive.node(name="PACS")])
    qtbot.waitUntil(lambda: again.transfers_model.rowCount() == 2, timeout=DEADLINE)
    assert again.transfers_model.counts[TransferState.UNFINISHED] == 2
    again.transfer_actions.retry_all()
    qtbot.waitUntil(lambda: complete(again, 0, 1), timeout=2 * DEADLINE)
    assert len(set(came)) == 2 * IMAGES
    assert len(came) - len(set(came)) <= TWICE


def test_the_background_does_not_begin_again_what_the_user_stopped(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, _ = rows(qtbot, workstation)
    row = workstation.tree_model.row(first)
    assert row is not None
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    workstation.transfer_actions.pause_all()
    archive.resume()
    qtbot.waitUntil(lambda: state(workstation) is TransferState.ON_HOLD, timeout=DEADLINE)
    match = row.matches["PACS"]
    assert isinstance(match, StudyMatch)
    workstation.retrieve.fetch_prior(match, "PACS", match)
    assert state(workstation) is TransferState.ON_HOLD
    double_click(qtbot, workstation, first)
    qtbot.waitUntil(lambda: complete(workstation, 0), timeout=DEADLINE)
    assert workstation.transfers_model.rowCount() == 1


def test_cancelling_all_ends_what_runs_and_what_waits(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, second = rows(qtbot, workstation)
    row = workstation.tree_model.row(second)
    assert row is not None
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    workstation.retrieve.fetch(row)
    workstation.transfer_actions.pause(workstation.transfers_model.index(0, 0).data(TransferRole.NUMBER))
    workstation.transfer_actions.cancel_all()
    archive.resume()
    gone = TransferState.CANCELLED
    qtbot.waitUntil(lambda: state(workstation) is gone and state(workstation, 1) is gone, timeout=DEADLINE)
    workstation.plans.write()
    assert workstation.plans.unfinished() == []
    assert len(came) < IMAGES


def test_the_end_of_long_transfers_is_told_while_the_window_is_behind(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation = windows.open()
    told: list[str] = []
    monkeypatch.setattr(DesktopNotice, "show", lambda notice, text: told.append(text))
    in_front = False
    monkeypatch.setattr(workstation.window, "isActiveWindow", lambda: in_front)
    ended = workstation.transfer_activity.ended
    ended.emit(25.0, "3 transfers complete, 1 incomplete")
    ended.emit(5.0, "too short")
    ended.emit(25.0, "")
    in_front = True
    ended.emit(25.0, "the user looks on")
    in_front = False
    workstation.settings.change(replace(workstation.settings.preferences, notify_transfers=False))
    ended.emit(25.0, "not wanted")
    assert told == ["3 transfers complete, 1 incomplete"]


def test_a_larger_fetch_is_as_urgent_as_what_it_takes_the_place_of(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, second = rows(qtbot, workstation)
    workstation.window.tree.open_row(second)
    qtbot.waitUntil(lambda: len(below(second)) == 1, timeout=DEADLINE)
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    study, series = workstation.tree_model.row(second), workstation.tree_model.row(below(second)[0])
    assert study is not None
    assert series is not None
    assert workstation.retrieve.fetch(series, priority=Priority.URGENT)
    assert not workstation.retrieve.is_under_way(study.uid)  # so it can be looked at
    assert workstation.retrieve.fetch(study)
    assert workstation.retrieve.fetch(series)
    assert workstation.retrieve._of_study[study.uid][0].first == series.uid
    assert [one.priority for one in workstation.transfers_model.all] == [Priority.URGENT] * 2
    archive.resume()
    qtbot.waitUntil(lambda: complete(workstation, 0, 1), timeout=DEADLINE)
    assert len(set(came)) == 2 * IMAGES


def test_fetch_again_is_not_lost_because_it_is_being_fetched(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, _ = rows(qtbot, workstation)
    row = workstation.tree_model.row(first)
    assert row is not None
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    for _ in "again", "and again":
        assert workstation.retrieve.fetch(row, again=True)
    assert workstation.transfers_model.rowCount() == 2
    archive.resume()
    qtbot.waitUntil(lambda: complete(workstation, 0, 1), timeout=DEADLINE)
    assert len(came) >= 2 * IMAGES


def test_what_was_cancelled_stays_so_if_the_program_ends_before_the_archive_has_answered(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, second = rows(qtbot, workstation)
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    row = workstation.tree_model.row(second)
    assert row is not None
    assert workstation.retrieve.fetch(row)
    workstation.transfer_actions.cancel_all()
    assert state(workstation) is TransferState.CANCELLING
    windows.close(workstation)
    archive.resume()
    again = windows.open([archive.node(name="PACS")])
    assert [plan.state for plan in again.plans.every()] == [PlanState.CANCELLED] * 2


def test_what_goes_on_is_joined_before_what_was_cancelled(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, came: Came
) -> None:
    archive = dcmqrscp(two_studies(tmp_path))
    workstation = windows.open([archive.node(name="PACS")])
    first, second = rows(qtbot, workstation)
    begin_first(qtbot, workstation, came, archive, lambda: double_click(qtbot, workstation, first))
    row, retrieve = workstation.tree_model.row(second), workstation.retrieve
    assert row is not None
    assert retrieve.fetch(row)
    [cancelled] = [one.transfer for one in retrieve._of_study[row.uid]]
    workstation.transfer_actions.cancel(cancelled.number)
    assert retrieve.fetch(row, background=Background())
    assert retrieve.fetch(row)
    assert [one.transfer.state for one in retrieve._of_study[row.uid]] == [
        TransferState.CANCELLED,
        TransferState.QUEUED,
    ]
    archive.resume()
    qtbot.waitUntil(lambda: not workstation.transfers_model.running, timeout=DEADLINE)
