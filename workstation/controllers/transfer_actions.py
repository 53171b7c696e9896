"""Dispatches the actions on listed transfers to the controller that owns them, by transfer number."""

from __future__ import annotations

from workstation.controllers.transfers import Transfers
from workstation.models.transfer import Details


class TransferActions:
    """The only place that knows which controllers list transfers."""

    def __init__(self, *owners: Transfers) -> None:
        self._owners = owners

    def act(self, number: int) -> None:
        """Do the first action of a transfer: cancel, resume or remove."""
        if (owner := self._owner(number)) is not None:
            owner.act(number)

    def remove(self, number: int) -> None:
        """Give up what waits to be resumed; remove what has ended."""
        if (owner := self._owner(number)) is not None:
            owner.remove(number)

    def remove_finished(self) -> None:
        """Remove all that has ended."""
        for owner in self._owners:
            owner.remove_finished()

    def details(self, number: int) -> Details | None:
        """All that is known of a transfer; None if it is listed no more."""
        owner = self._owner(number)
        return owner.details(number) if owner is not None else None

    def _owner(self, number: int) -> Transfers | None:
        return next((owner for owner in self._owners if owner.lists(number)), None)
