"""A thread-safe request to stop, and what an operation reports while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Cancelled(Exception):  # no error: it was asked for, and is not shown
    """The work ended because a :class:`Stop` was requested."""


class Stop:
    """A request, made by any thread, that running work should end.

    Work checks :attr:`requested` where it passes anyway; work that waits on a socket registers a
    waker with :meth:`watching` and is woken at once. A request cannot be taken back.

    Attributes:
        requested: The work was asked to end, politely (C-CANCEL and a short grace).
        at_once: The grace is to be skipped: the window is closing.
        resumes: The work is to be taken up again later, from what is missing then.
    """

    def __init__(self) -> None:
        self.requested = False
        self.at_once = False
        self.resumes = False
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], None]] = []

    def request(self, *, at_once: bool = False, resumes: bool = False) -> None:
        """Ask the work to end; ``at_once`` skips every grace period. Safe from any thread.

        ``resumes``: as the attribute; the last request decides. But ``at_once`` is not the word of the user:
        it leaves what was asked before, and without that the work is to be taken up again.
        """
        with self._lock:
            if not at_once:
                self.resumes = resumes
            elif not self.requested:
                self.resumes = True
            self.at_once = self.at_once or at_once
            self.requested = True
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    @contextmanager
    def watching(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call ``wake`` (quick, thread-safe) on each request made while the block runs."""
        with self._lock:
            self._wakers.append(wake)
            requested = self.requested
        try:
            if requested:
                wake()
            yield
        finally:
            with self._lock:
                self._wakers.remove(wake)

    @contextmanager
    def linked(self) -> Iterator[Stop]:
        """A stop for a part of the work, while the block runs: a request to this one reaches it, too."""
        part = Stop()
        with self.watching(lambda: part.request(at_once=self.at_once)):
            yield part

    def pause(self, seconds: float) -> None:
        """Wait so long.

        Raises:
            Cancelled: A stop was requested, before or meanwhile.
        """
        requested = threading.Event()
        with self.watching(requested.set):
            requested.wait(seconds)
        self.check()

    def check(self) -> None:
        """Raise :class:`Cancelled` if a stop was requested."""
        if self.requested:
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation has come.

    Attributes:
        done: Objects (or rows) finished so far.
        expected: How many there will be; None while unknown, never 0 for unknown.
        bytes: Data-set bytes moved so far.
        message: What is happening now, for the user; empty when the counts are enough.
    """

    done: int = 0
    expected: int | None = None
    bytes: int = 0
    message: str = ""


Report = Callable[[Progress], None]
"""Takes a progress value; called from the working thread, must be quick."""
