"""Write lines in a thread, so that a slow reader of the output does not hold up the caller."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

MOST = 50_000
"""Largest number of queued texts."""
TIMEOUT = 2.0
"""Seconds without progress after which :meth:`BackgroundWriter.close` gives up."""

Write = Callable[[str], None]


class BackgroundWriter:
    """Write queued texts in order, in a thread.

    The thread is a daemon: a blocked write cannot be cancelled, and must not keep the program running.
    """

    def __init__(self, write: Write, most: int = MOST) -> None:
        self._write = write
        self._most = most
        self._texts: deque[str] = deque()
        self._left_out = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="workstation-output", daemon=True)
        self._thread.start()

    def put(self, text: str) -> None:
        """Queue a text; it is dropped and counted when the queue is full."""
        with self._changed:
            if len(self._texts) < self._most:
                self._texts.append(text)
                self._changed.notify_all()
            else:
                self._left_out += 1

    def close(self) -> int:
        """Wait while texts are being written; return how many were not."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            left = len(self._texts) + 1
            while self._texts and len(self._texts) < left:
                left = len(self._texts)
                self._changed.wait_for(lambda left=left: len(self._texts) < left, TIMEOUT)  # type: ignore[misc]
            return len(self._texts) + self._left_out

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._texts or self._closed)
                if not self._texts:
                    return
                text = self._texts[0]
            self._write(text)
            with self._changed:
                self._texts.popleft()
                self._changed.notify_all()


def write_through(stream: TextIO, text: str) -> None:
    """Write past the stream's buffer: the interpreter needs its lock at exit.

    Raises:
        OSError: The stream cannot be written.
    """
    try:
        number = stream.fileno() if sys.platform != "win32" else -1
    except (OSError, ValueError, AttributeError):  # not a stream of the operating system
        number = -1
    if number < 0:
        stream.write(text)
        stream.flush()
        return
    data = memoryview(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    while data:
        data = data[os.write(number, data) :]
