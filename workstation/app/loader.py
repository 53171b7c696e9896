"""Brings the rest of the program behind the window, and does what this and later starts were asked for."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from workstation import __version__
from workstation.app.shell import Running, Shell
from workstation.app.single_instance import FirstInstance, LaunchRequest
from workstation.jobs.lanes import Purpose
from workstation.jobs.run import Ended, Ending, Run

if TYPE_CHECKING:
    from workstation.app.assembly import Workstation

_log = logging.getLogger(__name__)

_BEHIND: Final = (
    "workstation.app.assembly",
    "workstation.app.warm_up",
    "workstation.widgets.elements_view",
    "workstation.widgets.play_bar",
    "workstation.widgets.series_strip",
)
"""What the GUI thread is to find loaded once the window is there."""
_PATIENCE: Final = 1.5
"""Seconds the door's thread waits for this window; less than the one who knocks."""


class _LaunchSignal:
    """Wishes of another start: taken by the window in time, or withdrawn, never both."""

    def __init__(self, wishes: LaunchRequest) -> None:
        self.wishes = wishes
        self._decided = threading.Semaphore(1)
        self._taken = threading.Event()

    def take(self) -> bool:
        """The window does it now; False: it was too late."""
        if self._decided.acquire(blocking=False):
            self._taken.set()
        return self._taken.is_set()

    def wait(self) -> bool:
        """Whether it was taken in time."""
        if not self._taken.wait(_PATIENCE) and not self._decided.acquire(blocking=False):
            self._taken.wait()
        return self._taken.is_set()


class Loader(QObject):
    """Loads what is behind the window once that is painted.

    Attributes:
        running: What has to be taken down.
        log: What has to be closed after that.
        status: The exit status: 1 if nothing could be shown of what this start was to open.
    """

    _knocked = Signal(object)

    def __init__(
        self,
        front: Shell,
        wishes: LaunchRequest,
        door: FirstInstance | None,
        quit_after_ms: int | None = None,
    ) -> None:
        super().__init__()
        self.running: Running = front
        self.log = ExitStack()
        self.status = 0
        self._workstation: Workstation | None = None
        self._front = front
        self._wishes = wishes
        self._door = door
        self._quit_after_ms = quit_after_ms
        self._knocked.connect(self._let_in, Qt.ConnectionType.QueuedConnection)
        front.window.painted.connect(self._load)

    def _load(self) -> None:
        job = self._front.lanes.submit("start", Purpose.ASK, "load the program", self._load_the_rest)
        job.ended.connect(self._loaded)

    def _load_the_rest(self, run: Run) -> None:
        """Open and import in a lane what the window does not need to be seen."""
        from workstation.settings.logs import install_log

        self.log.callback(install_log(self._front.folders.logs))
        _log.info("Workstation %s starts", __version__)
        for name in _BEHIND:
            import_module(name)

    def _loaded(self, ended: Ended) -> None:
        if ended.ending is not Ending.DONE:
            if ended.ending is Ending.CRASHED:
                self._front.notices.bug()
            return
        from workstation.app.assembly import complete
        from workstation.app.garbage_collection import GarbageCollection
        from workstation.app.warm_up import warm_up_soon

        self.running = self._workstation = workstation = complete(self._front)
        self._garbage = GarbageCollection(lambda: bool(workstation.lanes.busy), self)
        warm_up_soon(workstation.lanes, workstation.preview.decoding)
        _log.info("the program is loaded")
        if self._quit_after_ms is not None:
            close = partial(QTimer.singleShot, self._quit_after_ms, workstation.window.close)
            workstation.library_opening.settled.connect(close)
        if self._wishes.paths:
            workstation.opening.ended.connect(self._opened, Qt.ConnectionType.SingleShotConnection)
        _fulfil(workstation, self._wishes)
        if self._door is not None:
            for wishes in self._door.serve(self._knock):
                self._do(wishes)

    @Slot(bool)
    def _opened(self, shown: bool) -> None:
        self.status = 0 if shown else 1

    def _knock(self, wishes: LaunchRequest) -> bool:
        """Called in the door's thread."""
        knock = _LaunchSignal(wishes)
        self._knocked.emit(knock)
        return knock.wait()

    @Slot(object)
    def _let_in(self, knock: _LaunchSignal) -> None:
        if knock.take():
            self._do(knock.wishes)

    def _do(self, wishes: LaunchRequest) -> None:
        window = self.running.window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        if self._workstation is not None:
            _fulfil(self._workstation, wishes)


def _fulfil(workstation: Workstation, wishes: LaunchRequest) -> None:
    from workstation.app.wiring import open_files, start_demo

    if wishes.paths:
        open_files(workstation, [Path(path) for path in wishes.paths])
    if wishes.demo:
        start_demo(workstation)
