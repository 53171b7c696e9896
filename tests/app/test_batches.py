"""Hundreds of studies at once: what the GUI thread does for them grows with their number, and not faster.

Work is counted in calls of functions, not in time: that of a computer shared with others says nothing.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows, choose_action
from tests.rows import select_studies
from tests.store.objects import encoded, made, send
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.jobs.lane import Lane
from workstation.jobs.run import Run
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.settings.folders import folders
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.widgets.row_menu import RowAction

NODE = Node(name="archive", ae_title="NONE", host="127.0.0.1", port=1)


class Calls:
    """Counts calls of the program's functions in this thread."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        self.number += event == "call" and "workstation" in frame.f_globals["__name__"]


@contextmanager
def counted(workstation: Workstation) -> Iterator[Calls]:
    """What is done meanwhile, but for painting: how often that happens depends on the computer."""
    calls = Calls()
    workstation.window.setUpdatesEnabled(False)
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        workstation.window.setUpdatesEnabled(True)


def fill(root: Path, count: int) -> None:
    """A library of so many studies of one image each, two for each patient."""
    library = Library.open(root)
    try:
        writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
        for number in range(count):
            uid, patient = f"1.2.3.{number}", number // 2
            name = f"Family{patient:05}^Given"
            image = made(f"{uid}.1.1", uid, f"{uid}.1", PatientID=f"ID{patient}", PatientName=name)
            assert send(writer, encoded(image), f"{uid}.1.1") == 0
        library.index.settled()
    finally:
        library.close()


def listed(qtbot: QtBot, workstation: Workstation, count: int) -> None:
    """Search the library for everything."""
    workstation.search.search(Criteria(), [LIBRARY])
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == count)
    settle(qtbot, workstation)


def settle(qtbot: QtBot, workstation: Workstation) -> None:
    copies = workstation.local_completeness
    qtbot.waitUntil(lambda: not workstation.lanes.busy and not copies._queued and copies._job is None)


@contextmanager
def held(workstation: Workstation) -> Iterator[None]:
    """Keep what is to be fetched from the archive waiting."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(run: Run) -> None:
        begun.set()
        with run.stop.watching(go_on.set):
            go_on.wait(60)

    workstation.lanes.submit(
        Lane.TRANSFER, "hold the lane", hold, key=workstation.sources.lane_key("archive")
    )
    assert begun.wait(60)
    try:
        yield
    finally:
        go_on.set()


def delete_and_undo(qtbot: QtBot, workstation: Workstation, count: int) -> tuple[int, int, int]:
    """The work of both; and how often rows moved in the view while they were deleted."""
    model, window, moved = workstation.tree_model, workstation.window, 0

    def note() -> None:
        nonlocal moved
        moved += 1

    select_studies(workstation.window.tree)
    model.layoutChanged.connect(note)
    with counted(workstation) as deleting:
        choose_action(workstation, RowAction.DELETE)
        window.question.yes.click()
        qtbot.waitUntil(lambda: model.results.study_count == 0)
    model.layoutChanged.disconnect(note)
    qtbot.waitUntil(lambda: window.notice.act.isVisible())
    with counted(workstation) as undoing:
        window.notice.act.click()
        qtbot.waitUntil(lambda: model.results.study_count == count)
    return deleting.number, undoing.number, moved


def test_deleting_and_undoing_grow_with_the_number_of_studies(
    qtbot: QtBot, windows: Windows, home: Path
) -> None:
    root = folders(home / "workstation").library
    few, many = 150, 300
    fill(root, few)
    workstation = windows.open([NODE])
    listed(qtbot, workstation, few)
    one = delete_and_undo(qtbot, workstation, few)
    windows.close(workstation)

    fill(root, many)
    workstation = windows.open([NODE])
    listed(qtbot, workstation, many)
    other = delete_and_undo(qtbot, workstation, many)
    assert other[0] < 2.5 * one[0]
    assert other[1] < 2.5 * one[1]
    assert other[2] < many / 10, "rows move in lots, not one by one"

    settle(qtbot, workstation)
    rows = list(workstation.tree_model.results.store.rows.values())
    studies = [row for row in rows if row.level is Level.STUDY]
    assert len(studies) == many
    assert {row.local for row in studies} == {Local.HERE}


def told(workstation: Workstation, count: int) -> None:
    """An archive tells of so many studies."""
    model = workstation.tree_model
    generation = model.results.begin(["archive"])
    for number in range(count):
        patient = PatientMatch(source="archive", patient_id=f"ID{number}", name=f"Family{number}^Given")
        model.results.add_studies(
            generation,
            [StudyMatch(source="archive", study_uid=f"1.2.{number}", patient=patient, instances=2)],
        )


def test_fetching_many_is_listed_in_slices_and_grows_with_their_number(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    workstation = windows.open([NODE])
    model, transfers = workstation.tree_model, workstation.transfers_model
    turns: list[int] = []

    def fetch(count: int) -> int:
        before = transfers.rowCount()
        told(workstation, count)
        select_studies(workstation.window.tree)
        with counted(workstation) as calls:
            choose_action(workstation, RowAction.FETCH)
            turns.append(transfers.rowCount() - before)
            qtbot.waitUntil(lambda: transfers.rowCount() == before + count)
        return calls.number

    with held(workstation):
        monkeypatch.setattr("workstation.controllers.time_slices.SLICE_SECONDS", 0.0)
        one = fetch(200)
        assert turns[0] < 200, "the event loop turns before all are listed"
        for transfer in transfers.running:
            workstation.retrieve.act(transfer.number)
        qtbot.waitUntil(lambda: not transfers.running)
        workstation.window.transfers.finished.click()
        assert transfers.rowCount() == 0
        assert workstation.retrieve._known == {}
        assert fetch(400) < 2.5 * one
        for transfer in transfers.running:
            workstation.retrieve.act(transfer.number)
        qtbot.waitUntil(lambda: not transfers.running)
    assert model.results.study_count == 400


def test_what_was_wanted_is_kept_when_the_window_closes_at_once(
    qtbot: QtBot, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.controllers.time_slices.SLICE_SECONDS", 0.0)
    workstation = windows.open([NODE])
    with held(workstation):
        told(workstation, 120)
        select_studies(workstation.window.tree)
        choose_action(workstation, RowAction.FETCH)
        assert workstation.transfers_model.rowCount() < 120
        windows.close(workstation)

    again = windows.open([NODE])
    qtbot.waitUntil(lambda: again.transfers_model.rowCount() == 120)
    assert again.transfers_model.counts[TransferState.UNFINISHED] == 120


def test_the_menu_and_a_sending_of_many_studies(qtbot: QtBot, windows: Windows, home: Path) -> None:
    fill(folders(home / "workstation").library, 200)
    workstation = windows.open([NODE])
    listed(qtbot, workstation, 200)
    with held(workstation):
        workstation.window.tree.selectAll()
        choose_action(workstation, RowAction.SEND, "archive")
        assert workstation.transfers_model.rowCount() == 1
        [job] = [one.job for one in workstation.local_studies._known.values()]
        assert job is not None
        job.cancel()


def test_what_is_fetched_since_the_question_is_not_deleted(
    qtbot: QtBot, windows: Windows, home: Path
) -> None:
    fill(folders(home / "workstation").library, 1)
    workstation = windows.open([NODE])
    listed(qtbot, workstation, 1)
    model, window = workstation.tree_model, workstation.window
    patient = PatientMatch(source="archive", patient_id="ID0", name="Family00000^Given")
    model.results.add_studies(
        model.results.generation,
        [StudyMatch(source="archive", study_uid="1.2.3.0", patient=patient, instances=2)],
    )
    select_studies(workstation.window.tree)
    with held(workstation):
        choose_action(workstation, RowAction.DELETE)
        assert window.question.isVisible()
        choose_action(workstation, RowAction.FETCH)
        assert workstation.transfers_model.running
        window.question.yes.click()
        assert "is being fetched" in window.notice.text
        assert "hold the lane" in workstation.lanes.busy
        for transfer in workstation.transfers_model.running:
            workstation.retrieve.act(transfer.number)
        qtbot.waitUntil(lambda: not workstation.transfers_model.running)
    assert len(workstation.library.index.sop_uids("1.2.3.0")) == 1
