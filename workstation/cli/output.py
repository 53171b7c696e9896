"""Print the output of a command: results to standard output, everything else to standard error.

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
"""Least time between two progress reports, in seconds."""


class Output:
    """The two streams; its methods may be called from any thread and do not raise.

    Attributes:
        json: Print one JSON object a line.
        verbose: Print details and the association trace.
        broken: The error after which standard output is closed; None while it is open.
    """

    def __init__(self, stop: Stop, *, json: bool = False, verbose: bool = False) -> None:
        """Print nothing yet.

        Args:
            stop: Requested when standard output is closed by its reader.
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
        """Print lines of the result, as text."""
        self._print(sys.stdout, "".join(f"{line}\n" for line in lines))

    def value(self, value: object) -> None:
        """Print a part of the result, as JSON."""
        self._print(sys.stdout, _dump(sys.stdout, value))

    def remark(self, message: str) -> None:
        """Print a remark for the user; left out with ``--json``."""
        if not self.json and self.broken is None:
            self._print(sys.stderr, f"{message}\n")

    def error(self, message: str, status: int | None = None, detail: str = "", remedy: str = "") -> None:
        """Print an error, with its DIMSE status if it has one; ``detail`` with a status, or with ``-v``."""
        told = detail if self.verbose or status is not None else ""
        if self.json:
            value = {"error": message, "status": None if status is None else f"0x{status:04X}"}
            value |= {name: text for name, text in (("detail", told), ("try", remedy)) if text}
            self._print(sys.stderr, _dump(sys.stderr, value))
        else:
            self._print(sys.stderr, f"{message}\n")
            for text in (told, remedy):
                if text:
                    self._print(sys.stderr, f"  {text}\n")

    def known_error(self, error: WorkstationError) -> None:
        """Print a known error: its message, what can be tried, with a status or ``-v`` its details."""
        remedy = printable(str(error.what_to_try))
        self.error(printable(str(error)), error.status, printable(error.detail), remedy)

    def event(self, event: Event) -> None:
        """Print a line of the association trace."""
        line = f"{event.moment - self._begun:8.3f} {printable(str(event))}"
        self._print(sys.stderr, _dump(sys.stderr, {"trace": line}) if self.json else f"{line}\n")

    def warn(self, message: str) -> None:
        """Print a warning, with ``--json`` too."""
        self._print(sys.stderr, _dump(sys.stderr, {"warning": message}) if self.json else f"{message}\n")

    def identifier(self, what: str, lines: Iterable[str], model: object) -> None:
        """Print a data set of the association trace: its elements as lines, or as one JSON object."""
        if self.json:
            self._print(sys.stderr, _dump(sys.stderr, {"trace": what, "identifier": model}))
        else:
            self._print(sys.stderr, "".join(f"{line}\n" for line in (f"         {what}", *lines)))

    @contextlib.contextmanager
    def progress(self, title: str, *, json: bool = True) -> Iterator[Report]:
        """Show progress while the block runs: JSON lines with ``--json``, a bar on a terminal, else nothing.

        Args:
            title: The activity.
            json: Print it with ``--json`` too; False for preparations of what was asked for.
        """
        if self.json:
            yield _Throttled(self._progress_line) if json else _ignore
        elif self.verbose or sys.stderr is None or not sys.stderr.isatty():
            yield _ignore
        else:
            from workstation.cli.progress_bar import progress_bar

            with progress_bar(title) as show:
                yield _Throttled(show)

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
    def in_background(self) -> Iterator[None]:
        """Write in threads while the block runs, so that a slow reader holds nothing up; then flush."""
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
                    self.warn(f"{missed} lines were not written: the reader did not take them.")

    def _print(self, stream: TextIO | None, text: str) -> None:
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
        """The error that lost results; None too if the reader closed the pipe itself."""
        if self.broken is None or self.broken.errno in (errno.EPIPE, errno.EINVAL):
            return None
        return NotWritable("standard output", self.broken.strerror or str(self.broken))


class _Throttled:
    """Pass on the first progress report, then at most one in each :data:`INTERVAL`."""

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
    """Do nothing: progress is not shown."""


def _write_and_flush(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _dump(stream: TextIO | None, value: object) -> str:
    """Encode as one line of JSON; control and unprintable characters are escaped."""
    if (getattr(stream, "encoding", None) or "").lower().replace("-", "") != "utf8":
        return _PLAIN(value) + "\n"
    text = _UNICODE(value)
    if not text.isprintable():
        text = "".join(mark if mark.isprintable() else _PLAIN(mark)[1:-1] for mark in text)
    return text + "\n"


def _to_nowhere(stream: TextIO) -> None:
    """Redirect the stream to the null device, so that the interpreter's last flush succeeds."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def printable(text: str) -> str:
    """Replace control characters of a peer's text, which a terminal would obey, by blanks."""
    return text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text)
