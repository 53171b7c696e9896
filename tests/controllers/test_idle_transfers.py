"""What nobody waits for starts only while nothing else goes on, and is held when something does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from threading import Event

import pytest
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.controllers.idle_transfers import MAX_WAITING, IdleTransfers
from workstation.controllers.notices import Notices
from workstation.controllers.transfer_actions import TransferActions
from workstation.controllers.transfer_task import TransferTask
from workstation.controllers.transfers import Transfers
from workstation.dicom.outcomes import End, Outcome
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Run
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel

DEADLINE = 40_000


class Task(TransferTask):
    """A transfer that runs until it is let go or cancelled."""

    pauses = True

    def __init__(self, owner: Owner, transfer: Transfer) -> None:
        super().__init__(transfer)
        self._owner = owner
        self.go = Event()
        self.released = Event()  # it does not end before, however much it is asked to
        self.released.set()
        self.runs = 0
        self.prior = self.gone = False

    @property
    @override
    def when_idle(self) -> bool:
        return self.prior

    @property
    @override
    def queue_key(self) -> Hashable:
        return self.transfer.node

    @override
    def submit(self) -> Job | None:
        if self.gone:
            return None
        self.runs += 1
        key = self.transfer.node

        def work(run: Run) -> Outcome:
            with run.stop.watching(self.go.set):
                self.go.wait(20)
            self.released.wait(20)
            return Outcome(end=End.CANCELLED if run.stop.requested else End.COMPLETE)

        return self._owner._lanes.submit(Lane.TRANSFER, "task", work, key=key, report=Report.NONE)

    @override
    def details(self) -> Details:
        return Details("", "")

    @override
    def over(self) -> None:
        self.go = Event()


class Owner(Transfers):
    def __init__(self, lanes: Lanes, transfers: TransfersModel) -> None:
        super().__init__(lanes, transfers, Notices())
        self.background = IdleTransfers(transfers, super()._start, self._queue.withdraw)

    @override
    def _start(self, one: TransferTask) -> None:
        if one.when_idle:
            one.go = Event()  # type: ignore[attr-defined]
            self.background.begin(one)
        else:
            super()._start(one)

    def user(self, key: str = "B") -> Task:
        task = self._task(key)
        self._start(task)
        return task

    def prior(self, key: str = "A") -> Task:
        task = self._task(key)
        task.prior = True
        self._start(task)
        return task

    def _task(self, key: str) -> Task:
        task = Task(self, Transfer(self._transfers.next_number(), "t", key))
        self._list(task)
        return task


@pytest.fixture
def lanes(qtbot: QtBot) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.shutdown(20)
    lanes.dismiss()


@pytest.fixture
def owner(lanes: Lanes) -> Owner:
    return Owner(lanes, TransfersModel())


def is_in(task: Task, state: TransferState) -> Callable[[], bool]:
    return lambda: task.transfer.state is state


def test_one_after_the_other_while_nothing_else_runs(qtbot: QtBot, owner: Owner) -> None:
    user = owner.user()
    first, second = owner.prior(), owner.prior()
    qtbot.waitUntil(is_in(user, TransferState.RUNNING), timeout=DEADLINE)
    assert (first.runs, second.runs) == (0, 0)
    assert "in the background" in first.transfer.message
    user.go.set()
    qtbot.waitUntil(is_in(first, TransferState.RUNNING), timeout=DEADLINE)
    assert second.runs == 0
    first.go.set()
    qtbot.waitUntil(is_in(second, TransferState.RUNNING), timeout=DEADLINE)
    second.go.set()
    qtbot.waitUntil(is_in(second, TransferState.COMPLETE), timeout=DEADLINE)


def test_it_is_held_and_goes_on(qtbot: QtBot, owner: Owner) -> None:
    prior = owner.prior()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    user = owner.user()
    qtbot.waitUntil(is_in(prior, TransferState.DEFERRED), timeout=DEADLINE)
    assert user.transfer.state.open
    user.go.set()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    assert prior.runs == 2
    prior.go.set()
    qtbot.waitUntil(is_in(prior, TransferState.COMPLETE), timeout=DEADLINE)


@pytest.mark.parametrize("hold", [IdleTransfers.set_searching, IdleTransfers.set_asking])
def test_a_search_or_a_question_holds_it_too(
    qtbot: QtBot, owner: Owner, hold: Callable[[IdleTransfers, bool], None]
) -> None:
    prior = owner.prior()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    hold(owner.background, True)
    qtbot.waitUntil(is_in(prior, TransferState.DEFERRED), timeout=DEADLINE)
    hold(owner.background, False)
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)


def test_what_the_user_cancels_does_not_go_on(qtbot: QtBot, owner: Owner) -> None:
    prior = owner.prior()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    owner.act(prior.transfer.number)
    qtbot.waitUntil(is_in(prior, TransferState.CANCELLED), timeout=DEADLINE)
    other = owner.prior()
    qtbot.waitUntil(is_in(other, TransferState.RUNNING), timeout=DEADLINE)
    assert prior.runs == 1


@pytest.mark.parametrize("how", ["cancel", "cancel all"])
def test_what_is_cancelled_while_it_makes_way_does_not_go_on(qtbot: QtBot, owner: Owner, how: str) -> None:
    prior = owner.prior()
    prior.released.clear()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    user = owner.user()
    qtbot.waitUntil(is_in(prior, TransferState.CANCELLING), timeout=DEADLINE)
    if how == "cancel":
        owner.act(prior.transfer.number)
    else:
        TransferActions(owner._transfers, owner).cancel_all()
    prior.released.set()
    user.go.set()
    qtbot.waitUntil(is_in(prior, TransferState.CANCELLED), timeout=DEADLINE)
    other = owner.prior()
    qtbot.waitUntil(is_in(other, TransferState.RUNNING), timeout=DEADLINE)
    assert prior.runs == 1


def test_what_is_paused_while_it_waits_stays_paused(qtbot: QtBot, owner: Owner) -> None:
    user = owner.user()
    prior = owner.prior()
    assert prior.transfer.state is TransferState.DEFERRED
    owner.pause(prior.transfer.number)
    assert prior.transfer.state is TransferState.ON_HOLD
    following = owner.prior()
    user.go.set()
    qtbot.waitUntil(is_in(following, TransferState.RUNNING), timeout=DEADLINE)
    assert prior.runs == 0


def test_the_order_of_the_list_is_theirs_too(qtbot: QtBot, owner: Owner) -> None:
    user = owner.user()
    first, second = owner.prior(), owner.prior()
    owner._transfers.step(second.transfer.number, down=False)
    user.go.set()
    qtbot.waitUntil(is_in(second, TransferState.RUNNING), timeout=DEADLINE)
    assert first.runs == 0


def test_what_the_user_wants_while_it_makes_way_runs(qtbot: QtBot, owner: Owner) -> None:
    prior = owner.prior()
    prior.released.clear()
    qtbot.waitUntil(is_in(prior, TransferState.RUNNING), timeout=DEADLINE)
    owner.user()
    qtbot.waitUntil(is_in(prior, TransferState.CANCELLING), timeout=DEADLINE)
    prior.prior = False
    owner.hurry(prior.transfer.number)
    prior.released.set()
    qtbot.waitUntil(lambda: prior.runs == 2, timeout=DEADLINE)  # beside the other one
    assert not owner.background.lists(prior.transfer.number)


def test_what_cannot_begin_does_not_keep_the_others(qtbot: QtBot, owner: Owner) -> None:
    prior, following = owner.prior(), owner.prior()
    prior.gone = True
    qtbot.waitUntil(is_in(following, TransferState.RUNNING), timeout=DEADLINE)
    assert prior.transfer.state is TransferState.FAILED


def test_a_limited_number_waits(qtbot: QtBot, owner: Owner) -> None:
    user = owner.user()
    for _ in range(MAX_WAITING):
        owner.prior()
    assert owner.background.full
    calls: list[int] = []
    for number in range(MAX_WAITING + 5):
        owner.background.when_idle(lambda number=number: calls.append(number))
    user.go.set()
    qtbot.waitUntil(lambda: len(calls) > 0, timeout=DEADLINE)
    assert calls == list(range(5, MAX_WAITING + 5))
