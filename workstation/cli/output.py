"""What the command line says: results on standard output, everything else on standard error.

With ``--json`` every line of either is one JSON object.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from workstation.cli.background_writer import BackgroundWriter, write_through
from workstation.errors import NotWritable, WorkstationError
from workstation.stop import Progress, Report, Stop

if TYPE_CHECKING:
    from workstation.network.trace import Event

_PLAIN = json.JSONEncoder().encode
_UNICODE = json.JSONEncoder(ensure_ascii=False).encode

INTERVAL = 0.1
"""Seconds between two statements of progress."""


class Output:
    """The two streams; its methods may be called from any thread and do not raise.

    Attributes:
        json: One object a line.
        verbose: Details, and the association talk.
        broken: Why standard output takes nothing any more; None while it does.
    """

    def __init__(self, stop: Stop, *, json: bool = False, verbose: bool = False) -> None:
        """Nothing is said yet.

        Args:
            stop: Requested when standard output goes away: nobody reads on.
            json: See the class.
            verbose: See the class.
        """
        self.json = json
        self.verbose = verbose
        self.broken: OSError | None = None
        self._stop = stop
        self._lock = threading.Lock()
        self._later: dict[TextIO, BackgroundWriter] = {}
        self._begun = time.monotonic()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    def result(self, *lines: str) -> None:
        """What was asked for, for a person."""
        self._say(sys.stdout, "".join(f"{line}\n" for line in lines))

    def value(self, value: object) -> None:
        """What was asked for, for a program."""
        self._say(sys.stdout, _dump(sys.stdout, value))

    def remark(self, message: str) -> None:
        """Something a person wants to know beside the result."""
        if not self.json and self.broken is None:
            self._say(sys.stderr, f"{message}\n")

    def error(self, message: str, status: int | None = None, detail: str = "") -> None:
        """What went wrong."""
        if self.json:
            told = {"error": message, "status": None if status is None else f"0x{status:04X}"}
            if self.verbose and detail:
                told["detail"] = detail
            self._say(sys.stderr, _dump(sys.stderr, told))
        else:
            self._say(sys.stderr, f"{message}\n")
            if self.verbose and detail:
                self._say(sys.stderr, f"  {detail}\n")

    def known_error(self, error: WorkstationError) -> None:
        """A known error: its message, with ``-v`` its details."""
        self.error(printable(str(error)), error.status, printable(error.detail))

    def event(self, event: Event) -> None:
        """A line of the association talk."""
        line = f"{event.moment - self._begun:8.3f} {printable(str(event))}"
        self._say(sys.stderr, _dump(sys.stderr, {"trace": line}) if self.json else f"{line}\n")

    def warn(self, message: str) -> None:
        """Something everybody is to know beside the result, programs too."""
        self._say(sys.stderr, _dump(sys.stderr, {"warning": message}) if self.json else f"{message}\n")

    def talk(self, what: str, lines: Iterable[str], model: object) -> None:
        """A data set of the association talk: its elements as lines, or as one object."""
        if self.json:
            self._say(sys.stderr, _dump(sys.stderr, {"trace": what, "identifier": model}))
        else:
            self._say(sys.stderr, "".join(f"{line}\n" for line in (f"         {what}", *lines)))

    @contextlib.contextmanager
    def progress(self, title: str, *, told: bool = True) -> Iterator[Report]:
        """A report to pass to an operation: lines for a program, a bar on a terminal, else nothing.

        Args:
            title: What is going on.
            told: Programs are told, too; False for what comes before the work that was asked for.
        """
        if self.json:
            yield _Paced(self._progress_line) if told else _ignore
        elif self.verbose or sys.stderr is None or not sys.stderr.isatty():
            yield _ignore
        else:
            from workstation.cli.progress_bar import progress_bar

            with progress_bar(title) as show:
                yield _Paced(show)

    def _progress_line(self, progress: Progress) -> None:
        self.value(
            {
                "state": "running",
                "done": progress.done,
                "expected": progress.expected,
                "bytes": progress.bytes,
            }
        )

    @contextlib.contextmanager
    def later(self) -> Iterator[None]:
        """While the block runs nobody waits for a reader; afterwards those that still read get the rest."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
                self._later[stream] = BackgroundWriter(functools.partial(self._write, stream, write_through))
        try:
            yield
        finally:
            for stream, later in list(self._later.items()):  # standard error comes last
                missed = later.close()
                del self._later[stream]
                if missed and stream is sys.stdout and self.broken is None:
                    self.warn(f"{missed} lines were not written: nobody read them.")

    def _say(self, stream: TextIO | None, text: str) -> None:
        if stream is None:
            return
        if (later := self._later.get(stream)) is not None:
            later.put(text)
            return
        with self._lock:
            self._write(stream, _write_and_flush, text)

    def _write(self, stream: TextIO, write: Callable[[TextIO, str], None], text: str) -> None:
        if self.broken is None or stream is not sys.stdout:
            try:
                write(stream, text)
            except OSError as error:
                if stream is sys.stdout:
                    self.broken = error
                    _to_nowhere(stream)
        if self.broken is not None:
            self._stop.request(at_once=True)

    @property
    def failure(self) -> WorkstationError | None:
        """Why results were lost, if somebody should hear of it: a reader that went away knows."""
        if self.broken is None or self.broken.errno in (errno.EPIPE, errno.EINVAL):
            return None
        return NotWritable("standard output", self.broken.strerror or str(self.broken))


class _Paced:
    """Passes on the first progress, then at most one in each :data:`INTERVAL`."""

    def __init__(self, show: Report) -> None:
        self._show = show
        self._next = 0.0
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return
            self._next = now + INTERVAL
        self._show(progress)


def _ignore(_: Progress) -> None:
    """Nobody watches."""


def _write_and_flush(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _dump(stream: TextIO | None, value: object) -> str:
    """One line of JSON; what a terminal would obey, or not show, is escaped."""
    if (getattr(stream, "encoding", None) or "").lower().replace("-", "") != "utf8":
        return _PLAIN(value) + "\n"
    text = _UNICODE(value)
    if not text.isprintable():
        text = "".join(mark if mark.isprintable() else _PLAIN(mark)[1:-1] for mark in text)
    return text + "\n"


def _to_nowhere(stream: TextIO) -> None:
    """Let the interpreter's last flush succeed."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def printable(text: str) -> str:
    """A peer's text without control characters, which a terminal would obey."""
    return text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text)


def size(count: int) -> str:
    """A number of bytes, for a person."""
    for unit, scale in (("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes"
