"""Runs the tasks of the list of transfers: queues each, follows its job, tries it again if that may help."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock, at_once
from workstation.controllers.transfer_queue import TransferQueue
from workstation.controllers.transfer_retries import TransferRetries
from workstation.controllers.transfer_task import RetryPolicy, Then, TransferTask
from workstation.dicom.outcomes import End, Outcome
from workstation.jobs.job import Job, State
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending
from workstation.models.transfer import TransferState
from workstation.models.transfer_rate import TransferRate
from workstation.models.transfers_model import TransfersModel
from workstation.models.translation import translated
from workstation.stop import Progress

_STATES = {
    State.QUEUED: TransferState.QUEUED,
    State.RUNNING: TransferState.RUNNING,
    State.CANCELLING: TransferState.CANCELLING,
}
_ENDS = {
    End.COMPLETE: TransferState.COMPLETE,
    End.RECEIVED: TransferState.RECEIVED,
    End.PARTIAL: TransferState.PARTIAL,
    End.FAILED: TransferState.FAILED,
    End.CANCELLED: TransferState.CANCELLED,
}


_TELLING = (TransferState.UNFINISHED, TransferState.PARTIAL)
"""What can still be resumed, and shows in its row why that was impossible."""


class TransferRunner(QObject):
    """Runs the tasks of one kind. Those whose connection or disk fails them are paused, not ended.

    Signals:
        fell_short: Number of a transfer that ended failed or incomplete, and the message why.
    """

    fell_short = Signal(int, str)

    def __init__(
        self,
        lanes: Lanes,
        transfers: TransfersModel,
        notices: Notices,
        retry_policy: RetryPolicy | None = None,
        *,
        queue: TransferQueue | None = None,
        unlock: Unlock = at_once,
    ) -> None:
        """Nothing is listed yet.

        Args:
            lanes: Where the jobs run.
            transfers: The list.
            notices: Tells why a job failed.
            retry_policy: How long a transfer is paused.
            queue: Decides which runs next, together with those of the other controllers.
            unlock: Gets the passcode of a node before a transfer begins.
        """
        super().__init__()
        self._lanes = lanes
        self._transfers = transfers
        self._notices = notices
        self._queue = queue or TransferQueue(transfers.position)
        self._retry_policy = retry_policy or RetryPolicy()
        self._retries = TransferRetries(self._retry_policy)
        self._unlock = unlock
        self._known: dict[int, TransferTask] = {}
        self._ticking: dict[int, TransferTask] = {}  # those that run or are paused
        transfers.dropped.connect(self._forget_dropped)
        self._clock = QTimer(self)
        self._clock.setInterval(round(1000 * self._retry_policy.tick))
        self._clock.timeout.connect(self._tick)

    # --- Beginning ----------------------------------------------------------------------------------------

    def _list(self, *new: TransferTask) -> None:
        self._known.update((one.transfer.number, one) for one in new)
        self._transfers.add(*(one.transfer for one in new))

    def _take_on(self, one: TransferTask) -> None:
        self._list(one)
        self._start(one)

    def _drop(self, *numbers: int) -> None:
        self._transfers.remove(*numbers)

    def _forget_dropped(self, numbers: list[int]) -> None:
        """Forget transfers that were removed from the list, by the user or because there were too many."""
        for number in numbers:
            self._known.pop(number, None)
            self._ticking.pop(number, None)

    def _start(self, one: TransferTask) -> None:
        transfer = one.transfer
        one.outcome, one.error, one.rate = None, None, None
        one.then, transfer.pausing = Then.CANCELLED, False
        one.messages.clear()
        one.had, one.size_before = transfer.done, transfer.bytes
        transfer.rate, transfer.silent, transfer.message = 0.0, 0.0, ""
        one.locked, before = True, transfer.state
        transfer.state = TransferState.QUEUED
        self._unlock([transfer.node] if transfer.node else [], partial(self._unlocked, one, before))
        if one.locked:
            transfer.needs_passcode = True
            transfer.message = self.tr("Waiting for the passcode of {node}").format(node=transfer.node)
            self._transfers.tell(transfer)

    def _unlocked(self, one: TransferTask, before: TransferState, keys: list[str]) -> None:
        """Queue what waited for the passcode of its node; without ``keys`` the user did not give it."""
        transfer = one.transfer
        if not one.locked:
            return  # it was cancelled meanwhile
        transfer.needs_passcode = False
        if transfer.node and not keys:
            words = self.tr("The passcode of {node} was not given. Try again to be asked for it.")
            transfer.message = words.format(node=transfer.node)
            self._end_without_job(one, TransferState.FAILED)
            return
        one.locked, transfer.message = False, ""
        self._queue.put(one, partial(self._begin, one, before))
        self._transfers.tell(transfer)

    def _begin(self, one: TransferTask, before: TransferState) -> bool:
        """Submit the job; False if that is impossible, and the row says why."""
        if self._lanes.closed:
            return False
        one.job = job = one.submit()
        if job is None:
            one.transfer.state = before if before in _TELLING else TransferState.FAILED
            self._transfers.tell(one.transfer)
            return False
        job.changed.connect(partial(self._changed, one, job))
        job.progressed.connect(partial(self._progressed, one))
        job.ended.connect(partial(self._ended, one))
        self._changed(one, job)
        return True

    def _end_without_job(self, one: TransferTask, state: TransferState) -> None:
        if one.waiting:
            self._queue.withdraw(one)
        one.locked, one.transfer.needs_passcode, one.transfer.state = False, False, state
        self._transfers.tell(one.transfer)
        one.over()

    # --- What becomes of it -------------------------------------------------------------------------------

    def _changed(self, one: TransferTask, job: Job) -> None:
        state = _STATES.get(job.state)
        if state is None:
            return
        one.transfer.state = state
        if job.state is State.RUNNING:
            one.rate = TransferRate(time.monotonic(), one.transfer.bytes, one.transfer.done)
            self._follow(one)
        self._transfers.tell(one.transfer)

    def _progressed(self, one: TransferTask, progress: Progress) -> None:
        transfer = one.transfer
        transfer.done, transfer.bytes = progress.done, one.size_before + progress.bytes
        transfer.message = translated(progress.message)
        if progress.expected is not None:
            transfer.expected = progress.expected
        self._measure(one)
        self._transfers.tell(transfer)

    def _measure(self, one: TransferTask) -> None:
        transfer, now = one.transfer, time.monotonic()
        if one.rate is not None:
            one.rate.note(now, transfer.bytes, transfer.done)
            transfer.rate, transfer.pace = one.rate.per_second(now)
            transfer.silent = one.rate.silent(now)

    def _ended(self, one: TransferTask, ended: Ended) -> None:
        one.job, one.error = None, ended.error
        key = self._queue.release(one)
        transfer, outcome, then = one.transfer, ended.result, one.then
        one.then, transfer.pausing = Then.CANCELLED, False
        if isinstance(outcome, Outcome):
            one.outcome = outcome
            transfer.state = _ENDS[outcome.end]
            transfer.done, transfer.bytes = outcome.received, one.size_before + outcome.bytes
            if outcome.expected is not None:
                transfer.expected = outcome.expected
            transfer.message = translated(outcome.message)
        elif ended.ending is Ending.CANCELLED:
            transfer.state = TransferState.CANCELLED
        else:
            transfer.state, transfer.message = TransferState.FAILED, self._notices.why(ended)
        self._ticking.pop(transfer.number, None)
        if then is Then.QUEUED and transfer.state.resumable:
            self._start(one)
        else:
            self._settle(one, then)
        self._queue.begin_next(key)

    def _settle(self, one: TransferTask, then: Then) -> None:
        """Tell how one has ended, which may go on later."""
        transfer = one.transfer
        due = self._retries.is_due(one)
        if then is Then.ON_HOLD and transfer.state.resumable:
            transfer.state, transfer.message = TransferState.ON_HOLD, ""
        elif due:
            transfer.state = TransferState.PAUSED
            self._count_down(one)
            self._follow(one)
        self._transfers.tell(transfer)
        if transfer.state in (TransferState.FAILED, TransferState.PARTIAL) and transfer.message:
            self.fell_short.emit(transfer.number, transfer.message)
        one.over()

    # --- With the clock -----------------------------------------------------------------------------------

    def _follow(self, one: TransferTask) -> None:
        self._ticking[one.transfer.number] = one
        if not self._clock.isActive():
            self._clock.start()

    def _count_down(self, one: TransferTask) -> None:
        one.transfer.resumes_in = None if one.for_room else max(0.0, one.resumes_at - time.monotonic())
        self._transfers.tell(one.transfer)

    def _tick(self) -> None:
        if self._lanes.closed or not self._ticking:
            self._clock.stop()
            return
        now = time.monotonic()
        for number, one in list(self._ticking.items()):
            if one.transfer.state is TransferState.RUNNING:
                self._measure(one)
                self._transfers.tell(one.transfer)
            elif not one.retries:
                del self._ticking[number]
            else:
                self._retry(one, now)

    def resume_now(self) -> None:
        """Try at once what waits for its connection to come back: the computer has slept."""
        for one in self._ticking.values():
            if one.retries and not one.for_room:
                one.resumes_at, one.losses, one.breaks = 0.0, 0, 0
        self._tick()

    def _retry(self, one: TransferTask, now: float) -> None:
        self._count_down(one)
        if now < one.resumes_at:
            return
        if not one.for_room:
            self._start(one)
            return
        one.resumes_at = now + self._retry_policy.room
        job = self._lanes.submit(
            Lane.LIBRARY_CHECKS, "look for room", lambda run: one.look_for_room(), report=Report.BUGS
        )

        def looked(ended: Ended) -> None:
            if ended.ending is Ending.DONE and one.transfer.state is TransferState.PAUSED:
                self._start(one)

        job.ended.connect(looked)
