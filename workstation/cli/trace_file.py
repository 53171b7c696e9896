"""Write what is asked and answered to a file, one JSON object a line (``--trace``)."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from workstation.errors import NotWritable
from workstation.network.exchange import Exchange, Talk, TracedMessage
from workstation.network.trace import Event
from workstation.operations.exchange_report import association, event_line, heading, message_line

WARNING = "The trace file holds identifiers and answers: they are patient data."


class TraceFile:
    """Takes all exchanges, from any thread; the file is the user's alone.

    Attributes:
        failure: Why the rest was not written; None: all was.
    """

    def __init__(self, path: Path, *, identifiers: bool) -> None:
        """Make the file, or empty it.

        Args:
            path: Where.
            identifiers: Write identifiers, UIDs of instances and the words of the archive, too.

        Raises:
            NotWritable: That is impossible.
        """
        self.failure: NotWritable | None = None
        self._path = path
        self._masked = not identifiers
        self._lock = threading.Lock()
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(number, "w", encoding="utf-8", newline="\n")
            if os.name == "posix":
                os.fchmod(number, 0o600)  # it may have been there
        except OSError as error:
            raise NotWritable(str(path), error.strerror or str(error)) from error

    def close(self) -> None:
        """Nothing more is written."""
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self._failed(error)

    def begun(self, exchange: Exchange) -> None:
        """An operation began."""
        self._write(exchange, heading(exchange, masked=self._masked) | {"masked": self._masked})

    def associated(self, talk: Talk) -> None:
        """An association is open."""
        self._write(talk.exchange, association(talk))

    def message(self, talk: Talk, message: TracedMessage) -> None:
        """A message went over it."""
        line = message_line(talk.exchange, talk, message, masked=self._masked, identifiers=not self._masked)
        self._write(talk.exchange, line)

    def event(self, exchange: Exchange, event: Event, talk: Talk | None) -> None:
        """Something else happened."""
        self._write(exchange, event_line(exchange, talk, event))

    def ended(self, exchange: Exchange) -> None:
        """The operation is over."""
        self._write(exchange, heading(exchange, masked=self._masked))

    def _write(self, exchange: Exchange, line: dict[str, object]) -> None:
        text = json.dumps({"operation": exchange.number} | line, default=str) + "\n"
        with self._lock:
            if self.failure is not None or self._file.closed:
                return
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as error:
                self._failed(error)

    def _failed(self, error: OSError) -> None:
        self.failure = NotWritable(str(self._path), error.strerror or str(error))
