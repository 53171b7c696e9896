"""Transfers whose connection or disk fails them are paused, and go on by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from workstation.controllers.notices import Notices
from workstation.controllers.transfer_task import RetryPolicy, TransferTask
from workstation.controllers.transfers import Transfers
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.errors import AssociationRejected, ConnectionLost, DiskFull, NotKept, Unreachable
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.network.trace import Event
from workstation.stop import Progress

DEADLINE = 40_000
QUICK = RetryPolicy(waits=(0.01, 0.02, 0.03), room=0.01, tick=0.005)
SLOW = RetryPolicy(waits=(300,), room=300, tick=0.01)

LOST = ConnectionLost("PACS", "reset")
GONE = Unreachable("PACS", "host", 104, "no route")
FULL = DiskFull("/library", 1, 2)
COMPLETE = Outcome(end=End.COMPLETE, expected=9, received=9)


def broken(received: int) -> Outcome:
    return Outcome(end=End.PARTIAL, expected=9, received=received, message="It broke.", interrupted=True)


class FakeTask(TransferTask):
    """A transfer that ends as a test decides, run by run; the last end repeats."""

    pauses = True

    def __init__(self, lanes: Lanes, transfer: Transfer, *ends: Outcome | Exception) -> None:
        super().__init__(transfer)
        self._lanes = lanes
        self.ends = list(ends)
        self.runs = 0
        self.looks = 0
        self.room = True
        self.forgotten = False
        self.heard: Event | None = None

    def submit(self) -> Job | None:
        self.runs += 1
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]

        def work(run: Run) -> Outcome:
            if self.heard is not None:
                self.messages.append(self.heard)
            if isinstance(end, Exception):
                raise end
            run.report(Progress(end.received, end.expected))
            return end

        return self._lanes.submit(Lane.TRANSFER, "fake", work, key="PACS", report=Report.NONE)

    def details(self) -> Details:
        return Details(self.transfer.title, self.transfer.message, report=self.report)

    def look_for_room(self) -> None:
        self.looks += 1
        if not self.room:
            raise FULL

    def given_up(self) -> None:
        self.forgotten = True


class TransfersSetup:
    """A list of transfers over a lane."""

    def __init__(self, lanes: Lanes, patience: RetryPolicy) -> None:
        self._lanes = lanes
        self.model = TransfersModel()
        self.transfers = Transfers(lanes, self.model, Notices(), patience)

    def begin(self, *ends: Outcome | Exception, pauses: bool = True) -> FakeTask:
        one = FakeTask(self._lanes, Transfer(self.model.next_number(), "Doe, John", "PACS"), *ends)
        one.pauses = pauses  # type: ignore[misc]
        self.transfers._list(one)
        self.transfers._start(one)
        return one


Setup = Callable[[RetryPolicy], TransfersSetup]


@pytest.fixture
def set_up(qapp: object) -> Iterator[Setup]:
    lanes, made = Lanes(), list[TransfersSetup]()  # who holds a job's controller is the window, not the job

    def set_up(patience: RetryPolicy) -> TransfersSetup:
        made.append(TransfersSetup(lanes, patience))
        return made[-1]

    yield set_up
    assert lanes.shutdown(20)
    lanes.dismiss()


def reaches(qtbot: QtBot, one: FakeTask, state: TransferState) -> None:
    qtbot.waitUntil(lambda: one.transfer.state is state, timeout=DEADLINE)


def test_a_broken_transfer_goes_on_when_the_network_is_back(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(broken(4), GONE, GONE, GONE, GONE, GONE, LOST, COMPLETE)
    reaches(qtbot, one, TransferState.COMPLETE)
    assert one.runs == 8
    assert not one.transfer.message


def test_a_paused_transfer_says_why_and_when_and_can_be_resumed_or_given_up(
    qtbot: QtBot, set_up: Setup
) -> None:
    at = set_up(SLOW)
    one = at.begin(broken(4), broken(5), COMPLETE)
    reaches(qtbot, one, TransferState.PAUSED)
    assert one.transfer.message == "It broke."
    assert one.transfer.resumes_in is not None
    qtbot.waitUntil(lambda: 200 < (one.transfer.resumes_in or 0) < 300, timeout=DEADLINE)
    at.transfers.resume(one.transfer.number)
    qtbot.waitUntil(lambda: one.runs == 2 and one.transfer.state is TransferState.PAUSED, timeout=DEADLINE)
    at.transfers.remove(one.transfer.number)
    assert one.transfer.state is TransferState.CANCELLED
    assert one.forgotten
    at.transfers.act(one.transfer.number)
    reaches(qtbot, one, TransferState.COMPLETE)


def test_what_never_began_fails_at_once(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(SLOW).begin(GONE)
    reaches(qtbot, one, TransferState.FAILED)


def test_what_was_answered_before_it_broke_goes_on(qtbot: QtBot, set_up: Setup) -> None:
    """Not one image had come: the archive was still telling what there is."""
    at = set_up(QUICK)
    one = FakeTask(at._lanes, Transfer(at.model.next_number(), "Doe, John", "PACS"), LOST, COMPLETE)
    one.heard = Event(False, "A-ASSOCIATE-AC")
    at.transfers._list(one)
    at.transfers._start(one)
    reaches(qtbot, one, TransferState.COMPLETE)
    assert one.runs == 2


def test_what_waited_behind_a_broken_one_waits_on(qtbot: QtBot, set_up: Setup) -> None:
    at = set_up(QUICK)
    first, second = at.begin(broken(4), COMPLETE), at.begin(GONE, COMPLETE)
    reaches(qtbot, first, TransferState.COMPLETE)
    reaches(qtbot, second, TransferState.COMPLETE)
    assert second.runs == 2


def test_a_refusal_is_no_reason_to_wait(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(broken(4), AssociationRejected("PACS", "A", "B", 1, 1, 3))
    reaches(qtbot, one, TransferState.FAILED)


def test_an_archive_that_breaks_off_again_and_again_is_left_alone(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(broken(4), LOST)
    reaches(qtbot, one, TransferState.FAILED)
    assert one.runs == 2 + len(QUICK.waits)


def test_what_breaks_at_the_same_image_each_time_is_left_alone(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(broken(4))
    reaches(qtbot, one, TransferState.PARTIAL)
    assert one.runs == 2 + len(QUICK.waits)


def test_what_follows_a_complete_one_waits_for_the_network(qtbot: QtBot, set_up: Setup) -> None:
    at = set_up(QUICK)
    reaches(qtbot, at.begin(COMPLETE), TransferState.COMPLETE)
    one = at.begin(GONE, COMPLETE)
    reaches(qtbot, one, TransferState.COMPLETE)


def test_each_image_that_comes_renews_the_patience(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(*map(broken, range(1, 9)), COMPLETE)
    reaches(qtbot, one, TransferState.COMPLETE)


@pytest.mark.parametrize(
    "end",
    [
        FULL,
        NotKept("PACS", "The disk is full.", 0xA700),
        Outcome(end=End.PARTIAL, expected=9, received=4, failed=(Failure("1.2", 0xA700, "full"),)),
    ],
)
def test_a_full_disk_pauses_until_there_is_room(
    qtbot: QtBot, set_up: Setup, end: Outcome | Exception
) -> None:
    one = set_up(QUICK).begin(end, COMPLETE)
    one.room = False
    reaches(qtbot, one, TransferState.PAUSED)
    assert one.transfer.resumes_in is None
    qtbot.waitUntil(lambda: one.looks > 2, timeout=DEADLINE)
    assert one.runs == 1
    one.room = True
    reaches(qtbot, one, TransferState.COMPLETE)


def test_what_cannot_be_kept_although_there_is_room_is_not_asked_for_for_ever(
    qtbot: QtBot, set_up: Setup
) -> None:
    one = set_up(QUICK).begin(NotKept("PACS", "It is larger than 8 GiB.", 0xA700))
    reaches(qtbot, one, TransferState.FAILED)
    assert one.runs == 2


def test_nothing_is_taken_up_again_while_the_program_ends(qtbot: QtBot, qapp: object) -> None:
    lanes = Lanes()
    at = TransfersSetup(lanes, QUICK)
    one = at.begin(broken(4), GONE)
    reaches(qtbot, one, TransferState.PAUSED)
    assert lanes.shutdown(20)
    runs = one.runs
    qtbot.waitUntil(lambda: not at.transfers._clock.isActive(), timeout=DEADLINE)
    assert one.runs == runs
    lanes.dismiss()


def test_a_copy_is_not_begun_again_by_itself(qtbot: QtBot, set_up: Setup) -> None:
    one = set_up(QUICK).begin(broken(4), pauses=False)
    reaches(qtbot, one, TransferState.PARTIAL)


def test_what_waits_for_the_network_is_tried_at_once_after_sleep(qtbot: QtBot, set_up: Setup) -> None:
    at = set_up(SLOW)
    one, full = at.begin(broken(4), GONE, COMPLETE), at.begin(FULL, COMPLETE)
    full.room = False
    for _ in range(2):
        reaches(qtbot, one, TransferState.PAUSED)
        reaches(qtbot, full, TransferState.PAUSED)
        runs = one.runs
        at.transfers.resume_now()
        qtbot.waitUntil(lambda runs=runs: one.runs == runs + 1, timeout=DEADLINE)
    reaches(qtbot, one, TransferState.COMPLETE)
    assert full.runs == 1  # it waits for room, not for the network


def test_finished_ones_go_and_paused_ones_stay(qtbot: QtBot, set_up: Setup) -> None:
    at = set_up(SLOW)
    done, paused = at.begin(COMPLETE), at.begin(broken(4))
    reaches(qtbot, done, TransferState.COMPLETE)
    reaches(qtbot, paused, TransferState.PAUSED)
    at.transfers.remove_finished()
    assert at.model.rowCount() == 1
    assert at.transfers.details(paused.transfer.number) is not None
    assert at.transfers.details(done.transfer.number) is None
