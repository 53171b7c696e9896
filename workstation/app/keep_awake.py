"""Keeps the computer from going to sleep while transfers run, or wait for their hours.

It never matters to the user if that fails.
"""

from __future__ import annotations

import ctypes
import logging
import shutil
import sys
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer

_log = logging.getLogger(__name__)

DELAY_MS: Final = 10_000
"""What takes less time than this needs nothing: no computer falls asleep so soon after it was used."""

_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001  # of SetThreadExecutionState
_CLOSE_MS: Final = 500


class Inhibitor(Protocol):
    """What the system offers."""

    def hold(self) -> bool:
        """Keep the computer awake; False if that is impossible."""
        ...

    def release(self) -> None:
        """Let it sleep again."""
        ...

    def close(self) -> None:
        """The program ends."""
        ...


class WindowsInhibitor:
    """By SetThreadExecutionState, which counts for the calling thread: that of the window."""

    def __init__(self, set_state: Callable[[int], int]) -> None:
        """``set_state`` returns 0 on failure."""
        self._set_state = set_state

    def hold(self) -> bool:
        """See :class:`Inhibitor`."""
        return self._set_state(_CONTINUOUS | _SYSTEM_REQUIRED) != 0

    def release(self) -> None:
        """See :class:`Inhibitor`."""
        self._set_state(_CONTINUOUS)

    def close(self) -> None:
        """See :class:`Inhibitor`."""
        self.release()


class SystemdInhibitor:
    """By systemd-inhibit around a command that ends when its input does, also if this process is killed."""

    def __init__(self, program: str) -> None:
        """``program`` is the path of systemd-inhibit, or of what is called like it."""
        self._program = program
        self._process: QProcess | None = None
        self._failed = False

    def _note_failure(self, why: str) -> None:
        if not self._failed:
            self._failed = True  # once is enough
            _log.info("systemd-inhibit does not keep the computer awake: %s", why)

    def hold(self) -> bool:
        """See :class:`Inhibitor`."""
        self.close()
        process = self._process = QProcess()
        process.setProcessEnvironment(environment_of_the_system())
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        options = [
            "--what=sleep:idle",
            "--mode=block",
            "--who=Workstation",
            "--why=Transfers are running, or wait for their hours",
        ]
        process.errorOccurred.connect(lambda error: self._note_failure(error.name))
        process.finished.connect(lambda code: self._note_failure(f"exit status {code}") if code else None)
        process.start(self._program, [*options, "cat"])
        return True

    def release(self) -> None:
        """See :class:`Inhibitor`."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def close(self) -> None:
        """See :class:`Inhibitor`."""
        if self._process is not None:
            self.release()
            self._process.blockSignals(True)  # what it would tell is no matter any more
            if not self._process.waitForFinished(_CLOSE_MS):
                self._process.kill()
                self._process.waitForFinished(_CLOSE_MS)
            self._process = None


def environment_of_the_system() -> QProcessEnvironment:
    """Without the libraries of this program, which a program of the system must not load."""
    environment = QProcessEnvironment.systemEnvironment()
    before = environment.value("LD_LIBRARY_PATH_ORIG")
    environment.remove("LD_LIBRARY_PATH")
    if before:
        environment.insert("LD_LIBRARY_PATH", before)
    return environment


def system_inhibitor() -> Inhibitor | None:
    """What this system offers; None: nothing that is known."""
    if sys.platform == "win32":
        return WindowsInhibitor(ctypes.windll.kernel32.SetThreadExecutionState)
    program = shutil.which("systemd-inhibit")
    return SystemdInhibitor(program) if program is not None else None


class KeepAwake(QObject):
    """Holds the inhibitor while something runs for longer than :data:`DELAY_MS`."""

    def __init__(self, inhibitor: Inhibitor | None, delay_ms: int = DELAY_MS) -> None:
        super().__init__()
        self._inhibitor = inhibitor
        self._holds = self._failed = False
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(delay_ms)
        self._delay.timeout.connect(self._hold)

    def set_running(self, running: bool) -> None:
        """Something runs from now on, or nothing any more."""
        if self._inhibitor is None:
            return
        if running:
            self._delay.start()
        else:
            self.release()

    def release(self) -> None:
        """Let the computer sleep as it is set to."""
        self._delay.stop()
        if self._holds and self._inhibitor is not None:
            self._holds = False
            self._inhibitor.release()

    def _hold(self) -> None:
        assert self._inhibitor is not None
        self._holds = self._inhibitor.hold()
        if not self._holds and not self._failed:
            self._failed = True  # once is enough
            _log.info("the computer cannot be kept awake for transfers")

    def close(self) -> None:
        """The program ends."""
        self._delay.stop()
        if self._inhibitor is not None:
            self._inhibitor.close()
