"""One line sums up all transfers, and claims no more than is known."""

from __future__ import annotations

from collections import Counter

import pytest

from workstation.models.transfer import Transfer, TransferState
from workstation.models.transfer_summary import TransferSummary, summarise

RUNNING, QUEUED = TransferState.RUNNING, TransferState.QUEUED


def transfer(state: TransferState, done: int, expected: int | None, **more: object) -> Transfer:
    return Transfer(1, "x", "A", state, done=done, expected=expected, **more)  # type: ignore[arg-type]


def summed(*transfers: Transfer) -> TransferSummary:
    return summarise(Counter(one.state for one in transfers), transfers)


def test_nothing_runs() -> None:
    assert summed() == TransferSummary("Transfers")
    summary = summed(transfer(TransferState.COMPLETE, 3, 3), transfer(TransferState.RECEIVED, 3, None))
    assert summary == TransferSummary("Transfers  ·  1 complete, 1 received")


def test_all_that_runs_and_waits_is_one_progress() -> None:
    summary = summed(
        transfer(RUNNING, 20, 40, rate=8e6, pace=0.25),
        transfer(RUNNING, 8, 10, rate=4e6, pace=0.25),
        transfer(QUEUED, 0, 13),
        transfer(TransferState.COMPLETE, 10, 10),
    )
    assert summary.text == "2 running, 1 waiting  ·  38 of 73 images  ·  12.0 MB/s  ·  about 1 min left"
    assert summary.share == 38 / 73


def test_a_total_that_is_not_known_is_not_told() -> None:
    summary = summed(transfer(RUNNING, 28, None, rate=1e6, pace=1.0), transfer(QUEUED, 0, 10))
    assert summary.text == "1 running, 1 waiting  ·  28 images so far  ·  1.0 MB/s"
    assert summary.share is None
    assert summed(transfer(RUNNING, 1, None)).text == "1 running  ·  1 image so far"
    assert summed(transfer(RUNNING, 0, 1)).text == "1 running  ·  0 of 1 image"


def test_what_was_cancelled_will_not_come() -> None:
    assert "3 of 5" in summed(transfer(RUNNING, 3, 5), transfer(TransferState.CANCELLED, 7, 100)).text


def test_a_silent_archive_has_no_rate() -> None:
    one = transfer(RUNNING, 3, 5, rate=1e6, pace=3.0, silent=40.9)
    assert summed(one).text == "1 running  ·  3 of 5 images  ·  no image for 40 s"
    quick = transfer(RUNNING, 3, 5, rate=1e6, pace=3.0, silent=0.1)
    assert summed(one, quick).text == "2 running  ·  6 of 10 images  ·  2.0 MB/s", "its end is not known"


@pytest.mark.parametrize(
    ("pace", "words"),
    [
        (10.0, "less than 1 min left"),
        (1.0, "about 2 min left"),
        (100 / 3700, "about 1 h 02 min left"),
        (0.0, "images"),
    ],
)
def test_the_time_that_is_left_is_rough(pace: float, words: str) -> None:
    assert summed(transfer(RUNNING, 0, 100, pace=pace)).text.endswith(words)


def test_what_needs_the_user_is_told_in_words() -> None:
    states = TransferState
    summary = summed(
        transfer(states.FAILED, 0, 1),
        transfer(states.PARTIAL, 1, 2),
        transfer(states.ON_HOLD, 1, 2),
        transfer(states.REFUSED, 1, 2),
        transfer(states.PAUSED, 1, 2),
        transfer(states.UNFINISHED, 1, 2),
        transfer(QUEUED, 1, 2, needs_passcode=True),
    )
    assert summary.failed == "1 failed"
    assert summary.needs_user == (
        "1 waiting for a passcode, 1 incomplete, 1 refused or unfiled, 1 paused, 1 trying again, 1 unfinished"
    )
