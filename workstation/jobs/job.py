"""A job: one running of an operation in a lane, as the GUI thread sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import SIGNAL, QObject, QTimer, Signal

from workstation.jobs.run import LOT, Ended, Ending, Post, Run
from workstation.stop import Progress

TICK_MS = 50
PROGRESS_SECONDS = 0.1


class State(StrEnum):
    """The life of a job; it moves down this list only."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    ENDED = "ended"


class Job(QObject):
    """One running of an operation. Lives in the GUI thread, and so do all its signals.

    Signals:
        changed: The state is another.
        delivered: A list of the values the work handed out, in order, at most every 50 ms unless it is full.
        progressed: A :class:`Progress`, at most ten a second; the last one always comes.
        ended: An :class:`Ended`; the last signal of a job, emitted exactly once.
    """

    changed = Signal()
    delivered = Signal(list)
    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, run: Run, withdraw: Callable[[Run], bool], advance: Callable[[Run], None]) -> None:
        super().__init__()
        self.title = run.title
        self.state = State.QUEUED
        self.progress = Progress()
        self._run = run
        self._withdraw = withdraw
        self._advance = advance
        self._held: Progress | None = None
        self._progressed_at = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)

    def cancel(self, *, at_once: bool = False) -> None:
        """Ask the work to end; a queued job ends without having run. ``at_once`` skips all grace."""
        if self.state is State.ENDED:
            return
        self._run.stop.request(at_once=at_once)
        if self._withdraw(self._run):
            self._run.finish(Ended(Ending.CANCELLED))
        elif self.state is State.RUNNING:
            self._enter(State.CANCELLING)

    def hurry(self) -> None:
        """Let it be the next one of its lane, if it still waits."""
        self._advance(self._run)

    def mute(self) -> None:
        """Emit nothing more, not even the end."""
        self._timer.stop()
        self.blockSignals(True)

    def woken(self) -> None:
        """There is post; it waits for a tick that is due anyway, unless it is the end or a whole batch."""
        ticking = self._timer.isActive()
        if self._run.over or not ticking or (self._run.full and self._timer.interval()):
            self.drain()

    def drain(self) -> None:
        """Empty the mailbox, a batch at a time, and say what was in it."""
        post = self._run.take(LOT)
        if post is not None:
            self._announce(post)
            if self.state is not State.ENDED:
                self._timer.start(0 if post.more else TICK_MS)
        elif self._held is not None:
            self._progress_due(last=False)
            self._timer.start(TICK_MS)

    def _announce(self, post: Post) -> None:
        if post.started and self.state is State.QUEUED:
            self._enter(State.CANCELLING if self._run.stop.requested else State.RUNNING)
        if post.values:
            self.delivered.emit(post.values)
        if post.progress is not None:
            self._held = post.progress
        self._progress_due(last=post.ended is not None)
        if post.ended is not None:
            self._timer.stop()
            self._enter(State.ENDED)
            self.ended.emit(post.ended)
            self._let_go()

    def _let_go(self) -> None:
        """Hold the listeners and the work no more.

        A listener that holds the job makes a ring through C++ that Python's garbage collection cannot see.
        """
        for name in ("changed", "delivered", "progressed", "ended"):
            if self.receivers(SIGNAL(str(getattr(Job, name)))):  # to disconnect none is a warning
                getattr(self, name).disconnect()
        self._run.let_go()

    def _progress_due(self, *, last: bool) -> None:
        now = time.monotonic()
        if self._held is not None and (last or now - self._progressed_at >= PROGRESS_SECONDS):
            self.progress, self._held, self._progressed_at = self._held, None, now
            self.progressed.emit(self.progress)

    def _enter(self, state: State) -> None:
        self.state = state
        self.changed.emit()
