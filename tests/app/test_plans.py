"""Fetches are not forgotten: they go on after a lost network, after sleep, and in the next run."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from PySide6.QtCore import QModelIndex
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows, choose_action
from tests.app.window_steps import DEADLINE, STUDY, at_fifth_image, double_click, search, state
from tests.archives import data
from tests.archives.process import Archive
from tests.peers.proxy import CuttingProxy
from tests.rows import below, child
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.controllers.transfer_task import RetryPolicy
from workstation.dicom.background import Background
from workstation.dicom.hours import Hours
from workstation.dicom.nodes import Node
from workstation.dicom.rate_limit import RateLimit
from workstation.dicom.targets import Target
from workstation.models.transfer import TransferState
from workstation.models.transfer_cells import TransferColumn
from workstation.network.throttle import THROTTLES
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences
from workstation.store.library_sink import LibrarySink
from workstation.store.plan import PlanState
from workstation.widgets.background_dialog import BackgroundDialog
from workstation.widgets.row_menu import RowAction
from workstation.widgets.transfer_menu import TransferAction

Start = Callable[..., Archive]
NODE = Node(name="archive", ae_title="NONE", host="127.0.0.1", port=1)


def words(workstation: Workstation, row: int = 0) -> str:
    return str(workstation.transfers_model.index(row, TransferColumn.STATE).data())


def states(workstation: Workstation) -> list[TransferState]:
    return [one.transfer.state for one in workstation.retrieve._fetches]


def left_unfinished(windows: Windows, *targets: Target) -> None:
    """A run of the program that was killed while it fetched."""
    workstation = windows.open([NODE])
    for target in targets:
        workstation.plans.update(workstation.plans.create("archive", target), PlanState.RUNNING)
    windows.close(workstation)


@pytest.mark.parametrize(("instances", "drops"), [(200, 4), pytest.param(1000, 10, marks=pytest.mark.long)])
def test_lost_connections_cost_nothing_but_time(
    qtbot: QtBot,
    windows: Windows,
    dcmqrscp: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instances: int,
    drops: int,
) -> None:
    """The same is here in the end as without them, and at most one object in twenty came twice."""
    monkeypatch.setattr(
        "workstation.controllers.transfer_runner.RetryPolicy",
        lambda: RetryPolicy(waits=(0.01,) * 5, tick=0.01),
    )
    files = data.study(tmp_path / "one", instances, size=32)
    archive = dcmqrscp(files)
    begun = itertools.count(1)
    begin = LibrarySink.begin

    def counted(sink: LibrarySink, *about: Any) -> object:
        if next(begun) % (instances // (drops + 1)) == 0 and proxy.cuts < drops:
            proxy.cut_soon()
        return begin(sink, *about)

    monkeypatch.setattr(LibrarySink, "begin", counted)
    with CuttingProxy(archive.port) as proxy:
        workstation = windows.open([archive.node(name="PACS", port=proxy.port)])
        study = search(qtbot, workstation, "DOE")
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=60_000)
        assert proxy.cuts == drops
    came = next(begun) - 1
    print(f"{came} objects were sent for {instances}, over {drops} lost connections")
    assert instances <= came <= 1.05 * instances
    folder = workstation.library.root / STUDY
    assert len(list(folder.iterdir())) == instances
    assert len(workstation.library.index.sop_uids(STUDY)) == instances
    for path in files:
        wanted = dcmread(path)
        assert dcmread(folder / f"{wanted.SOPInstanceUID}.dcm") == wanted
    assert [plan.state for plan in workstation.plans.every()] == [PlanState.COMPLETE]


def test_what_waits_for_the_network_is_tried_at_once_after_sleep(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "workstation.controllers.transfer_runner.RetryPolicy", lambda: RetryPolicy(waits=(300,))
    )
    archive = dcmqrscp(data.study(tmp_path / "one", 200, size=64))
    with CuttingProxy(archive.port) as proxy:
        workstation = windows.open([archive.node(name="PACS", port=proxy.port)])
        study = search(qtbot, workstation, "DOE")

        def lose() -> None:
            proxy.open = False
            proxy.cut_soon()

        at_fifth_image(monkeypatch, lose)
        double_click(qtbot, workstation, study)
        qtbot.waitUntil(lambda: state(workstation) is TransferState.PAUSED, timeout=DEADLINE)
        proxy.open = True
        workstation.wake_detection.woke.emit()
        qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)


def test_the_next_run_asks_once_and_goes_on(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    left_unfinished(windows, Target("1.2.3"), Target(STUDY), Target(STUDY, (f"{STUDY}.9",)))
    archive = dcmqrscp(data.study(tmp_path / "one", 2))
    workstation = windows.open([archive.node(name="archive")])
    question = workstation.window.question
    assert question.label.text() == "2 fetches were not finished."
    assert [button.text() for button in (question.yes, question.no, question.other)] == [
        "Resume",
        "Not now",
        "Discard",
    ]
    assert workstation.window.focusWidget() is workstation.window.criteria.name  # who types is not disturbed
    question.no.click()
    assert states(workstation) == [TransferState.UNFINISHED] * 2
    windows.close(workstation)

    again = windows.open([archive.node(name="archive")])
    again.window.question.yes.click()
    qtbot.waitUntil(lambda: TransferState.COMPLETE in states(again), timeout=DEADLINE)
    qtbot.waitUntil(lambda: TransferState.FAILED in states(again), timeout=DEADLINE)  # there is no 1.2.3
    assert not again.plans.unfinished()


def test_the_next_run_goes_on_without_asking_if_that_is_preferred(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    left_unfinished(windows, Target(STUDY))
    archive = dcmqrscp(data.study(tmp_path / "one", 2))
    where = folders(Path(os.environ["WORKSTATION_HOME"]))
    save_nodes(where.nodes, [archive.node(name="archive")])
    workstation = build(where, Preferences(port=windows.port, resume_fetches=True))
    windows.adopt(workstation)
    assert not workstation.window.question.isVisible()
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.COMPLETE], timeout=DEADLINE)


def test_what_an_earlier_run_left_waits_for_an_archive_that_is_not_there_yet(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The computer is switched on in the morning, and its network comes a minute later."""
    monkeypatch.setattr(
        "workstation.controllers.transfer_runner.RetryPolicy", lambda: RetryPolicy(waits=(300,), tick=0.01)
    )
    left_unfinished(windows, Target(STUDY))
    workstation = windows.open([NODE])
    workstation.window.question.yes.click()
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.PAUSED], timeout=DEADLINE)
    workstation.sources.set_nodes([dcmqrscp(data.study(tmp_path / "one", 2)).node(name="archive")])
    workstation.wake_detection.woke.emit()
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.COMPLETE], timeout=DEADLINE)


def test_what_was_discarded_can_be_listed_and_resumed_for_a_week(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    left_unfinished(windows, Target(STUDY))
    archive = dcmqrscp(data.study(tmp_path / "one", 2))
    workstation = windows.open([archive.node(name="archive")])
    workstation.window.question.other.click()
    assert states(workstation) == []
    windows.close(workstation)

    again = windows.open([archive.node(name="archive")])
    assert not again.window.question.isVisible()
    for _ in range(2):
        again.window.menu.cancelled_requested.emit()
        qtbot.waitUntil(lambda: states(again) == [TransferState.CANCELLED], timeout=DEADLINE)
        qtbot.waitUntil(lambda: not again.lanes.busy, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "No more fetches" in again.window.notice.text, timeout=DEADLINE)
    again.transfer_actions.act(again.retrieve._fetches[0].transfer.number)
    qtbot.waitUntil(lambda: states(again) == [TransferState.COMPLETE], timeout=DEADLINE)
    assert again.plans.cancelled() == []


def test_a_larger_fetch_takes_the_place_of_smaller_ones(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 3, series=2))
    workstation = windows.open([archive.node(name="archive")])
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 2, timeout=DEADLINE)
    model, retrieve = workstation.tree_model, workstation.retrieve
    rows = [model.row(index) for index in (child(study, 0), child(study, 1), study)]
    archive.pause()
    for row in (rows[0], rows[1], rows[1]):
        assert row is not None
        assert retrieve.fetch(row)
    assert len(states(workstation)) == 2  # the second one of a target joins
    qtbot.waitUntil(lambda: TransferState.RUNNING in states(workstation), timeout=DEADLINE)
    assert rows[2] is not None
    assert retrieve.fetch(rows[2])
    qtbot.waitUntil(lambda: len(states(workstation)) == 2, timeout=DEADLINE)  # the queued one is gone
    archive.resume()
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.COMPLETE] * 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    assert sorted(plan.state for plan in workstation.plans.every()) == ["complete", "complete", "superseded"]
    assert len(workstation.library.index.sop_uids(STUDY)) == 6


def fill(dialog: BackgroundDialog, megabits: float) -> None:
    dialog.when.setCurrentIndex(1)
    dialog.megabits.setValue(megabits)


def in_background(qtbot: QtBot, workstation: Workstation, choose: Callable[[BackgroundDialog], None]) -> None:
    """Fetch the selected rows in the background, as the dialog is filled by ``choose``."""
    choose_action(workstation, RowAction.BACKGROUND)
    dialog = workstation.dialogs.background_dialog
    assert dialog is not None
    choose(dialog)
    dialog.ok.click()
    qtbot.waitUntil(lambda: workstation.dialogs.background_dialog is None, timeout=DEADLINE)


def test_a_fetch_in_the_background_runs_in_its_hours_and_in_the_next_run_too(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 3))
    workstation = windows.open([archive.node(name="archive")])
    minute = [12 * 60]
    workstation.retrieve.background.minute = lambda: minute[0]
    workstation.window.tree.setCurrentIndex(search(qtbot, workstation, "DOE"))
    in_background(qtbot, workstation, lambda dialog: fill(dialog, 20))
    qtbot.waitUntil(lambda: words(workstation) == "Waits until 20:00", timeout=DEADLINE)
    windows.close(workstation)

    again = windows.open([archive.node(name="archive")])
    again.retrieve.background.minute = lambda: minute[0]
    [plan] = again.plans.unfinished()
    assert plan.background == Background(Hours(20 * 60, 6 * 60), RateLimit(20))
    again.window.question.yes.click()
    qtbot.waitUntil(lambda: words(again) == "Waits until 20:00", timeout=DEADLINE)
    minute[0] = 21 * 60
    again.retrieve.background.look()
    qtbot.waitUntil(lambda: states(again) == [TransferState.COMPLETE], timeout=DEADLINE)
    assert not THROTTLES.of(archive.node()).limited


def test_a_part_that_is_wanted_now_does_not_wait_for_the_background(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 2, series=2))
    workstation = windows.open([archive.node(name="archive")])
    workstation.retrieve.background.minute = lambda: 12 * 60
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 2, timeout=DEADLINE)
    whole, part = (workstation.tree_model.row(index) for index in (study, child(study)))
    assert whole is not None
    assert part is not None
    night = Background(Hours(20 * 60, 6 * 60))
    assert workstation.retrieve.fetch(whole, background=night)
    assert workstation.retrieve.fetch(part)
    qtbot.waitUntil(
        lambda: states(workstation) == [TransferState.DEFERRED, TransferState.COMPLETE], timeout=DEADLINE
    )
    assert len(workstation.library.index.sop_uids(STUDY)) == 2
    assert workstation.retrieve.fetch(whole, background=night)  # it joins
    assert len(states(workstation)) == 2
    assert workstation.retrieve.fetch(whole)  # now it is wanted at once
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.COMPLETE] * 2, timeout=DEADLINE)


def test_a_fetch_in_the_background_makes_way_and_ends_with_its_hours(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    other = data.study(tmp_path / "two", 2, patient=data.MUELLER)
    archive = dcmqrscp([*data.study(tmp_path / "one", 150, size=256), *other])
    workstation = windows.open([archive.node(name="archive")])
    minute = [21 * 60]
    workstation.retrieve.background.minute = lambda: minute[0]
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.setCurrentIndex(study)
    in_background(qtbot, workstation, lambda dialog: fill(dialog, 2))
    first = workstation.retrieve._fetches[0]
    qtbot.waitUntil(lambda: first.transfer.done > 0, timeout=DEADLINE)
    assert THROTTLES.of(archive.node()).limited

    minute[0] = 6 * 60
    workstation.retrieve.background.look()
    qtbot.waitUntil(lambda: words(workstation) == "Waits until 20:00", timeout=DEADLINE)
    assert not THROTTLES.of(archive.node()).limited
    assert workstation.plans.every()[0].state is PlanState.UNFINISHED
    minute[0] = 20 * 60
    workstation.retrieve.background.look()
    qtbot.waitUntil(lambda: first.transfer.state is TransferState.RUNNING, timeout=DEADLINE)

    workstation.window.criteria.name.setFocus()
    workstation.window.criteria.name.clear()
    second = search(qtbot, workstation, "MUELLER")
    double_click(qtbot, workstation, second)
    qtbot.waitUntil(
        lambda: TransferState.COMPLETE in states(workstation) and len(states(workstation)) == 2,
        timeout=DEADLINE,
    )
    assert first.transfer.state is not TransferState.COMPLETE
    workstation.transfer_actions.resume(first.transfer.number)  # the user does not want to wait any more
    qtbot.waitUntil(lambda: first.background is None or not first.idle, timeout=DEADLINE)


def in_the_night(
    qtbot: QtBot, windows: Windows, archive: Any, megabits: float = 20
) -> tuple[Workstation, list[int], QModelIndex]:
    """Have the first study fetched from 20:00 on; returns what sets the minute of the day, too."""
    workstation = windows.open([archive.node(name="archive")])
    minute = [12 * 60]
    workstation.retrieve.background.minute = lambda: minute[0]
    study = search(qtbot, workstation, "DOE")
    workstation.window.tree.setCurrentIndex(study)
    in_background(qtbot, workstation, lambda dialog: fill(dialog, megabits))
    qtbot.waitUntil(lambda: words(workstation) == "Waits until 20:00", timeout=DEADLINE)
    return workstation, minute, study


def test_a_fetch_in_the_background_is_started_now_after_it_was_paused(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation, _, _ = in_the_night(qtbot, windows, dcmqrscp(data.study(tmp_path / "one", 3)))
    strip, [one] = workstation.window.transfers, workstation.transfers_model.all
    strip.sum_up()
    assert strip.title.text().startswith("Transfers  ·  1 for later")
    assert not strip.summary.needs_user
    assert not strip.links[TransferAction.RESUME_ALL].isEnabled()
    workstation.transfer_actions.pause_all()
    assert one.state is TransferState.ON_HOLD
    workstation.transfer_actions.resume_all()
    assert one.state is TransferState.DEFERRED
    workstation.transfer_actions.pause(one.number)
    workstation.transfer_actions.hurry(one.number)
    qtbot.waitUntil(lambda: states(workstation) == [TransferState.COMPLETE], timeout=DEADLINE)


def test_a_fetch_in_the_background_whose_node_is_gone_says_so(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation, minute, _ = in_the_night(qtbot, windows, dcmqrscp(data.study(tmp_path / "one", 3)))
    workstation.nodes.set_kept([])
    minute[0] = 21 * 60
    workstation.retrieve.background.look()
    assert states(workstation) == [TransferState.FAILED]
    assert words(workstation) == "The node “archive” is no longer configured."


def test_what_is_double_clicked_runs_without_the_limit_of_the_background(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    archive = dcmqrscp(data.study(tmp_path / "one", 100, size=256))  # at 1 Mbit/s: two minutes
    workstation, minute, study = in_the_night(qtbot, windows, archive, megabits=1)
    minute[0] = 21 * 60
    workstation.retrieve.background.look()
    [one] = workstation.transfers_model.all
    qtbot.waitUntil(lambda: one.done > 0, timeout=DEADLINE)
    double_click(qtbot, workstation, study)
    qtbot.waitUntil(lambda: one.state is TransferState.COMPLETE, timeout=DEADLINE)
    assert states(workstation) == [TransferState.COMPLETE]
