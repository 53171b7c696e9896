"""What worker threads hand to the GUI thread: order, rings, and the wait for room."""

from __future__ import annotations

import threading

from workstation.jobs.mailbox import Mailbox
from workstation.stop import Stop


def test_values_come_in_their_order_and_ring_once_until_they_are_taken() -> None:
    rings: list[int] = []
    mailbox = Mailbox[int](lambda: rings.append(len(mailbox)))
    for number in range(3):
        mailbox.put(number)
    assert rings == [1]
    assert mailbox.take() == [0, 1, 2]
    mailbox.put(3)
    assert rings == [1, 1]
    assert mailbox.take() == [3]
    assert mailbox.take() == []


def test_a_whole_batch_rings_once_more() -> None:
    rings: list[int] = []
    mailbox = Mailbox[int](lambda: rings.append(len(mailbox)), batch=3)
    for number in range(5):
        mailbox.put(number)
    assert rings == [1, 3]


def test_ringing_again_rings_although_it_rang() -> None:
    rings: list[None] = []
    mailbox = Mailbox[int](lambda: rings.append(None))
    mailbox.put(1)
    mailbox.ring_again()
    mailbox.ring_once()
    assert len(rings) == 2


def test_a_full_one_lets_the_worker_wait_until_half_is_taken() -> None:
    mailbox = Mailbox[int](most=4)
    handed = threading.Semaphore(0)

    def work() -> None:
        for number in range(5):
            mailbox.put(number)
            handed.release()

    worker = threading.Thread(target=work)
    worker.start()
    assert all(handed.acquire(timeout=10) for _ in range(4))
    assert not handed.acquire(timeout=0.05)
    with mailbox.lock:
        assert mailbox.pop(2) == [0, 1]
    assert handed.acquire(timeout=10)
    worker.join(10)
    assert mailbox.take() == [2, 3, 4]


def test_a_stop_request_ends_the_wait_and_drops_the_value() -> None:
    mailbox, stop = Mailbox[int](most=1), Stop()
    mailbox.put(1, stop)
    waits = threading.Event()

    def work() -> None:
        with stop.watching(mailbox.wake_waiting):
            waits.set()
            mailbox.put(2, stop)

    worker = threading.Thread(target=work)
    worker.start()
    assert waits.wait(10)
    stop.request()
    worker.join(10)
    assert not worker.is_alive()
    assert mailbox.take() == [1]
