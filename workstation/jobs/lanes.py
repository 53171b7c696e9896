"""Lanes: who runs jobs. One QThread for each node and purpose while there is work for it, none when idle.

A peer limits its associations and answers in order; a lane asks it one thing at a time. Threads are never
terminated, and never forgotten while they run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from enum import StrEnum
from functools import partial

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from typing_extensions import override

from workstation.jobs.job import Job
from workstation.jobs.run import Ended, Ending, Run

_log = logging.getLogger(__name__)


class Purpose(StrEnum):
    """What a lane is for, and with it in which order it works."""

    ASK = "ask"
    COUNT = "count"
    SHOW = "show"
    TRANSFER = "transfer"

    @property
    def newest_first(self) -> bool:
        """A person waits for the newest wish; transfers keep their order."""
        return self is not Purpose.TRANSFER


class _Lane:
    """A queue, and whether some thread empties it."""

    def __init__(self, purpose: Purpose) -> None:
        self._newest_first = purpose.newest_first
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._served = False
        self._closed = False
        self.running: Run | None = None

    def put(self, run: Run) -> bool:
        """Queue ``run``; True if the caller has to send a thread."""
        with self._lock:
            self._waiting.append(run)
            needed, self._served = not self._served, True
            return needed

    def next(self) -> Run | None:
        """The next one to execute; None sends the asking thread home."""
        with self._lock:
            if self._closed or not self._waiting:
                self.running, self._served = None, False
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

    def advance(self, run: Run) -> None:
        """Put ``run`` where the next one is taken, if it waits here."""
        with self._lock:
            if run in self._waiting:
                self._waiting.remove(run)
                (self._waiting.append if self._newest_first else self._waiting.appendleft)(run)

    def close(self) -> None:
        """Begin nothing more: or the end of one job would start the next."""
        with self._lock:
            self._closed = True


class _Thread(QThread):
    def __init__(self, lane: _Lane, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.over = False
        self._lane = lane

    @override
    def run(self) -> None:
        while (run := self._lane.next()) is not None:
            run.execute()
            del run  # hold nothing of a job's while idle
        self.over = True


class Lanes(QObject):
    """All lanes; belongs to the GUI thread."""

    _rang = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._lanes: dict[tuple[Hashable, Purpose], _Lane] = {}
        self._threads: list[_Thread] = []
        self._jobs: dict[int, Job] = {}
        self._count = 0
        self._closed = False
        self._rang.connect(self._ring, Qt.ConnectionType.QueuedConnection)

    def submit(self, place: Hashable, purpose: Purpose, title: str, work: Callable[[Run], object]) -> Job:
        """Queue ``work`` for ``place`` (a node's connection values, or "library").

        ``title`` names it for a person; it goes to the log and must not contain patient data. After
        :meth:`shutdown` the job ends as cancelled without running.
        """
        lane = self._lanes.setdefault((place, purpose), _Lane(purpose))
        self._count = number = self._count + 1
        run = Run(title, work)
        run.ring = lambda: self._rang.emit(number)
        self._jobs[number] = job = Job(run, lane.withdraw, lane.advance)
        job.ended.connect(partial(self._forget, number))
        if self._closed:
            run.stop.request(at_once=True)
            run.finish(Ended(Ending.CANCELLED))
        elif lane.put(run):
            self._send_thread(lane, f"workstation {purpose}")
        return job

    @property
    def closed(self) -> bool:
        """Nothing begins any more: the program ends."""
        return self._closed

    @property
    def busy(self) -> list[str]:
        """Titles of what is running now."""
        return [run.title for lane in self._lanes.values() if (run := lane.running) is not None]

    def shutdown(self, seconds: float) -> bool:
        """Ask everything to stop at once and wait at most ``seconds`` for it.

        Returns:
            Whether every thread has ended; if not, the process must not outlive its event loop.
        """
        self._closed = True
        deadline = time.monotonic() + seconds
        for lane in self._lanes.values():
            lane.close()
        for job in list(self._jobs.values()):
            job.cancel(at_once=True)
        for thread in self._threads:
            thread.wait(max(0, round(1000 * (deadline - time.monotonic()))))
        for title in self.busy:
            _log.error("“%s” did not stop in time", title)
        self._threads = [thread for thread in self._threads if thread.isRunning()]
        return not self._threads

    def dismiss(self) -> None:
        """Let nobody hear of any job any more: those who would are being taken down."""
        for job in self._jobs.values():
            job.mute()
        self._jobs.clear()

    def _send_thread(self, lane: _Lane, name: str) -> None:
        thread = _Thread(lane, name)
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
            job.woken()

    def _forget(self, number: int, _ended: object) -> None:
        self._jobs.pop(number, None)
