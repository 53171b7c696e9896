"""Writes the rotating log: five files of ten megabytes, private to the user, without patient data.

Only our own loggers are written; libraries may put values of data sets into their messages. Of an
exception the frames and the type are kept, its text only where that can hold nothing but code.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from typing_extensions import override

FILES = 5
BYTES = 10_000_000
_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_SPEAKS_OF_CODE_ONLY = (AttributeError, ImportError, NameError, TypeError)


def install_log(folder: Path, *, level: int = logging.INFO) -> Callable[[], None]:
    """Write what the program logs to ``folder``; the returned function ends that.

    A log that cannot be opened is done without: it is no reason to refuse work.
    """
    logger = logging.getLogger("workstation")
    try:
        handler = _PrivateFile(folder / "workstation.log", maxBytes=BYTES, backupCount=FILES - 1)
    except OSError:
        logger.warning("no log can be written")
        return lambda: None
    handler.setFormatter(_Discreet(_LINE))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)

    def remove() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)
        with suppress(OSError):  # what could not be written is lost
            handler.close()

    return remove


class _PrivateFile(RotatingFileHandler):
    def __init__(self, path: Path, *, maxBytes: int, backupCount: int) -> None:  # noqa: N803 - as the base
        super().__init__(path, maxBytes=maxBytes, backupCount=backupCount, encoding="utf-8")

    @override
    def _open(self) -> TextIOWrapper:
        # Binary: else the C library of Windows adds a second carriage return to each line end.
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self.baseFilename, how, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    @override
    def doRollover(self) -> None:
        """Begin a new file; where another process holds the old one (Windows), go on in it."""
        try:
            super().doRollover()
        except OSError as error:
            self.stream = None  # closed, if nothing else: opened again for the next line
            if not isinstance(error, PermissionError):
                raise
            self.maxBytes = 0

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore errors of the disk: standard error is for messages to the user."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Discreet(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's formatter may have put the whole exception there
        lines = super().format(record).splitlines() or [""]
        return "\n    ".join(lines)  # a peer's line feed cannot forge an entry

    @override
    def formatException(self, ei: _ExceptionInfo) -> str:
        kind, error, trace = ei
        if kind is None or error is None:
            return ""
        text = f": {error}" if isinstance(error, _SPEAKS_OF_CODE_ONLY) else ""
        return "".join(traceback.format_tb(trace)) + kind.__qualname__ + text
