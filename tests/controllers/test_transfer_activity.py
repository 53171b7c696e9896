from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from workstation.controllers.transfer_activity import TransferActivity
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import TransfersModel

STATES = TransferState


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([STATES.COMPLETE], "1 transfer complete"),
        ([STATES.COMPLETE, STATES.RECEIVED, STATES.PARTIAL], "2 transfers complete, 1 incomplete"),
        ([STATES.FAILED, STATES.CANCELLED], "1 failed"),
        ([STATES.ON_HOLD], "1 paused"),
        ([STATES.CANCELLED], ""),
    ],
)
def test_the_end_of_all_is_told_without_whose_they_were(
    qtbot: QtBot, ends: list[TransferState], told: str
) -> None:
    model = TransfersModel()
    activity = TransferActivity(model)
    running: list[bool] = []
    ended: list[tuple[float, str]] = []
    activity.running.connect(running.append)
    activity.ended.connect(lambda seconds, text: ended.append((seconds, text)))
    transfers = [Transfer(number, "Doe, John", "A") for number in range(len(ends))]
    model.add(*transfers)
    assert running == [True]
    for transfer, state in zip(transfers, ends, strict=True):
        assert not ended
        transfer.state = state
        model.tell(transfer)
    assert running == [True, False]
    [(seconds, text)] = ended
    assert seconds >= 0
    assert text == told
    assert "Doe" not in text


def test_what_waits_for_its_hours_is_still_to_come(qtbot: QtBot) -> None:
    model = TransfersModel()
    activity = TransferActivity(model)
    running: list[bool] = []
    to_come: list[bool] = []
    activity.running.connect(running.append)
    activity.to_come.connect(to_come.append)
    transfer = Transfer(1, "Doe, John", "A", STATES.DEFERRED)
    model.add(transfer)
    assert (running, to_come) == ([], [True])
    for state in (STATES.QUEUED, STATES.RUNNING, STATES.DEFERRED):
        transfer.state = state
        model.tell(transfer)
    assert (running, to_come) == ([True, False], [True])
    transfer.state = STATES.COMPLETE
    model.tell(transfer)
    assert to_come == [True, False]


def test_what_is_only_listed_is_no_activity(qtbot: QtBot) -> None:
    model = TransfersModel()
    activity = TransferActivity(model)
    running: list[bool] = []
    activity.running.connect(running.append)
    model.add(Transfer(1, "Doe, John", "A", STATES.UNFINISHED))
    model.remove(1)
    assert running == []


def test_the_end_of_what_nobody_asked_for_is_not_told(qtbot: QtBot) -> None:
    model = TransfersModel()
    activity = TransferActivity(model)
    ended: list[str] = []
    activity.ended.connect(lambda seconds, text: ended.append(text))
    transfer = Transfer(1, "Doe, John", "A", unasked=True)
    model.add(transfer)
    transfer.state = STATES.COMPLETE
    model.tell(transfer)
    assert ended == [""]
