from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import ClassVar
from weakref import WeakKeyDictionary

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot
from typing_extensions import override

from workstation.errors import ConnectionLost, Unreachable
from workstation.jobs.job import Job, State
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import BATCH, MOST_WAITING, Ended, Ending, Run
from workstation.stop import Progress

DEADLINE = 40_000


class WatchedLanes(Lanes):
    """Lanes that remember how their jobs ended, as long as somebody holds the job."""

    ends: ClassVar[WeakKeyDictionary[Job, Ended]] = WeakKeyDictionary()

    @override
    def submit(
        self,
        lane: Lane,
        title: str,
        work: Callable[[Run], object],
        *,
        key: Hashable = None,
        report: Report = Report.ALL,
    ) -> Job:
        job = super().submit(lane, title, work, key=key, report=report)
        job.ended.connect(partial(self.ends.__setitem__, job))
        return job


@pytest.fixture
def lanes(qapp: object) -> Iterator[Lanes]:
    lanes = WatchedLanes()
    yield lanes
    assert lanes.shutdown(20)


def wait(qtbot: QtBot, job: Job) -> Ended:
    qtbot.waitUntil(lambda: job in WatchedLanes.ends, timeout=DEADLINE)
    return WatchedLanes.ends[job]


def until_stopped(run: Run) -> None:
    """Work that waits as an association does: woken by the stop request."""
    asked = threading.Event()
    with run.stop.watching(asked.set):
        asked.wait(30)
    run.stop.check()


class Gate:
    """Work that runs until it is let through."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, run: Run) -> str:
        self.entered.set()
        assert self.opened.wait(30)
        return "through"


def test_the_work_runs_elsewhere_and_its_signals_here(qtbot: QtBot, lanes: Lanes) -> None:
    here = threading.get_ident()
    threads: list[int] = []
    job = lanes.submit(Lane.QUERY, "echo", lambda run: threading.get_ident())
    job.changed.connect(lambda: threads.append(threading.get_ident()))
    job.ended.connect(lambda ended: threads.append(threading.get_ident()))
    assert job.state is State.QUEUED
    assert wait(qtbot, job).result != here
    assert set(threads) == {here}


@pytest.mark.logs("a bug ended “echo”")
def test_known_error_is_a_failure_and_a_bug_is_a_crash(qtbot: QtBot, lanes: Lanes) -> None:
    failed = wait(qtbot, lanes.submit(Lane.QUERY, "echo", fail))
    assert failed.ending is Ending.FAILED
    assert "PACS-A does not answer" in str(failed.error)
    crashed = wait(qtbot, lanes.submit(Lane.QUERY, "echo", crash))
    assert (crashed.ending, crashed.error) == (Ending.CRASHED, None)
    assert wait(qtbot, lanes.submit(Lane.QUERY, "echo", lambda run: 1)).result == 1


def test_every_value_arrives_in_order_before_the_end(qtbot: QtBot, lanes: Lanes) -> None:
    seen: list[object] = []
    batches: list[int] = []

    def work(run: Run) -> None:
        for number in range(5000):
            run.deliver(number)

    job = lanes.submit(Lane.QUERY, "find", work)
    job.delivered.connect(lambda batch: (seen.extend(batch), batches.append(len(batch))))
    job.ended.connect(lambda ended: seen.append("end"))
    wait(qtbot, job)
    assert seen == [*range(5000), "end"]
    assert max(batches) <= 200


def test_what_comes_too_fast_waits_for_its_reader(qtbot: QtBot, lanes: Lanes) -> None:
    handed = threading.Semaphore(0)

    def work(run: Run) -> None:
        for number in range(MOST_WAITING + 1):
            run.deliver(number)
            handed.release()

    seen: list[int] = []
    job = lanes.submit(Lane.QUERY, "search", work)
    job.delivered.connect(seen.extend)
    assert all(handed.acquire(timeout=10) for _ in range(MOST_WAITING))
    assert not handed.acquire(timeout=0.1)  # the event loop has not turned
    assert wait(qtbot, job).ending is Ending.DONE
    assert seen == list(range(MOST_WAITING + 1))


def test_whole_batches_wait_for_no_tick(qtbot: QtBot, lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.jobs.job.TICK_MS", 600_000)
    seen: list[int] = []

    def work(run: Run) -> None:
        for number in range(20 * BATCH):
            run.deliver(number)
            if number % (3 * BATCH) == 0:
                taken.acquire(timeout=0.05)  # the mailbox is emptied meanwhile, or not

    taken = threading.Semaphore(0)
    job = lanes.submit(Lane.QUERY, "search", work)
    job.delivered.connect(seen.extend)
    assert wait(qtbot, job).ending is Ending.DONE
    assert seen == list(range(20 * BATCH))


def test_a_stop_request_reaches_work_that_waits_for_its_reader(qtbot: QtBot, lanes: Lanes) -> None:
    full, ended = threading.Event(), threading.Event()

    def work(run: Run) -> None:
        for number in range(MOST_WAITING):
            run.deliver(number)
        full.set()
        run.deliver("one too many")
        ended.set()
        run.stop.check()

    job = lanes.submit(Lane.QUERY, "search", work)
    assert full.wait(10)
    job.cancel()
    assert ended.wait(10)
    assert wait(qtbot, job).ending is Ending.CANCELLED


def test_progress_is_thinned_and_its_last_value_comes(qtbot: QtBot, lanes: Lanes) -> None:
    seen: list[Progress] = []

    def work(run: Run) -> None:
        for number in range(20_001):
            run.report(Progress(done=number))

    job = lanes.submit(Lane.TRANSFER, "get", work)
    job.progressed.connect(seen.append)
    wait(qtbot, job)
    assert seen[-1] == Progress(done=20_000)
    assert len(seen) < 200
    assert [one.done for one in seen] == sorted(one.done for one in seen)


def test_the_last_progress_comes_even_if_the_work_goes_on(qtbot: QtBot, lanes: Lanes) -> None:
    gate = Gate()

    def work(run: Run) -> None:
        for number in range(100):
            run.report(Progress(done=number))
        gate(run)

    job = lanes.submit(Lane.TRANSFER, "get", work)
    qtbot.waitUntil(lambda: job.progress.done == 99, timeout=DEADLINE)
    gate.opened.set()
    wait(qtbot, job)


def test_cancelling_running_work_wakes_it(qtbot: QtBot, lanes: Lanes) -> None:
    job = lanes.submit(Lane.TRANSFER, "get", until_stopped)
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=DEADLINE)
    states: list[State] = []
    job.changed.connect(lambda: states.append(job.state))
    job.cancel()
    assert job.state is State.CANCELLING
    assert wait(qtbot, job).ending is Ending.CANCELLED
    assert states == [State.CANCELLING, State.ENDED]


def test_a_lost_association_after_cancelling_is_no_failure(qtbot: QtBot, lanes: Lanes) -> None:
    def work(run: Run) -> None:
        asked = threading.Event()
        with run.stop.watching(asked.set):
            asked.wait(30)
        raise ConnectionLost("PACS-A", "aborted")

    job = lanes.submit(Lane.TRANSFER, "get", work)
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=DEADLINE)
    job.cancel()
    assert wait(qtbot, job).ending is Ending.CANCELLED


def test_nothing_is_delivered_after_cancelling(qtbot: QtBot, lanes: Lanes) -> None:
    gate = Gate()

    def work(run: Run) -> None:
        run.deliver("early")
        gate(run)
        run.deliver("late")

    seen: list[object] = []
    job = lanes.submit(Lane.QUERY, "find", work)
    job.delivered.connect(seen.extend)
    qtbot.waitUntil(lambda: bool(seen), timeout=DEADLINE)
    job.cancel()
    gate.opened.set()
    wait(qtbot, job)
    assert seen == ["early"]


def test_ends_are_heard_in_their_order(qtbot: QtBot, lanes: Lanes) -> None:
    gate, heard = Gate(), list[str]()

    def slow(run: Run) -> str:
        run.report(Progress(1, 2))
        return gate(run)

    for name, work in (("first", slow), ("second", lambda run: None)):
        job = lanes.submit(Lane.TRANSFER, name, work)
        job.ended.connect(lambda ended, name=name: heard.append(name))
        if name == "first":  # something of it is heard, so that its end would wait for the next tick
            qtbot.waitUntil(lambda job=job: job.progress.done == 1, timeout=DEADLINE)
    gate.opened.set()
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=DEADLINE)
    assert heard == ["first", "second"]


def test_a_queued_job_is_cancelled_without_running(qtbot: QtBot, lanes: Lanes) -> None:
    gate, ran = Gate(), threading.Event()
    first = lanes.submit(Lane.TRANSFER, "first", gate)
    second = lanes.submit(Lane.TRANSFER, "second", lambda run: ran.set())
    second.cancel()
    assert wait(qtbot, second).ending is Ending.CANCELLED
    gate.opened.set()
    assert wait(qtbot, first).result == "through"
    assert not ran.is_set()


@pytest.mark.parametrize(("lane", "order"), [(Lane.TRANSFER, ["a", "b", "c"]), (Lane.QUERY, ["c", "b", "a"])])
def test_order_in_a_lane(qtbot: QtBot, lanes: Lanes, lane: Lane, order: list[str]) -> None:
    gate = Gate()
    done: list[str] = []

    def note(name: str) -> Callable[[Run], None]:
        return lambda run: done.append(name)

    lanes.submit(lane, "gate", gate)
    assert gate.entered.wait(10)
    jobs = [lanes.submit(lane, name, note(name)) for name in "abc"]
    gate.opened.set()
    for job in jobs:
        wait(qtbot, job)
    assert done == order


def test_lanes_of_two_nodes_run_at_once(qtbot: QtBot, lanes: Lanes) -> None:
    meeting = threading.Barrier(2, timeout=10)
    one = lanes.submit(Lane.QUERY, "echo", lambda run: meeting.wait(), key="a")
    other = lanes.submit(Lane.QUERY, "echo", lambda run: meeting.wait(), key="b")
    assert {wait(qtbot, one).result, wait(qtbot, other).result} == {0, 1}


def test_whether_lanes_have_jobs_is_told_whenever_it_changes(qtbot: QtBot, lanes: Lanes) -> None:
    gate, seen = Gate(), list[bool]()
    lanes.changed.connect(lambda: seen.append(lanes.has_jobs([Lane.QUERY, Lane.ECHO])))
    jobs = [lanes.submit(Lane.QUERY, "wait", gate, key=key) for key in "aab"]
    lanes.submit(Lane.SHOW, "of another lane", lambda run: None)
    gate.opened.set()
    for job in jobs:
        wait(qtbot, job)
    assert seen[0]
    qtbot.waitUntil(lambda: len(seen) == 8, timeout=DEADLINE)
    assert not seen[-1]


def test_an_idle_lane_has_no_thread(qtbot: QtBot, lanes: Lanes) -> None:
    job = lanes.submit(Lane.QUERY, "echo", lambda run: None, key="a")
    wait(qtbot, job)
    qtbot.waitUntil(lambda: not lanes.findChildren(QThread) and not lanes._threads, timeout=DEADLINE)


class Result:
    """Something large, as the matches of a search are."""


@pytest.mark.parametrize("ending", ["done", "failed", "cancelled", "never begun"])
def test_an_ended_job_is_let_go_with_its_work_and_result_whoever_listened(
    qtbot: QtBot, lanes: Lanes, ending: str
) -> None:
    """Listeners that hold the job make a ring through C++ that no search for garbage finds."""
    heard: list[str] = []

    def work(run: Run) -> Result:
        if ending == "failed":
            raise ConnectionLost("PACS", "aborted")
        if ending == "cancelled":
            until_stopped(run)
        run.deliver(1)
        run.report(Progress(1))
        return Result()

    gate = Gate()
    if ending == "never begun":
        lanes.submit(Lane.QUERY, "gate", gate, key="a")
        assert gate.entered.wait(10)
    job = lanes.submit(Lane.QUERY, "echo", work, key="a")
    for name in ("changed", "delivered", "progressed", "ended"):
        getattr(job, name).connect(lambda *_, job=job, name=name: heard.append(name))
    if ending in ("cancelled", "never begun"):
        job.cancel()
    ends: list[Ended] = []
    job.ended.connect(ends.append)
    qtbot.waitUntil(lambda: bool(ends), timeout=DEADLINE)
    gate.opened.set()
    result = None if ends[0].result is None else weakref.ref(ends[0].result)
    assert (result is not None) == (ending == "done")
    left = weakref.ref(job), weakref.ref(work)
    ends.clear()
    del job, work
    qtbot.waitUntil(lambda: not lanes._threads, timeout=DEADLINE)
    gc.collect()
    assert [one() for one in left] == [None, None]
    assert result is None or result() is None
    assert heard[-1] == "ended"


def test_what_a_job_holds_ends_in_the_gui_thread(qtbot: QtBot, lanes: Lanes) -> None:
    """Its work may be the last to hold a widget, which must not end in a lane."""
    ended_in: list[int] = []

    class Held:
        def __del__(self) -> None:
            ended_in.append(threading.get_ident())

    def work(held: Held, run: Run) -> None:
        """Only holds it."""

    for _ in range(50):
        lanes.submit(Lane.QUERY, "echo", partial(work, Held()), key="a")
    qtbot.waitUntil(lambda: len(ended_in) == 50, timeout=DEADLINE)
    assert set(ended_in) == {threading.get_ident()}


def test_many_short_jobs_lose_none(qtbot: QtBot, lanes: Lanes) -> None:
    jobs = [lanes.submit(Lane.QUERY, "echo", lambda run, n=n: n, key=n % 3) for n in range(300)]
    assert [wait(qtbot, job).result for job in jobs] == list(range(300))


def test_shutdown_stops_running_and_queued_work_and_takes_no_more(qtbot: QtBot) -> None:
    lanes = WatchedLanes()
    asked: list[bool] = []

    def work(run: Run) -> None:
        try:
            until_stopped(run)
        finally:
            asked.append(run.stop.at_once)

    running = lanes.submit(Lane.TRANSFER, "get", work)
    queued = lanes.submit(Lane.TRANSFER, "get", work)
    qtbot.waitUntil(lambda: running.state is State.RUNNING, timeout=DEADLINE)
    assert lanes.shutdown(20)
    assert asked == [True]
    late = lanes.submit(Lane.TRANSFER, "get", work)
    for job in (running, queued, late):
        assert wait(qtbot, job).ending is Ending.CANCELLED
    assert asked == [True]


@pytest.mark.logs("“a deaf job” did not stop in time")
def test_shutdown_says_so_when_work_does_not_stop(qtbot: QtBot) -> None:
    lanes = WatchedLanes()
    gate = Gate()
    job = lanes.submit(Lane.TRANSFER, "a deaf job", gate)
    assert gate.entered.wait(10)
    assert not lanes.shutdown(0.05)
    gate.opened.set()
    wait(qtbot, job)
    assert lanes.shutdown(20)


def test_nobody_hears_of_dismissed_jobs(qtbot: QtBot) -> None:
    lanes = WatchedLanes()
    heard: list[object] = []
    running = lanes.submit(Lane.TRANSFER, "get", until_stopped)
    qtbot.waitUntil(lambda: running.state is State.RUNNING, timeout=DEADLINE)
    running.ended.connect(heard.append)
    running.changed.connect(lambda: heard.append("changed"))
    assert lanes.shutdown(20)
    lanes.dismiss()
    heard.clear()
    other = WatchedLanes()
    wait(qtbot, other.submit(Lane.QUERY, "echo", lambda run: None))  # events were delivered
    assert other.shutdown(20)
    assert heard == []


def fail(run: Run) -> None:
    raise Unreachable("PACS-A", "10.0.0.5", 104, "no route")


def crash(run: Run) -> None:
    raise KeyError("oops")


@pytest.mark.logs("a bug ended “crash”")
@pytest.mark.parametrize(
    ("report", "reported"),
    [
        (Report.ALL, ["own", "own", Ending.FAILED, "own", Ending.CRASHED]),
        (Report.BUGS, ["own", "own", "own", Ending.CRASHED]),
        (Report.NONE, ["own", "own", "own"]),
    ],
)
def test_ends_that_no_caller_shows_are_reported_after_its_own_signal(
    qtbot: QtBot, lanes: Lanes, report: Report, reported: list[object]
) -> None:
    heard: list[object] = []
    lanes.failed.connect(lambda ended: heard.append(ended.ending))
    for title, work in (("done", lambda run: None), ("fail", fail), ("crash", crash)):
        job = lanes.submit(Lane.QUERY, title, work, report=report)
        job.ended.connect(lambda ended: heard.append("own"))
        wait(qtbot, job)
    assert heard == reported


def test_a_known_error_of_a_cancelled_job_is_not_reported(qtbot: QtBot, lanes: Lanes) -> None:
    heard: list[object] = []
    lanes.failed.connect(heard.append)
    job = lanes.submit(Lane.QUERY, "fail", fail)
    assert all(thread.wait(DEADLINE) for thread in lanes._threads)
    job.cancel()  # its end lies in the mailbox already
    wait(qtbot, job)
    assert heard == []
