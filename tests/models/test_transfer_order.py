"""The order of the list of transfers is the order in which they run."""

from __future__ import annotations

import pytest
from pytestqt.modeltest import ModelTester

from workstation.models.transfer import Priority, Transfer, TransferState
from workstation.models.transfers_model import TransferRole, TransfersModel

QUEUED, RUNNING, COMPLETE = TransferState.QUEUED, TransferState.RUNNING, TransferState.COMPLETE


@pytest.fixture
def model(qtmodeltester: ModelTester) -> TransfersModel:
    model = TransfersModel()
    qtmodeltester.check(model)
    return model


def add(model: TransfersModel, number: int, state: TransferState = QUEUED, priority: int = 1) -> Transfer:
    transfer = Transfer(number, f"{number}", "A", state, priority=Priority(priority))
    model.add(transfer)
    return transfer


def order(model: TransfersModel) -> list[int]:
    return [model.index(row, 0).data(TransferRole.NUMBER) for row in range(model.rowCount())]


def test_what_waits_runs_from_the_top_and_what_ended_is_below(model: TransfersModel) -> None:
    ended = add(model, 1)
    ended.state = COMPLETE
    model.tell(ended)
    for number in (2, 3, 4):
        add(model, number)
    assert order(model) == [2, 3, 4, 1]
    assert [model.position(number) for number in (2, 3, 4, 1)] == [0, 1, 2, 3]


def test_the_urgent_come_to_the_top_and_the_background_to_the_end(model: TransfersModel) -> None:
    for number, priority in enumerate((1, 2, 1, 0, 2, 0)):
        add(model, number, priority=priority)
    assert order(model) == [5, 3, 0, 2, 1, 4]


def test_nothing_moves_when_its_state_changes(model: TransfersModel) -> None:
    transfers = [add(model, number) for number in range(4)]
    for state in (RUNNING, COMPLETE):
        transfers[2].state = state
        model.tell(transfers[2])
        assert order(model) == [0, 1, 2, 3]
    add(model, 4)
    assert order(model) == [0, 1, 2, 3, 4]
    model.remove(2)
    assert [model.position(number) for number in (0, 1, 3, 4)] == [0, 1, 2, 3]


def test_the_user_moves_what_waits_step_by_step(model: TransfersModel) -> None:
    running = add(model, 0)
    for number in (1, 2, 3):
        add(model, number)
    running.state = RUNNING
    model.tell(running)
    model.step(3, down=False)
    assert order(model) == [0, 1, 3, 2]
    model.step(3, down=False)
    model.step(3, down=False)  # nothing that waits is above it
    assert order(model) == [0, 3, 1, 2]
    model.step(3, down=True)
    assert order(model) == [0, 1, 3, 2]
    model.step(0, down=True)  # it runs
    assert order(model) == [0, 1, 3, 2]
    add(model, 4)
    assert order(model) == [0, 1, 3, 2, 4]


def test_what_is_dropped_before_another_becomes_as_urgent(model: TransfersModel) -> None:
    add(model, 1)
    add(model, 2)
    background = add(model, 3, priority=2)
    model.move_before(3, 1)
    assert order(model) == [1, 3, 2]
    assert background.priority is Priority.NORMAL
    model.move_before(1, 3)
    assert order(model) == [3, 2, 1]
    model.move_before(3, 0)
    model.move_before(3, 1)
    model.move_before(7, 0)
    model.move_before(1, 9)
    assert order(model) == [3, 2, 1]


def test_the_round_lasts_until_nothing_runs_or_waits(model: TransfersModel) -> None:
    first, second = add(model, 1), add(model, 2)
    first.state = COMPLETE
    model.tell(first)
    assert set(model.round) == {1, 2}
    second.state = COMPLETE
    model.tell(second)
    assert set(model.round) == {1, 2}
    add(model, 3)
    assert set(model.round) == {3}
