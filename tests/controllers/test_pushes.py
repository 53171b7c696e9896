"""Pushes as lines: bounded whoever sends, counted exactly, from many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from workstation.controllers.notices import Notices
from workstation.controllers.pushes import MOST_LINES, Pushes
from workstation.dicom.association_facts import Peer
from workstation.errors import UserMessage
from workstation.jobs.lanes import Lanes
from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfers_model import KEPT, TransfersModel
from workstation.store.store_results import Refused, Status


@pytest.fixture
def pushes(qapp: object) -> Iterator[Pushes]:
    lanes = Lanes()
    yield Pushes(lanes, TransfersModel(), Notices())
    assert lanes.shutdown(20)


def refused(sender: str, reason: str = "nobody asked for it", **facts: object) -> Refused:
    peer = Peer(ae_title=sender, own_ae_title="WORKSTATION", address="192.0.2.66", called=True)
    return Refused("1.2.3", Status.NOT_AUTHORISED, UserMessage(reason, **facts), peer)


def counts(pushes: Pushes) -> list[int]:
    model = pushes._transfers
    return [model._transfers[place].done for place in range(model.rowCount())]


def test_many_senders_share_a_line_and_drive_nothing_else_off_the_list(pushes: Pushes) -> None:
    for number in range(5):
        pushes._transfers.add(Transfer(10_000 + number, "Doe", "A", TransferState.COMPLETE))
    for number in range(2 * KEPT):
        pushes.add(refused(f"S{number}"))
        if number % 7 == 0:
            pushes.drain()
    pushes.drain()
    assert pushes._transfers.rowCount() == 5 + MOST_LINES + 1
    assert sum(counts(pushes)) == 2 * KEPT
    titles = [one.title for one in pushes._transfers._transfers]
    assert "Pushed by other senders" in titles
    pushes.remove_finished()
    assert pushes._transfers.rowCount() == 5


def test_one_reason_is_one_line_whatever_it_is_filled_with(pushes: Pushes) -> None:
    for number in range(3):
        pushes.add(refused("CT1", "its {name} is missing", name=f"element {number}"))
    pushes.drain()
    assert counts(pushes) == [3]


def test_every_object_is_counted_from_many_threads(pushes: Pushes) -> None:
    def send() -> None:
        for _ in range(500):
            pushes.add(refused("CT1"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pushes.drain()
    assert counts(pushes) == [2000]


def test_a_senders_name_is_one_line_of_text(pushes: Pushes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "workstation")
    pushes.add(refused("A\nB\u202e<b>"))
    pushes.drain()
    pushes.write_log()
    assert caplog.messages == [
        "1 objects pushed by A B<b> (192.0.2.66) were refused with 0124H: nobody asked for it"
    ]


def test_a_line_that_fell_off_the_list_begins_anew(pushes: Pushes) -> None:
    model = pushes._transfers
    pushes.add(refused("CT1"))
    pushes.drain()
    for _ in range(KEPT + 1):
        model.add(Transfer(model.next_number(), "Doe", "A", TransferState.COMPLETE))
    assert "Pushed by CT1 (192.0.2.66)" not in [one.title for one in model.all]
    pushes.add(refused("CT1"))
    pushes.drain()
    assert (model.all[0].title, model.all[0].done) == ("Pushed by CT1 (192.0.2.66)", 1)
