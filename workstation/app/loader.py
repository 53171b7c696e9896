"""Loads the rest of the program behind the window, then acts on what this and later starts were asked for."""

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
from workstation.jobs.lane import Lane
from workstation.jobs.run import Ended, Ending, Run

if TYPE_CHECKING:
    from workstation.app.parts import Workstation

_log = logging.getLogger(__name__)

_BEHIND: Final = (
    "workstation.app.assembly",
    "workstation.app.warm_up",
    "workstation.widgets.annotations",
    "workstation.widgets.days_popup",
    "workstation.widgets.elements_window",
    "workstation.widgets.history_panel",
    "workstation.widgets.inspector_window",
)
"""What the GUI thread is to find loaded once the window is there."""
_TAKE_TIMEOUT: Final = 1.5
"""Seconds the thread of :class:`FirstInstance` waits for the window; its client waits longer."""


class _Handover:
    """The request of another start: taken by the window in time, or withdrawn, never both."""

    def __init__(self, request: LaunchRequest) -> None:
        self.request = request
        self._decided = threading.Semaphore(1)
        self._taken = threading.Event()

    def take(self) -> bool:
        """Take it in the GUI thread; False: it was too late."""
        if self._decided.acquire(blocking=False):
            self._taken.set()
        return self._taken.is_set()

    def wait(self) -> bool:
        """Wait in the other thread; whether it was taken in time."""
        if not self._taken.wait(_TAKE_TIMEOUT) and not self._decided.acquire(blocking=False):
            self._taken.wait()
        return self._taken.is_set()


class Loader(QObject):
    """Loads what is behind the window once that is painted.

    Attributes:
        running: What has to be shut down.
        log: What has to be closed after that.
        status: The exit status: 1 if nothing could be shown of what this start was to open.
    """

    _handed_over = Signal(object)

    def __init__(
        self,
        shell: Shell,
        request: LaunchRequest,
        first_instance: FirstInstance | None,
        quit_after_ms: int | None = None,
    ) -> None:
        super().__init__()
        self.running: Running = shell
        self.log = ExitStack()
        self.status = 0
        self._workstation: Workstation | None = None
        self._shell = shell
        self._request = request
        self._first_instance = first_instance
        self._quit_after_ms = quit_after_ms
        self._handed_over.connect(self._take, Qt.ConnectionType.QueuedConnection)
        shell.window.painted.connect(self._load)

    def _load(self) -> None:
        job = self._shell.lanes.submit(Lane.LOADING, "load the program", self._load_in_lane)
        job.ended.connect(self._loaded)

    def _load_in_lane(self, run: Run) -> None:
        """Open and import in a lane what the window does not need to be seen."""
        from workstation.settings.logs import install_log

        self.log.callback(install_log(self._shell.folders.logs))
        _log.info("Workstation %s starts", __version__)
        for name in _BEHIND:
            import_module(name)

    def _loaded(self, ended: Ended) -> None:
        if ended.ending is not Ending.DONE:
            return
        from workstation.app.assembly import complete
        from workstation.app.garbage_collection import GarbageCollection
        from workstation.app.warm_up import warm_up_soon

        self.running = self._workstation = workstation = complete(self._shell)
        self._garbage = GarbageCollection(lambda: bool(workstation.lanes.busy), self)
        warm_up_soon(workstation.lanes, workstation.preview.decoding)
        _log.info("the program is loaded")
        if self._quit_after_ms is not None:
            close = partial(QTimer.singleShot, self._quit_after_ms, workstation.window.close)
            workstation.library_opening.settled.connect(close)
        if self._request.paths:
            workstation.file_opening.ended.connect(self._opened, Qt.ConnectionType.SingleShotConnection)
        _serve(workstation, self._request)
        if self._first_instance is not None:
            for request in self._first_instance.serve(self._hand_over):
                self._show_and_serve(request)

    @Slot(bool)
    def _opened(self, shown: bool) -> None:
        self.status = 0 if shown else 1

    def _hand_over(self, request: LaunchRequest) -> bool:
        """Have the window take a request; called in the thread of :class:`FirstInstance`."""
        handover = _Handover(request)
        self._handed_over.emit(handover)
        return handover.wait()

    @Slot(object)
    def _take(self, handover: _Handover) -> None:
        if handover.take():
            self._show_and_serve(handover.request)

    def _show_and_serve(self, request: LaunchRequest) -> None:
        window = self.running.window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        if self._workstation is not None:
            _serve(self._workstation, request)


def _serve(workstation: Workstation, request: LaunchRequest) -> None:
    from workstation.app.wiring import open_files, start_demo

    if request.paths:
        open_files(workstation, [Path(path) for path in request.paths])
    if request.demo:
        start_demo(workstation)
