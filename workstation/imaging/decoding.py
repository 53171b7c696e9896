"""Has foreign files read and decoded by child processes, which can be killed.

A stream that crashes a codec, or keeps it busy without end, costs one process, which is replaced, and gives
one card with a message.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from workstation.errors import UserMessage
from workstation.imaging.arrays import Array
from workstation.imaging.broken_objects import TWICE, BrokenObjects
from workstation.imaging.child_process import ChildEnded, ChildProcess
from workstation.imaging.elements import Element, ElementPath
from workstation.imaging.encapsulated_document import BEGINNINGS, Document
from workstation.imaging.picture import Card, Picture, Undecodable, not_shown
from workstation.imaging.picture_check import is_drawable
from workstation.imaging.sandbox import Limits
from workstation.imaging.worker_messages import (
    Content,
    Conversion,
    ConversionWanted,
    Converted,
    Count,
    Counted,
    CountWanted,
    DocumentAnswer,
    DocumentWanted,
    Elements,
    ElementsWanted,
    FrameWanted,
    Kind,
    Refused,
)
from workstation.stop import Cancelled

FRAME_SECONDS = 10.0
"""What a frame, a level of the tag list, a document may take."""
THUMBNAIL_SECONDS = 2.0
"""CPU time of a thumbnail."""
START_SECONDS = 30.0
"""A start may take so long on a slow disk."""
_MOST_FAILED_STARTS = 3

_BROKE = "It broke the decoder. Nothing else was harmed."
_BROKE_TWICE = "It broke the decoder twice, so it is not tried again by itself."
_TOO_LONG = "It took longer than {seconds} seconds and was given up."
_NO_DECODER = "The decoder cannot be started. Check the installation with: workstation selftest"


class NoDecoder(Exception):
    """No decoding process can be started."""


class Decoding:
    """Up to two decoding processes; each request uses one alone. Thread-safe.

    One thread starts them when they are needed and kills those that take too long: on Linux a process ends
    with the thread that started it.
    """

    def __init__(
        self, broken: Path | None = None, processes: int = 2, *, frame_seconds: float = FRAME_SECONDS
    ) -> None:
        """Nothing is started yet.

        Args:
            broken: The file that keeps which objects ended a process; None: nothing is kept.
            processes: How many there are at most.
            frame_seconds: What an answer may take.
        """
        self._broken = BrokenObjects(broken)
        self._most = max(1, processes)
        self._seconds = frame_seconds
        self._changed = threading.Condition()
        self._idle: list[ChildProcess] = []
        self._busy: list[ChildProcess] = []
        self._waiting = 0
        self._ahead = 0
        self._failed_starts = 0
        self._wakes = 0.0
        self._closed = False
        self._keeper: threading.Thread | None = None

    def start_ahead(self) -> None:
        """Start all processes before the first request, and replace those that end."""
        with self._changed:
            self._ahead = self._most
            self._wake_keeper()

    def frame(self, path: Path, frame: int, *, thumbnail: bool = False) -> Picture | Card:
        """A frame of ``path``, counted from 0 in the order one looks at them, or why there is none.

        Raises:
            Cancelled: :meth:`close` was called.
        """
        if self._broken.count(path) >= TWICE:
            return not_shown(UserMessage(_BROKE_TWICE), again=True)
        wanted = FrameWanted(os.fspath(path), frame, thumbnail)
        try:
            found = self._ask(Kind.FRAME, wanted, Content, THUMBNAIL_SECONDS if thumbnail else self._seconds)
        except NoDecoder:
            return not_shown(UserMessage(_NO_DECODER), again=True)
        except _Overdue as reason:
            if not thumbnail:  # a big picture may well take longer than its thumbnail may
                self._broken.add(path)
            return not_shown(reason.words, again=True)
        except ChildEnded:
            self._broken.add(path)
            return not_shown(UserMessage(_BROKE), again=True)
        if isinstance(found, Picture) and not is_drawable(found):
            self._broken.add(path)
            return not_shown(UserMessage(_BROKE), again=True)
        assert isinstance(found, Picture | Card)
        return found

    def frames(self, path: Path) -> int:
        """How many frames ``path`` has; what is no image counts as one.

        Raises:
            Undecodable: It is no DICOM file, or broken.
            OSError: It cannot be read.
            Cancelled: :meth:`close` was called.
        """
        found: Counted = self._answer_for(path, Kind.COUNT, CountWanted(os.fspath(path)), Count)
        return found.frames

    def elements(self, path: Path, where: ElementPath = ()) -> tuple[Element, ...]:
        """The rows of the tag list of ``path`` below ``where``.

        Raises:
            Undecodable: It is no DICOM file, there is no such place in it, or it ended the process.
            OSError: It cannot be read.
            Cancelled: :meth:`close` was called.
        """
        found: tuple[Element, ...] = self._answer_for(
            path, Kind.ELEMENTS, ElementsWanted(os.fspath(path), where), Elements
        )
        return found

    def document(self, path: Path) -> Document:
        """The document inside ``path``.

        Raises:
            Undecodable: There is none of a kind that is opened, or it is not what it says.
            OSError: The file cannot be read.
            Cancelled: :meth:`close` was called.
        """
        found: Document = self._answer_for(
            path, Kind.DOCUMENT, DocumentWanted(os.fspath(path)), DocumentAnswer
        )
        # the kind names the program that opens it
        if found.kind not in BEGINNINGS or not found.content.startswith(BEGINNINGS[found.kind]):
            self._broken.add(path)
            raise Undecodable(_BROKE)
        return found

    def converted(self, path: Path, syntax: str, *, lossy: bool = False) -> Array:
        """The bytes of the data set of ``path`` in ``syntax``, Explicit or Implicit VR Little Endian.

        Raises:
            Undecodable: It is signed, lossily compressed and not to be decoded, or not understood to its end.
            OSError: It cannot be read.
            Cancelled: :meth:`close` was called.
        """
        wanted = ConversionWanted(os.fspath(path), syntax, lossy)
        found: Converted = self._answer_for(path, Kind.CONVERSION, wanted, Conversion)
        if found.data.dtype.str != "|u1" or found.data.ndim != 1:
            self._broken.add(path)
            raise Undecodable(_BROKE)
        return found.data

    def try_again(self, path: Path) -> None:
        """Decode ``path`` again although it ended processes."""
        self._broken.forget(path)

    def limits(self) -> Limits:
        """The restrictions of a decoding process on this system.

        Raises:
            NoDecoder: None can be started.
            Cancelled: :meth:`close` was called.
        """
        child = self._take(self._seconds)
        try:
            limits = child.await_ready()
        except ChildEnded as ended:
            self._gone(child)
            raise NoDecoder from ended
        self._give_back(child)
        return limits

    def close(self) -> None:
        """Kill all processes; pending requests raise :class:`Cancelled`."""
        with self._changed:
            self._closed = True
            for child in (*self._idle, *self._busy):
                child.kill()
            self._changed.notify_all()
            keeper = self._keeper
        if keeper is not None:
            keeper.join(2)

    @property
    def pids(self) -> list[int]:
        """The process ids of the processes there are."""
        with self._changed:
            return [child.pid for child in (*self._idle, *self._busy)]

    # --- asking -----------------------------------------------------------------------------------------

    def _answer_for(self, path: Path, kind: Kind, wanted: object, answer: Any) -> Any:
        if self._broken.count(path) >= TWICE:
            raise Undecodable(_BROKE_TWICE)
        try:
            found = self._ask(kind, wanted, answer, self._seconds)
        except NoDecoder as missing:
            raise Undecodable(_NO_DECODER) from missing
        except ChildEnded as ended:
            self._broken.add(path)
            words = ended.words if isinstance(ended, _Overdue) else UserMessage(_BROKE)
            raise Undecodable(words.template, **words.facts) from ended
        if isinstance(found, Refused):
            if found.unreadable:
                raise OSError(found.reason)
            raise Undecodable(found.reason)
        return found

    def _ask(self, kind: Kind, wanted: object, answer: Any, cpu_seconds: float) -> Any:
        child = self._take(self._seconds)
        started = child.limits is not None
        try:
            if not started:
                child.await_ready()
                started = True
                self._began(child)
            found = child.ask(kind, wanted, answer, cpu_seconds)
        except ChildEnded as ended:
            self._gone(child, failed_start=not started)
            if self._closed:
                raise Cancelled from ended
            if not started:
                raise NoDecoder from ended
            if child.took_too_long:
                raise _Overdue(min(cpu_seconds, self._seconds)) from ended
            raise
        self._give_back(child)
        return found

    def _take(self, seconds: float) -> ChildProcess:
        """An idle process; its deadline runs from now."""
        with self._changed:
            self._waiting += 1
            try:
                while not (child := self._idle_one()):
                    if self._closed:
                        raise Cancelled
                    if self._failed_starts >= _MOST_FAILED_STARTS and not self._busy:
                        self._failed_starts = 0  # the next request tries again
                        raise NoDecoder
                    self._wake_keeper()
                    self._changed.wait()
                self._busy.append(child)
                self._limit(child, seconds if child.limits is not None else START_SECONDS)
                return child
            finally:
                self._waiting -= 1

    def _idle_one(self) -> ChildProcess | None:
        """An idle process that still runs; one that ended while idle is dropped without counting a file."""
        while self._idle and not self._closed:
            child = self._idle.pop()
            if not child.ended:
                return child
            child.close()
            if child.limits is None:
                self._failed_starts += 1
        return None

    def _began(self, child: ChildProcess) -> None:
        with self._changed:
            self._failed_starts = 0
            self._limit(child, self._seconds)

    def _limit(self, child: ChildProcess, seconds: float) -> None:
        child.deadline = time.monotonic() + seconds
        if not self._wakes or child.deadline < self._wakes:
            self._changed.notify_all()

    def _give_back(self, child: ChildProcess) -> None:
        with self._changed:
            child.deadline = 0.0
            if not child.overdue:
                self._busy.remove(child)
                self._idle.append(child)
            if self._waiting:
                self._changed.notify_all()
        if child.overdue:  # it answered at the last moment, and was killed nevertheless
            self._gone(child)

    def _gone(self, child: ChildProcess, *, failed_start: bool = False) -> None:
        with self._changed:
            self._busy.remove(child)
            self._failed_starts += failed_start
            self._changed.notify_all()
        child.close()

    # --- the keeper thread ----------------------------------------------------------------------------

    def _wake_keeper(self) -> None:
        if self._keeper is None and not self._closed:
            self._keeper = threading.Thread(target=self._keep, name="workstation-decoders", daemon=True)
            self._keeper.start()
        self._changed.notify_all()

    def _keep(self) -> None:
        """Start what is missing, kill what is overdue, until everything is closed."""
        while True:
            with self._changed:
                while not self._closed and not self._missing():
                    self._kill_overdue()
                    deadlines = [child.deadline for child in self._busy if child.deadline]
                    self._wakes = min(deadlines, default=0.0)
                    self._changed.wait(max(0.0, self._wakes - time.monotonic()) if deadlines else None)
                if self._closed:
                    idle, self._idle = self._idle, []
                    break
            try:
                child = ChildProcess()
            except OSError:
                with self._changed:
                    self._failed_starts += 1
                    self._changed.notify_all()
                continue
            with self._changed:
                self._idle.append(child)
                self._changed.notify_all()
        for child in idle:
            child.close()

    def _missing(self) -> bool:
        there = len(self._idle) + len(self._busy)
        wanted = max(self._ahead, len(self._busy) + self._waiting)
        return there < min(self._most, wanted) and self._failed_starts < _MOST_FAILED_STARTS

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for child in self._busy:
            if child.deadline and child.deadline <= now:
                child.overdue, child.deadline = True, 0.0
                child.kill()


class _Overdue(ChildEnded):
    """The process took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.words = UserMessage(_TOO_LONG, seconds=f"{seconds:g}")
