"""Which transfer runs when: the order of the list, what overtakes, pausing and cancelling."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from workstation.controllers.notices import Notices
from workstation.controllers.transfer_actions import TransferActions
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfer_task import RetryPolicy, TransferTask
from workstation.controllers.transfers import Transfers
from workstation.dicom.outcomes import End, Outcome
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.transfer import Details, Priority, Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn, cell
from workstation.models.transfers_model import TransfersModel
from workstation.stop import Progress

DEADLINE = 40_000
IMAGES = 3
QUEUED, RUNNING, COMPLETE, ON_HOLD, CANCELLED = (
    TransferState.QUEUED,
    TransferState.RUNNING,
    TransferState.COMPLETE,
    TransferState.ON_HOLD,
    TransferState.CANCELLED,
)


class Fetching(TransferTask):
    """Brings an image each time the test lets it, and remembers which; goes on with what is missing."""

    pauses = True

    def __init__(self, lanes: Lanes, transfer: Transfer, node: str, log: list[str]) -> None:
        super().__init__(transfer)
        self._lanes, self._node, self._log = lanes, node, log
        self.turns = threading.Semaphore(0)
        self.came: list[int] = []
        self.given_up_at: list[TransferState] = []
        self.ends: list[TransferState] = []
        self.resumes: list[bool] = []
        self.gone = False

    @property
    def queue_key(self) -> Hashable:
        return self._node

    def submit(self) -> Job | None:
        if self.gone:
            self.transfer.message = "Its node is gone."
            return None

        def work(run: Run) -> Outcome:
            self._log.append(self.transfer.title)
            with run.stop.watching(self.turns.release):
                while len(self.came) < IMAGES:
                    assert self.turns.acquire(timeout=30)
                    if run.stop.requested:
                        self.resumes.append(run.stop.resumes)
                        break
                    self.came.append(len(self.came))
                    run.report(Progress(len(self.came), IMAGES, 10 * len(self.came)))
            done = len(self.came)
            end = End.COMPLETE if done == IMAGES else End.CANCELLED
            return Outcome(end=end, expected=IMAGES, received=done, bytes=10 * done)

        return self._lanes.submit(Lane.TRANSFER, "fake", work, key=self._node, report=Report.NONE)

    def details(self) -> Details:
        return Details(self.transfer.title, "")

    def given_up(self) -> None:
        self.given_up_at.append(self.transfer.state)

    def over(self) -> None:
        self.ends.append(self.transfer.state)


class Setup:
    """Transfers of one kind over real lanes."""

    def __init__(self, qtbot: QtBot, lanes: Lanes) -> None:
        self._qtbot, self._lanes = qtbot, lanes
        self.model = TransfersModel()
        self.queue = TransferQueue(self.model.position)
        policy = RetryPolicy(tick=0.01)
        self.transfers = Transfers(lanes, self.model, Notices(), policy, queue=self.queue)
        self.actions = TransferActions(self.model, self.transfers)
        self.log: list[str] = []

    def fetch(self, title: str, priority: Priority = Priority.NORMAL, node: str = "PACS") -> Fetching:
        transfer = Transfer(self.model.next_number(), title, node, priority=priority)
        one = Fetching(self._lanes, transfer, node, self.log)
        one.overtakes = priority is Priority.URGENT
        self.transfers._list(one)
        self.transfers._start(one)
        return one

    def until(self, one: Fetching, state: TransferState) -> None:
        self._qtbot.waitUntil(lambda: one.transfer.state is state, timeout=DEADLINE)

    def bring(self, one: Fetching, images: int) -> None:
        """Let images come."""
        wanted = len(one.came) + images
        one.turns.release(images)
        self._qtbot.waitUntil(lambda: one.transfer.done == wanted, timeout=DEADLINE)

    def finish(self, *those: Fetching) -> None:
        for one in those:
            one.turns.release(IMAGES)
        for one in those:
            self.until(one, COMPLETE)
            assert one.came == list(range(IMAGES)), "nothing comes twice"


@pytest.fixture
def at(qtbot: QtBot) -> Iterator[Setup]:
    lanes = Lanes()
    setup = Setup(qtbot, lanes)
    yield setup
    assert lanes.shutdown(20)
    lanes.dismiss()


def test_one_after_the_other_in_the_order_of_the_list(at: Setup) -> None:
    first, second, third = (at.fetch(title) for title in "abc")
    other = at.fetch("x", node="OTHER")
    at.until(first, RUNNING)
    at.until(other, RUNNING)
    assert (second.transfer.state, third.transfer.state) == (QUEUED, QUEUED)
    at.actions.step(third.transfer.number, down=False)
    at.finish(first, second, third, other)
    assert [title for title in at.log if title != "x"] == ["a", "c", "b"]


def test_what_the_user_waits_for_overtakes_what_runs(at: Setup) -> None:
    background = at.fetch("prior", Priority.BACKGROUND)
    at.until(background, RUNNING)
    at.bring(background, 1)
    looked_at = at.fetch("shown", Priority.URGENT)
    at.until(looked_at, RUNNING)
    assert background.transfer.state is QUEUED
    assert background.transfer.done == 1
    assert background.resumes == [True]
    later = at.fetch("shown later", Priority.URGENT)
    at.until(later, RUNNING)
    assert looked_at.transfer.state is QUEUED
    at.finish(later, looked_at, background)
    assert at.log == ["prior", "shown", "shown later", "shown", "prior"]
    assert background.ends == [COMPLETE], "it was never over in between"
    assert background.transfer.bytes >= 10 * IMAGES


def test_the_background_makes_way_for_whatever_is_asked_for(at: Setup) -> None:
    background = at.fetch("prior", Priority.BACKGROUND)
    at.until(background, RUNNING)
    normal, second = at.fetch("a"), at.fetch("b")
    at.until(normal, RUNNING)
    more = at.fetch("prior 2", Priority.BACKGROUND)
    assert more.transfer.state is QUEUED
    at.finish(normal, second, background, more)
    assert at.log == ["prior", "a", "b", "prior", "prior 2"]


def test_a_transfer_that_would_begin_anew_is_not_stopped(at: Setup) -> None:
    sending = at.fetch("send")
    sending.transfer.pauses = False
    at.until(sending, RUNNING)
    urgent = at.fetch("shown", Priority.URGENT)
    assert (sending.transfer.state, urgent.transfer.state) == (RUNNING, QUEUED)
    at.finish(sending, urgent)
    assert at.log == ["send", "shown"]


def test_what_waits_can_be_begun_at_once(at: Setup) -> None:
    first, second, third = (at.fetch(title) for title in "abc")
    at.until(first, RUNNING)
    at.actions.hurry(third.transfer.number)
    at.until(third, RUNNING)
    assert [one.title for one in at.model.all] == ["c", "a", "b"]
    at.finish(third, first, second)
    assert at.log == ["a", "c", "a", "b"]


def test_one_asked_for_again_while_it_makes_way_goes_first(at: Setup) -> None:
    first = at.fetch("a", Priority.URGENT)
    at.until(first, RUNNING)
    second = at.fetch("b", Priority.URGENT)
    at.actions.hurry(first.transfer.number)
    at.finish(first)
    at.finish(second)
    assert at.log == ["a", "a", "b"]


def test_an_archive_that_is_edited_meanwhile_is_another_queue(at: Setup) -> None:
    first = at.fetch("a", Priority.URGENT)
    at.until(first, RUNNING)
    first._node = "EDITED"
    second = at.fetch("b", Priority.URGENT)
    at.until(second, RUNNING)
    at.until(first, RUNNING)
    third = at.fetch("c", node="EDITED")
    assert third.transfer.state is QUEUED
    assert not third.job
    at.finish(first, second, third)


def test_pausing_and_resuming_one(at: Setup) -> None:
    first, second = at.fetch("a"), at.fetch("b")
    at.until(first, RUNNING)
    at.bring(first, 1)
    at.actions.pause(first.transfer.number)
    assert first.transfer.pausing
    at.until(first, ON_HOLD)
    at.until(second, RUNNING)
    assert first.ends == [ON_HOLD]
    at.actions.resume(first.transfer.number)
    assert first.transfer.state is QUEUED
    at.finish(second, first)
    assert at.log == ["a", "b", "a"]


def test_pausing_all_and_resuming_all(at: Setup) -> None:
    those = [at.fetch(title) for title in "abc"]
    at.until(those[0], RUNNING)
    at.actions.pause_all()
    for one in those:
        at.until(one, ON_HOLD)
    at.actions.resume_all()
    at.finish(*those)
    assert at.log == ["a", "a", "b", "c"]


def test_cancelling_all_leaves_nothing_that_goes_on(at: Setup) -> None:
    those = [at.fetch(title) for title in "abcd"]
    at.until(those[0], RUNNING)
    at.actions.pause(those[1].transfer.number)
    at.until(those[1], ON_HOLD)
    at.actions.cancel_all()
    for one in those:
        at.until(one, CANCELLED)
    assert at.log == ["a"]
    assert those[0].resumes == [False]
    assert those[1].given_up_at == [ON_HOLD]


def test_cancelling_what_is_being_paused(at: Setup) -> None:
    one = at.fetch("a")
    at.until(one, RUNNING)
    at.actions.pause(one.transfer.number)
    at.actions.act(one.transfer.number)
    at.until(one, CANCELLED)


def test_all_that_ended_incomplete_is_tried_again(at: Setup) -> None:
    those = [at.fetch(title) for title in "abc"]
    at.until(those[0], RUNNING)
    at.actions.cancel(those[0].transfer.number)
    at.until(those[0], CANCELLED)
    at.finish(those[1], those[2])
    at.actions.retry_all()
    assert those[0].transfer.state is CANCELLED, "the user did not want it"
    those[0].transfer.state = TransferState.PARTIAL
    at.model.tell(those[0].transfer)
    at.actions.retry_all()
    at.finish(those[0])


def test_a_hundred_are_cancelled_and_begun_again(at: Setup) -> None:
    those = [at.fetch(f"{number}") for number in range(100)]
    at.actions.cancel_all()
    for one in those:
        at.until(one, CANCELLED)
    assert len(at.log) <= 1
    assert not at.queue._waiting
    assert not at.queue._running


def test_a_silent_archive_is_counted_up_and_each_image_begins_anew(qtbot: QtBot, at: Setup) -> None:
    one = at.fetch("a")
    at.until(one, RUNNING)
    told: list[float] = []
    at.model.dataChanged.connect(lambda *_: told.append(one.transfer.silent))
    qtbot.waitUntil(lambda: len(told) > 5 and one.transfer.silent > 0.05, timeout=DEADLINE)
    assert told == sorted(told)
    before = one.transfer.silent
    told.clear()
    at.bring(one, 1)
    assert min(told) < before
    at.finish(one)


def test_all_is_paused_while_one_makes_way(at: Setup) -> None:
    first = at.fetch("a")
    at.until(first, RUNNING)
    urgent = at.fetch("b", Priority.URGENT)
    assert first.transfer.state is TransferState.CANCELLING
    at.actions.pause_all()
    at.until(first, ON_HOLD)
    assert urgent.transfer.state is ON_HOLD
    assert at.log == ["a"]
    at.actions.resume_all()
    at.finish(first, urgent)
    assert at.log == ["a", "b", "a"]


@pytest.mark.parametrize("stop", ["cancel", "pause"])
@pytest.mark.parametrize("want", ["hurry", "resume"])
def test_what_is_wanted_again_before_it_has_stopped_goes_on(at: Setup, stop: str, want: str) -> None:
    one = at.fetch("a")
    at.bring(one, 1)
    getattr(at.actions, stop)(one.transfer.number)
    assert one.transfer.state is TransferState.CANCELLING
    getattr(at.actions, want)(one.transfer.number)
    at.finish(one)
    assert at.log == ["a", "a"]


def test_resume_all_reaches_what_is_about_to_be_paused(at: Setup) -> None:
    one = at.fetch("a")
    at.bring(one, 1)
    at.actions.pause(one.transfer.number)
    at.actions.resume_all()
    at.finish(one)


@pytest.mark.parametrize("before", [ON_HOLD, CANCELLED])
def test_what_cannot_go_on_says_why(at: Setup, before: TransferState) -> None:
    blocking, one = at.fetch("a"), at.fetch("b")
    at.until(blocking, RUNNING)
    (at.actions.pause if before is ON_HOLD else at.actions.cancel)(one.transfer.number)
    assert one.transfer.state is before
    one.gone = True
    at.finish(blocking)
    at.actions.resume(one.transfer.number)
    assert one.transfer.state is TransferState.FAILED
    assert cell(one.transfer, TransferColumn.STATE) == "Its node is gone."


def test_all_of_many_are_stopped_in_time_slices(at: Setup) -> None:
    many = [at.fetch(str(number)) for number in range(200)]
    at.actions.pause_all()
    at.actions.cancel_all()  # comes after it
    at.actions.finish()
    assert [one.transfer.state for one in many[1:]] == [CANCELLED] * 199
    at.until(many[0], CANCELLED)
    assert at.log == ["0"] or not at.log
