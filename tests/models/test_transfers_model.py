from __future__ import annotations

import pytest
from pytestqt.modeltest import ModelTester

from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_cells import TransferColumn, titles
from workstation.models.transfers_model import KEPT, TransferRole, TransfersModel


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TransfersModel:
    model = TransfersModel()
    qtmodeltester.check(model)
    return model


def cell(model: TransfersModel, row: int, column: TransferColumn) -> object:
    return model.index(row, column).data()


def test_whoever_hears_of_a_removal_finds_each_of_the_others_by_its_number(model: TransfersModel) -> None:
    transfers = [Transfer(number, f"Study {number}", "A") for number in range(1, 11)]
    model.add(*transfers)
    heard: list[bool] = []

    def look() -> None:
        left = [one for one in model.all if one.number not in (2, 3, 7, 10)]
        heard.append(all(model.find(one.number) is one for one in left))

    model.rowsRemoved.connect(look)
    model.remove(2, 3, 7, 10)
    assert heard == [True] * 3


def test_the_newest_is_on_top_and_can_be_removed(model: TransfersModel) -> None:
    model.add(Transfer(1, "Doe, John", "A", TransferState.COMPLETE))
    model.add(Transfer(2, "Roe, Jane", "B"))
    assert [cell(model, row, TransferColumn.TITLE) for row in (0, 1)] == ["Roe, Jane", "Doe, John"]
    model.remove(2)
    model.remove(7)
    assert model.rowCount() == 1
    assert model.index(0, 0).data(TransferRole.NUMBER) == 1


def test_progress_is_told(model: TransfersModel) -> None:
    transfer = Transfer(1, "Doe, John", "A", TransferState.RUNNING)
    model.add(transfer)
    assert model.index(0, 0).data(TransferRole.SHARE) == -1.0
    transfer.done, transfer.expected, transfer.bytes = 5, 20, 2_500_000
    assert cell(model, 0, TransferColumn.RATE) == ""
    transfer.rate, transfer.pace = 1e6, 2.0
    model.tell(transfer)
    assert model.index(0, 0).data(TransferRole.SHARE) == 0.25
    assert cell(model, 0, TransferColumn.PROGRESS) == "5 of 20 images"
    assert cell(model, 0, TransferColumn.RATE) == "1.0 MB/s  ·  0:08"
    transfer.state = TransferState.COMPLETE
    assert cell(model, 0, TransferColumn.RATE) == "2.5 MB"
    assert titles()[TransferColumn.RATE] == "Rate, size"
    assert transfer.seconds_left is None


def test_a_paused_transfer_says_when_it_goes_on(model: TransfersModel) -> None:
    lost = Transfer(1, "Doe, John", "A", TransferState.PAUSED, message="It was lost.", resumes_in=14.2)
    model.add(lost)
    assert cell(model, 0, TransferColumn.STATE) == "Trying again in 0:14. It was lost."
    assert cell(model, 0, TransferColumn.ACTION) == "Cancel"
    assert cell(model, 0, TransferColumn.SECOND) == "Resume"
    lost.resumes_in = None
    assert "by itself" in cell(model, 0, TransferColumn.STATE)
    assert model.running == []


def test_an_unfinished_one_can_be_forgotten(model: TransfersModel) -> None:
    model.add(Transfer(1, "Doe, John", "A", TransferState.UNFINISHED))
    assert cell(model, 0, TransferColumn.SECOND) == "Forget"


@pytest.mark.parametrize(
    ("done", "expected", "words"),
    [
        (0, None, "0 images"),
        (1, None, "1 image"),
        (1, 1, "1 of 1 image"),
        (1, 2, "1 of 2 images"),
        (4, 2, "4 images"),
    ],
)
def test_one_image_is_one(model: TransfersModel, done: int, expected: int | None, words: str) -> None:
    model.add(Transfer(1, "Doe, John", "A", TransferState.RUNNING, done=done, expected=expected))
    assert cell(model, 0, TransferColumn.PROGRESS) == words


def test_a_silent_archive_is_told_instead_of_its_last_rate(model: TransfersModel) -> None:
    transfer = Transfer(1, "Doe, John", "A", TransferState.RUNNING, rate=1e6, pace=2.0, silent=4.9)
    model.add(transfer)
    assert cell(model, 0, TransferColumn.RATE) == "1.0 MB/s"
    transfer.silent = 40.3
    assert cell(model, 0, TransferColumn.RATE) == "no image for 40 s"
    transfer.silent = 130.0
    assert cell(model, 0, TransferColumn.RATE) == "no image for 2 min"
    transfer.state = TransferState.QUEUED
    assert "no image" not in str(cell(model, 0, TransferColumn.RATE))


@pytest.mark.parametrize(
    ("state", "pauses", "second"),
    [
        (TransferState.QUEUED, False, "Pause"),
        (TransferState.RUNNING, True, "Pause"),
        (TransferState.RUNNING, False, ""),
        (TransferState.ON_HOLD, True, "Resume"),
    ],
)
def test_what_can_go_on_with_the_rest_can_be_paused(
    model: TransfersModel, state: TransferState, pauses: bool, second: str
) -> None:
    model.add(Transfer(1, "Doe, John", "A", state, pauses=pauses))
    assert cell(model, 0, TransferColumn.SECOND) == second


def test_what_is_being_paused_can_still_be_cancelled(model: TransfersModel) -> None:
    model.add(Transfer(1, "Doe, John", "A", TransferState.CANCELLING, pausing=True))
    assert cell(model, 0, TransferColumn.STATE) == "Pausing…"
    assert cell(model, 0, TransferColumn.ACTION) == "Cancel"


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (TransferState.QUEUED, "Cancel"),
        (TransferState.RUNNING, "Cancel"),
        (TransferState.CANCELLING, ""),
        (TransferState.COMPLETE, "Remove"),
        (TransferState.PARTIAL, "Resume"),
        (TransferState.FAILED, "Retry"),
        (TransferState.CANCELLED, "Resume"),
        (TransferState.ON_HOLD, "Cancel"),
        (TransferState.UNFINISHED, "Resume"),
    ],
)
def test_each_state_offers_one_thing_and_says_something(
    model: TransfersModel, state: TransferState, action: str
) -> None:
    model.add(Transfer(1, "Doe, John", "A", state))
    assert cell(model, 0, TransferColumn.ACTION) == action
    assert cell(model, 0, TransferColumn.STATE)


def test_old_ended_transfers_leave_and_running_ones_stay(model: TransfersModel) -> None:
    model.add(Transfer(0, "runs", "A", TransferState.RUNNING))
    for number in range(1, KEPT + 20):
        model.add(Transfer(number, "done", "A", TransferState.COMPLETE))
    assert model.rowCount() == KEPT
    assert [one.number for one in model.running] == [0]


def test_many_are_listed_and_taken_off_together(qapp: object) -> None:
    model = TransfersModel()
    inserted: list[tuple[int, int]] = []
    removed: list[tuple[int, int]] = []
    dropped: list[int] = []
    model.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    model.rowsRemoved.connect(lambda _, first, last: removed.append((first, last)))
    model.dropped.connect(dropped.extend)
    transfers = [Transfer(number, f"Study {number}", "PACS") for number in range(10)]
    model.add(*reversed(transfers))
    assert inserted == [(0, 9)]
    assert [model.index(row, 0).data() for row in range(10)] == [f"Study {9 - row}" for row in range(10)]
    assert model.running_count == 10

    for number in (2, 3, 4, 8):
        transfers[number].state = TransferState.COMPLETE
        model.tell(transfers[number])
    assert (model.running_count, model.ended_count) == (6, 4)
    model.remove(8, 3, 2, 4, 77)
    assert removed == [(5, 7), (1, 1)]
    assert [model.index(row, 0).data() for row in range(6)] == [f"Study {n}" for n in (9, 7, 6, 5, 1, 0)]
    assert (model.running_count, model.ended_count) == (6, 0)
    assert model.find(9) is transfers[9]
    assert model.find(3) is None
    assert set(dropped) == {2, 3, 4, 8, 77}
