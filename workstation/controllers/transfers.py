"""Follows what the list of transfers shows: cancels, pauses and resumes it."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock, at_once
from workstation.controllers.transfer_task import RetryPolicy, TransferTask
from workstation.dicom.outcomes import End, Outcome
from workstation.errors import (
    AssociationAborted,
    ConnectionLost,
    DiskFull,
    HostUnknown,
    TimedOut,
    Unreachable,
)
from workstation.jobs.job import Job, State
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending
from workstation.models.transfer import Details, TransferState
from workstation.models.transfers_model import TransfersModel
from workstation.models.translation import translated
from workstation.operations.retrieve_plan import wants_room
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


class Transfers(QObject):
    """Follows the tasks of one kind. Those whose connection or disk fails them are paused, not ended.

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
        unlock: Unlock = at_once,
    ) -> None:
        """``unlock`` gets the passcode of a node before a transfer begins."""
        super().__init__()
        self._lanes = lanes
        self._transfers = transfers
        self._notices = notices
        self._retry_policy = retry_policy or RetryPolicy()
        self._unlock = unlock
        self._known: dict[int, TransferTask] = {}
        self._answering: set[str] = set()  # the nodes that have sent something
        transfers.dropped.connect(self._forget_dropped)
        self._clock = QTimer(self)
        self._clock.setInterval(round(1000 * self._retry_policy.tick))
        self._clock.timeout.connect(self._tick)

    # --- What the user does -------------------------------------------------------------------------------

    def lists(self, number: int) -> bool:
        """Whether the transfer ``number`` is one of these."""
        return number in self._known

    def act(self, number: int) -> None:
        """Do the first thing a transfer's row offers: cancel, resume or remove."""
        one = self._known.get(number)
        if one is None:
            return
        if one.job is not None:
            one.job.cancel()
        elif one.locked:
            self._end_locked(one, TransferState.CANCELLED)
        elif one.transfer.state.resumable:
            one.losses = one.breaks = 0
            self._start(one)
        else:
            self._drop(number)

    def remove(self, number: int) -> None:
        """Give up what waits to be resumed; take what has ended off the list."""
        one = self._known.get(number)
        if one is None or one.transfer.state.open:
            return
        if not one.transfer.state.ended:
            one.given_up()
        if one.transfer.state is TransferState.PAUSED:
            one.transfer.state = TransferState.CANCELLED
            self._transfers.tell(one.transfer)
        else:
            self._drop(number)

    def remove_finished(self) -> None:
        """Take all that has ended off the list; what can still go on stays."""
        self._drop(*(number for number, one in self._known.items() if one.transfer.state.ended))

    def details(self, number: int) -> Details | None:
        """All that is known of a transfer; None if it is none of these."""
        one = self._known.get(number)
        return one.details() if one is not None else None

    # --- What becomes of it -------------------------------------------------------------------------------

    def _list(self, *new: TransferTask) -> None:
        self._known.update((one.transfer.number, one) for one in new)
        self._transfers.add(*(one.transfer for one in new))

    def _drop(self, *numbers: int) -> None:
        self._transfers.remove(*numbers)

    def _forget_dropped(self, numbers: list[int]) -> None:
        """Forget transfers that were removed from the list, by the user or because there were too many."""
        for number in numbers:
            self._known.pop(number, None)

    def _start(self, one: TransferTask) -> None:
        transfer = one.transfer
        one.outcome, one.error = None, None
        one.messages.clear()
        one.had, one.since, transfer.rate, transfer.message = transfer.done, 0.0, 0.0, ""
        one.locked, before = True, transfer.state
        transfer.state = TransferState.QUEUED
        self._unlock([transfer.node] if transfer.node else [], partial(self._unlocked, one, before))
        if one.locked:
            transfer.message = self.tr("Waiting for the passcode of {node}").format(node=transfer.node)
            self._transfers.tell(transfer)

    def _unlocked(self, one: TransferTask, before: TransferState, keys: list[str]) -> None:
        """Submit what waited for the passcode of its node; without ``keys`` the user did not give it."""
        transfer = one.transfer
        if not one.locked:
            return  # it was cancelled meanwhile
        if transfer.node and not keys:
            words = self.tr("The passcode of {node} was not given. Try again to be asked for it.")
            transfer.message = words.format(node=transfer.node)
            self._end_locked(one, TransferState.FAILED)
            return
        one.locked, transfer.state, transfer.message = False, before, ""
        one.job = job = one.submit()
        if job is None:
            transfer.state = TransferState.FAILED if before is TransferState.QUEUED else before
            self._transfers.tell(transfer)
            return
        job.changed.connect(partial(self._changed, one, job))
        job.progressed.connect(partial(self._progressed, one))
        job.ended.connect(partial(self._ended, one))
        self._changed(one, job)

    def _end_locked(self, one: TransferTask, state: TransferState) -> None:
        one.locked, one.transfer.state = False, state
        self._transfers.tell(one.transfer)
        one.over()

    def _changed(self, one: TransferTask, job: Job) -> None:
        state = _STATES.get(job.state)
        if state is None:
            return
        one.transfer.state = state
        if job.state is State.RUNNING:
            one.since = time.monotonic()
        self._transfers.tell(one.transfer)

    def _progressed(self, one: TransferTask, progress: Progress) -> None:
        transfer = one.transfer
        transfer.done, transfer.bytes = progress.done, progress.bytes
        transfer.message = translated(progress.message)
        if progress.expected is not None:
            transfer.expected = progress.expected
        if one.since:
            transfer.measure(time.monotonic() - one.since)
        self._transfers.tell(transfer)

    def _ended(self, one: TransferTask, ended: Ended) -> None:
        one.job, one.error = None, ended.error
        transfer, outcome = one.transfer, ended.result
        if isinstance(outcome, Outcome):
            one.outcome = outcome
            transfer.state = _ENDS[outcome.end]
            transfer.done, transfer.bytes = outcome.received, outcome.bytes or transfer.bytes
            if outcome.expected is not None:
                transfer.expected = outcome.expected
            transfer.message = translated(outcome.message)
        elif ended.ending is Ending.CANCELLED:
            transfer.state = TransferState.CANCELLED
        else:
            transfer.state, transfer.message = TransferState.FAILED, self._notices.why(ended)
        self._pause_if_useful(one)
        self._transfers.tell(transfer)
        if transfer.state in (TransferState.FAILED, TransferState.PARTIAL) and transfer.message:
            self.fell_short.emit(transfer.number, transfer.message)
        one.over()

    # --- Pausing ------------------------------------------------------------------------------------------

    def _pause_if_useful(self, one: TransferTask) -> None:
        """Pause what may succeed later; the message of the row says why it stopped."""
        if one.transfer.done > one.had:
            self._answering.add(one.transfer.node)
            one.losses = one.breaks = 0
        if not one.pauses or one.transfer.state not in (TransferState.PARTIAL, TransferState.FAILED):
            return
        again, one.for_room = (
            one.for_room and one.transfer.done == one.had,
            wants_room(one.error, one.outcome),
        )
        if again and one.for_room and not isinstance(one.error, DiskFull):
            return  # there was room, and still nothing could be kept: the disk is not what is wrong
        if not one.for_room and not self._lost(one):
            return
        waits = self._retry_policy.waits
        wait = self._retry_policy.room if one.for_room else waits[min(one.losses, len(waits) - 1)]
        one.losses += not one.for_room
        one.resumes_at = time.monotonic() + wait
        one.transfer.state = TransferState.PAUSED
        self._count_down(one)
        self._clock.start()

    def _lost(self, one: TransferTask) -> bool:
        """Whether the connection to an archive that has answered before was lost."""
        if one.outcome is not None and not one.outcome.interrupted:
            return False
        if isinstance(one.error, HostUnknown | Unreachable):  # nothing is wrong with the archive
            one.breaks = 0
        elif one.outcome is None and not isinstance(
            one.error, AssociationAborted | ConnectionLost | TimedOut
        ):
            return False
        elif one.transfer.done <= one.had:
            one.breaks += 1
        known = one.transfer.done > 0 or one.transfer.node in self._answering
        return known and one.breaks <= len(self._retry_policy.waits)

    def _count_down(self, one: TransferTask) -> None:
        one.transfer.resumes_in = None if one.for_room else max(0.0, one.resumes_at - time.monotonic())
        self._transfers.tell(one.transfer)

    def _tick(self) -> None:
        now = time.monotonic()
        if self._lanes.closed:
            self._clock.stop()
            return
        paused = [one for one in self._known.values() if one.transfer.state is TransferState.PAUSED]
        if not paused:
            self._clock.stop()
        for one in paused:
            self._count_down(one)
            if now < one.resumes_at:
                continue
            if one.for_room:
                one.resumes_at = now + self._retry_policy.room
                self._look_for_room(one)
            else:
                self._start(one)

    def _look_for_room(self, one: TransferTask) -> None:
        job = self._lanes.submit(
            Lane.LIBRARY_CHECKS, "look for room", lambda run: one.look_for_room(), report=Report.BUGS
        )

        def looked(ended: Ended) -> None:
            if ended.ending is Ending.DONE and one.transfer.state is TransferState.PAUSED:
                self._start(one)

        job.ended.connect(looked)
