"""Late answers: only the job that counts is heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from workstation.jobs.current_job import CurrentJob
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Run

DEADLINE = 40_000


@pytest.fixture
def lanes(qapp: object) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    assert lanes.shutdown(20)
    lanes.dismiss()


def delivering(lanes: Lanes, name: str, gate: threading.Event | None = None) -> Job:
    def work(run: Run) -> str:
        run.deliver(name)
        if gate is not None:
            assert gate.wait(10)
        return name

    return lanes.submit(Lane.QUERY, name, work, key=name)


def test_what_a_replaced_job_delivers_late_is_ignored(qtbot: QtBot, lanes: Lanes) -> None:
    delivered: list[str] = []
    ended: list[object] = []
    current, over, gate = CurrentJob(), list[object](), threading.Event()
    for name in ("first", "second"):
        job = delivering(lanes, name, gate)
        job.ended.connect(over.append)
        current.replace(job, delivered=delivered.extend, ended=lambda end: ended.append(end.result))
    gate.set()
    qtbot.waitUntil(lambda: len(over) == 2, timeout=DEADLINE)
    assert (delivered, ended) == (["second"], ["second"])
    assert not current.running


def test_a_dropped_job_is_cancelled_and_ignored(qtbot: QtBot, lanes: Lanes) -> None:
    ended: list[object] = []
    current, over = CurrentJob(), list[object]()
    job = delivering(lanes, "only")
    job.ended.connect(over.append)
    current.replace(job, ended=ended.append)
    assert current.running
    current.drop()
    assert not current.running
    assert job.cancelled
    qtbot.waitUntil(lambda: bool(over), timeout=DEADLINE)
    assert ended == []


def test_another_job_may_be_begun_when_one_has_ended(qtbot: QtBot, lanes: Lanes) -> None:
    current, ended = CurrentJob(), list[object]()

    def again(end: object) -> None:
        ended.append(end)
        if len(ended) < 3:
            current.replace(delivering(lanes, f"{len(ended)}"), ended=again)

    current.replace(delivering(lanes, "0"), ended=again)
    qtbot.waitUntil(lambda: len(ended) == 3, timeout=DEADLINE)
