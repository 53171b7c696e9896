"""Does what the user asks of listed transfers: cancels, pauses, resumes, hurries and removes them."""

from __future__ import annotations

from workstation.controllers.transfer_runner import TransferRunner
from workstation.controllers.transfer_task import Then, TransferTask
from workstation.models.transfer import Details, Priority, TransferState


class Transfers(TransferRunner):
    """The transfers of one kind, as the user acts on them by their numbers."""

    def lists(self, number: int) -> bool:
        """Whether the transfer ``number`` is one of these."""
        return number in self._known

    def act(self, number: int) -> None:
        """Do the first thing a transfer's row offers: cancel, resume or remove."""
        one = self._known.get(number)
        if one is None:
            return
        if not one.idle or one.transfer.state.waits:
            self.cancel(number)
        elif one.transfer.state.resumable:
            self._resume(one)
        else:
            self._drop(number)

    def cancel(self, number: int) -> None:
        """End a transfer that runs, waits or is paused, and do not go on with it."""
        one = self._known.get(number)
        if one is None:
            return
        if not one.idle:
            self._cancel(one)
        elif one.transfer.state.waits:
            one.given_up()
            one.transfer.state = TransferState.CANCELLED
            self._transfers.tell(one.transfer)

    def pause(self, number: int) -> None:
        """Pause a transfer until the user resumes it."""
        one = self._known.get(number)
        if one is None or not one.transfer.may_be_paused:
            return
        if one.job is not None:
            one.stop(Then.ON_HOLD)
        else:
            self._end_without_job(one, TransferState.ON_HOLD)

    def resume(self, number: int) -> None:
        """Go on with a transfer that is paused, or ended incomplete, from its place in the list.

        One that is just being stopped goes on when it has stopped.
        """
        one = self._known.get(number)
        if one is None:
            return
        if one.idle and one.transfer.state.resumable:
            self._resume(one)
        elif one.transfer.state is TransferState.CANCELLING:
            one.stop(Then.QUEUED)

    def hurry(self, number: int) -> None:
        """Begin a transfer at once, before all others: what runs makes way for it."""
        one = self._known.get(number)
        if one is None:
            return
        one.transfer.priority = Priority.URGENT
        if one.transfer.state is TransferState.RUNNING:
            return
        self._transfers.move_before(number, 0)
        one.overtakes = True
        if one.waiting:
            self._queue.overtake(one)
        else:
            self.resume(number)

    def remove(self, number: int) -> None:
        """Give up what waits to be resumed; take what has ended off the list."""
        one = self._known.get(number)
        if one is None or one.transfer.state.open:
            return
        if not one.transfer.state.ended:
            one.given_up()
        if one.transfer.state.waits:
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

    def _resume(self, one: TransferTask) -> None:
        one.losses = one.breaks = 0
        self._start(one)

    def _cancel(self, one: TransferTask) -> None:
        if one.job is not None:
            one.stop(Then.CANCELLED)
            self._transfers.tell(one.transfer)
        else:
            self._end_without_job(one, TransferState.CANCELLED)
