"""Dispatches the actions on listed transfers to the controller that owns them, by transfer number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from workstation.controllers.time_slices import TimeSlices
from workstation.controllers.transfers import Transfers
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel

_INCOMPLETE = (TransferState.PARTIAL, TransferState.FAILED, TransferState.UNFINISHED)


class TransferActions:
    """The only place that knows which controllers list transfers."""

    def __init__(self, transfers: TransfersModel, *owners: Transfers) -> None:
        self._transfers = transfers
        self._owners = owners
        self._slices = TimeSlices(at_once=50)

    def finish(self) -> None:
        """Do at once all that still waits for its time slice: the program ends."""
        self._slices.finish()

    # --- On one -------------------------------------------------------------------------------------------

    def act(self, number: int) -> None:
        """Do the first action of a transfer: cancel, resume or remove."""
        if (owner := self._owner(number)) is not None:
            owner.act(number)

    def second(self, number: int) -> None:
        """Do the second action of a transfer: pause or resume it, or take it off the list."""
        transfer = self._transfers.find(number)
        if transfer is None:
            return
        if transfer.state.open:
            self.pause(number)
        elif transfer.state.waits:
            self.resume(number)
        else:
            self.remove(number)

    def remove(self, number: int) -> None:
        """Give up what waits to be resumed; remove what has ended."""
        if (owner := self._owner(number)) is not None:
            owner.remove(number)

    def cancel(self, number: int) -> None:
        """End a transfer, and do not go on with it."""
        if (owner := self._owner(number)) is not None:
            owner.cancel(number)

    def pause(self, number: int) -> None:
        """Pause a transfer until it is resumed by the user."""
        if (owner := self._owner(number)) is not None:
            owner.pause(number)

    def resume(self, number: int) -> None:
        """Go on with a transfer that does not run."""
        if (owner := self._owner(number)) is not None:
            owner.resume(number)

    def hurry(self, number: int) -> None:
        """Begin a transfer at once."""
        if (owner := self._owner(number)) is not None:
            owner.hurry(number)

    def step(self, number: int, down: bool) -> None:
        """Let a transfer that waits change its place with the next one that waits."""
        self._transfers.step(number, down)

    def move_before(self, number: int, row: int) -> None:
        """Put a transfer that waits above a row of the list."""
        self._transfers.move_before(number, row)

    def details(self, number: int) -> Details | None:
        """All that is known of a transfer; None if it is listed no more."""
        owner = self._owner(number)
        return owner.details(number) if owner is not None else None

    # --- On all -------------------------------------------------------------------------------------------

    def pause_all(self) -> None:
        """Pause what runs or waits, as far as it can go on later."""
        self._do(self.pause, (one for one in self._waiting_first if one.may_be_paused))

    def resume_all(self) -> None:
        """Go on with all that is paused, or about to be; what is for later still waits for its time."""
        paused = (TransferState.ON_HOLD, TransferState.PAUSED)
        self._do(self.resume, (one for one in self._transfers.all if one.state in paused or one.pausing))

    def cancel_all(self) -> None:
        """End what runs, waits or is paused."""
        self._do(self.cancel, (one for one in self._waiting_first if one.state.open or one.state.waits))

    def retry_all(self) -> None:
        """Ask again for what is missing of all that ended incomplete; not of what the user cancelled."""
        self._do(self.resume, (one for one in self._transfers.all if one.state in _INCOMPLETE))

    def remove_finished(self) -> None:
        """Remove all that has ended."""
        for owner in self._owners:
            owner.remove_finished()

    def _do(self, act: Callable[[int], None], transfers: Iterable[Transfer]) -> None:
        self._slices.finish()  # what the user asked for before that
        self._slices.do([partial(act, one.number) for one in transfers])

    @property
    def _waiting_first(self) -> list[Transfer]:
        """What waits is stopped first: else it would begin when what runs has stopped."""
        return sorted(self._transfers.all, key=lambda one: one.state is not TransferState.QUEUED)

    def _owner(self, number: int) -> Transfers | None:
        return next((owner for owner in self._owners if owner.lists(number)), None)
