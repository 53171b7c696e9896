"""An action on a listed transfer goes to the controller that lists it, and to no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workstation.controllers.notices import Notices
from workstation.controllers.transfer_actions import TransferActions
from workstation.controllers.transfer_task import TransferTask
from workstation.controllers.transfers import Transfers
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes
from workstation.models.transfer import Details, Transfer, TransferState
from workstation.models.transfers_model import TransfersModel


class Unfinished(TransferTask):
    """Waits to be resumed, which never works."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__(Transfer(number, title, "", TransferState.UNFINISHED))
        self.begun = 0

    def submit(self) -> Job | None:
        self.begun += 1
        return None

    def details(self) -> Details:
        return Details(self.transfer.title, "")


class Listing(Transfers):
    """Lists one transfer."""

    def __init__(self, lanes: Lanes, model: TransfersModel, title: str) -> None:
        super().__init__(lanes, model, Notices())
        self.one = Unfinished(model.next_number(), title)
        self.number = self.one.transfer.number
        self._list(self.one)


@pytest.fixture
def lanes(qapp: object) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.shutdown(20)


def test_only_the_owner_acts(lanes: Lanes) -> None:
    model = TransfersModel()
    first, second = Listing(lanes, model, "first"), Listing(lanes, model, "second")
    actions = TransferActions(model, first, second)
    actions.act(second.number)
    assert (first.one.begun, second.one.begun) == (0, 1)
    details = actions.details(first.number)
    assert details is not None
    assert details.title == "first"
    actions.remove(first.number)
    assert actions.details(first.number) is None
    assert model.rowCount() == 1
    actions.act(first.number)  # it is listed no more
    second.one.transfer.state = TransferState.COMPLETE
    actions.remove_finished()
    assert model.rowCount() == 0
