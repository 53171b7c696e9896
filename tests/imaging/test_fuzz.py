"""Damaged frames and files, shown as the window shows them: nothing ends it, nothing takes ten seconds."""

from __future__ import annotations

import pytest

from tests.imaging import mutated
from tests.imaging.fuzz import Outcome, of_stream, run
from workstation.imaging.decoding import FRAME_SECONDS, START_SECONDS


def check(outcome: Outcome, count: int) -> None:
    assert sum(outcome.found.values()) == count
    assert min(outcome.found["shown"], outcome.found["a card"]) > count // 20
    assert outcome.slowest < 2 * FRAME_SECONDS + START_SECONDS
    assert len(outcome.ended) <= count // 200, f"too many end a process: {outcome.ended[:20]}"


def test_two_thousand_damaged_streams() -> None:
    check(run(of_stream, 0, 2_000, with_tags=False), 2_000)


def test_three_hundred_damaged_files_in_processes_of_their_own() -> None:
    check(run(mutated.damaged, 0, 300, with_tags=True), 300)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_fifty_thousand_damaged_streams() -> None:
    check(run(of_stream, 10_000, 50_000, with_tags=False), 50_000)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_damaged_files_in_processes_of_their_own() -> None:
    check(run(mutated.damaged, 1_000, 10_000, with_tags=True), 10_000)
