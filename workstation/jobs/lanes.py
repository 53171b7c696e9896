"""Lanes: queues of jobs, each with a QThread of its own while it has work, none when idle.

A peer limits its associations and answers in order; a lane asks it one thing at a time. Threads are never
terminated, and none is dropped while it runs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from enum import Enum
from functools import partial

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from typing_extensions import override

from workstation.jobs.job import Job
from workstation.jobs.lane import Lane, Order
from workstation.jobs.run import Ended, Ending, Run

_log = logging.getLogger(__name__)


class Report(Enum):
    """Which ends of a job :attr:`Lanes.failed` reports to the user."""

    ALL = "all"
    """Known errors and bugs."""
    BUGS = "bugs"
    """Bugs only: a known error is expected, or the caller shows it."""
    NONE = "none"
    """The caller shows both."""


class _Queue:
    """The queued jobs of a lane, and whether a thread executes them."""

    def __init__(self, order: Order) -> None:
        self._newest_first = order is Order.NEWEST_FIRST
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._has_thread = False
        self._closed = False
        self.running: Run | None = None

    def put(self, run: Run) -> bool:
        """Queue ``run``; True if the caller has to start a thread."""
        with self._lock:
            self._waiting.append(run)
            needed, self._has_thread = not self._has_thread, True
            return needed

    def next(self) -> Run | None:
        """The next one to execute; None when there is none: the calling thread then ends."""
        with self._lock:
            if self._closed or not self._waiting:
                self.running, self._has_thread = None, False
                return None
            self.running = self._waiting.pop() if self._newest_first else self._waiting.popleft()
            return self.running

    def withdraw(self, run: Run) -> bool:
        """Take ``run`` out of the queue; False if it is not waiting there."""
        with self._lock:
            if run not in self._waiting:
                return False
            self._waiting.remove(run)
            return True

    def close(self) -> None:
        """Start no queued job any more; otherwise the end of one would start the next."""
        with self._lock:
            self._closed = True


class _Thread(QThread):
    def __init__(self, queue: _Queue, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.over = False
        self._queue = queue

    @override
    def run(self) -> None:
        while (run := self._queue.next()) is not None:
            run.execute()
            del run  # hold nothing of a job's while idle
        self.over = True


class Lanes(QObject):
    """All lanes; belongs to the GUI thread.

    Signals:
        failed: The :class:`Ended` of a job that failed or crashed, after the job's own signal, unless the
            caller said that it shows that itself.
        changed: A job was submitted, or one has ended.
    """

    failed = Signal(object)
    changed = Signal()
    _rung = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[tuple[Lane, Hashable], _Queue] = {}
        self._threads: list[_Thread] = []
        self._jobs: dict[int, Job] = {}
        self._open = Counter[Lane]()
        self._count = 0
        self._closed = False
        self._rung.connect(self._ring, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        lane: Lane,
        title: str,
        work: Callable[[Run], object],
        *,
        key: Hashable = None,
        report: Report = Report.ALL,
    ) -> Job:
        """Queue ``work``. After :meth:`shutdown` the job ends as cancelled without running.

        Args:
            lane: What it is for.
            title: Names it in the log; must not contain patient data.
            work: Called in the lane's thread.
            key: Which of several lanes of one kind: the connection values of a node, a path.
            report: Which ends are reported to the user; a known error of a cancelled job never is.
        """
        queue = self._queues.setdefault((lane, key), _Queue(lane.order))
        self._count = number = self._count + 1
        run = Run(title, work)
        run.ring_by(lambda: self._rung.emit(number))
        self._jobs[number] = job = Job(run, queue.withdraw, partial(self._ended, number, lane, report))
        self._open[lane] += 1
        if self._closed:
            run.stop.request(at_once=True)
            run.finish(Ended(Ending.CANCELLED))
        elif queue.put(run):
            self._start_thread(queue, f"workstation {lane.title}")
        self.changed.emit()
        return job

    @property
    def closed(self) -> bool:
        """Nothing is started any more: the program ends."""
        return self._closed

    def has_jobs(self, lanes: Iterable[Lane]) -> bool:
        """Whether jobs of one of these lanes, of any key, wait or are running."""
        return any(self._open[lane] for lane in lanes)

    @property
    def busy(self) -> list[str]:
        """Titles of what is running now."""
        return [run.title for queue in self._queues.values() if (run := queue.running) is not None]

    def shutdown(self, seconds: float) -> bool:
        """Ask everything to stop at once and wait at most ``seconds`` for it.

        Returns:
            Whether every thread has ended; if not, the process must not outlive its event loop.
        """
        self._closed = True
        deadline = time.monotonic() + seconds
        for queue in self._queues.values():
            queue.close()
        for job in list(self._jobs.values()):
            job.cancel(at_once=True)
        for thread in self._threads:
            thread.wait(max(0, round(1000 * (deadline - time.monotonic()))))
        for title in self.busy:
            _log.error("“%s” did not stop in time", title)
        self._threads = [thread for thread in self._threads if thread.isRunning()]
        return not self._threads

    def dismiss(self) -> None:
        """Silence all jobs: the objects their signals are connected to are being destroyed."""
        for job in self._jobs.values():
            job.mute()
        self._jobs.clear()

    def _start_thread(self, queue: _Queue, name: str) -> None:
        thread = _Thread(queue, name)
        thread.finished.connect(self._reap, Qt.ConnectionType.QueuedConnection)
        self._threads.append(thread)
        thread.start()

    @Slot()
    def _reap(self) -> None:
        for thread in [thread for thread in self._threads if thread.over]:
            thread.wait()
            self._threads.remove(thread)

    @Slot(int)
    def _ring(self, number: int) -> None:
        if (job := self._jobs.get(number)) is not None:
            job.rung()

    def _ended(self, number: int, lane: Lane, report: Report, job: Job, ended: Ended) -> None:
        self._jobs.pop(number, None)
        self._open[lane] -= 1
        self.changed.emit()
        known = ended.ending is Ending.FAILED and report is Report.ALL and not job.cancelled
        bug = ended.ending is Ending.CRASHED and report is not Report.NONE
        if known or bug:
            self.failed.emit(ended)
