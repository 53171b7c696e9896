"""A job: one execution of some work in a lane, seen from the GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import SIGNAL, QObject, QTimer, Signal

from workstation.jobs.run import BATCH, Ended, Ending, Post, Run
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
    """One execution of some work. Lives in the GUI thread, and so do all its signals.

    Signals:
        changed: The state is another.
        delivered: A list of the values the work delivered, in order, at most every 50 ms unless it is full.
        progressed: A :class:`Progress`, at most ten a second; the last one always comes.
        ended: An :class:`Ended`; the last signal of a job, emitted exactly once.
    """

    changed = Signal()
    delivered = Signal(list)
    progressed = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        run: Run,
        withdraw: Callable[[Run], bool],
        over: Callable[[Job, Ended], None],
    ) -> None:
        """``withdraw`` takes it out of the lane's queue; ``over`` is called after ``ended``."""
        super().__init__()
        self.title = run.title
        self.state = State.QUEUED
        self.progress = Progress()
        self._run = run
        self._withdraw = withdraw
        self._over = over
        self._held: Progress | None = None
        self._progressed_at = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._run.stop.requested

    def cancel(self, *, at_once: bool = False, resumes: bool = False) -> None:
        """Ask the work to end; a queued job ends without having run.

        ``at_once`` skips all grace. ``resumes``: another job will take the work up again.
        """
        if self.state is State.ENDED:
            return
        self._run.stop.request(at_once=at_once, resumes=resumes)
        if self._withdraw(self._run):
            self._run.finish(Ended(Ending.CANCELLED))
        elif self.state is State.RUNNING:
            self._enter(State.CANCELLING)

    def mute(self) -> None:
        """Emit nothing more, not even the end."""
        self._timer.stop()
        self.blockSignals(True)

    def rung(self) -> None:
        """Called when the worker queued something; drained at once, or with the next tick if one is due.

        The end and a whole batch do not wait for the tick.
        """
        ticking = self._timer.isActive()
        if self._run.over or not ticking or (self._run.full and self._timer.interval()):
            self.drain()

    def drain(self) -> None:
        """Empty the mailbox, a batch at a time, and emit what was in it."""
        post = self._run.take(BATCH)
        if post is not None:
            self._emit(post)
            if self.state is not State.ENDED:
                self._timer.start(0 if post.more else TICK_MS)
        elif self._held is not None:
            self._emit_progress(last=False)
            self._timer.start(TICK_MS)

    def _emit(self, post: Post) -> None:
        if post.started and self.state is State.QUEUED:
            self._enter(State.CANCELLING if self._run.stop.requested else State.RUNNING)
        if post.values:
            self.delivered.emit(post.values)
        if post.progress is not None:
            self._held = post.progress
        self._emit_progress(last=post.ended is not None)
        if post.ended is not None:
            self._timer.stop()
            self._enter(State.ENDED)
            self.ended.emit(post.ended)
            self._over(self, post.ended)
            self._let_go()

    def _let_go(self) -> None:
        """Drop the references to the listeners and the work.

        A listener that holds the job makes a ring through C++ that Python's garbage collection cannot see.
        """
        for name in ("changed", "delivered", "progressed", "ended"):
            if self.receivers(SIGNAL(str(getattr(Job, name)))):  # to disconnect none is a warning
                getattr(self, name).disconnect()
        self._run.let_go()

    def _emit_progress(self, *, last: bool) -> None:
        now = time.monotonic()
        if self._held is not None and (last or now - self._progressed_at >= PROGRESS_SECONDS):
            self.progress, self._held, self._progressed_at = self._held, None, now
            self.progressed.emit(self.progress)

    def _enter(self, state: State) -> None:
        self.state = state
        self.changed.emit()
