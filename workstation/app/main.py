"""Shows the window, loads everything behind it, runs it, takes it down."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from workstation import __version__
from workstation.app.front import Front, Running, put_up, take_down
from workstation.app.hooks import install_hooks
from workstation.app.interrupts import close_on_signals
from workstation.app.warm_up import warm_up_soon
from workstation.controllers.notices import sentence
from workstation.errors import WorkstationError
from workstation.jobs.lanes import Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.resources import resource
from workstation.settings.logs import install_log
from workstation.settings.places import places
from workstation.settings.preferences import Theme, load_preferences
from workstation.widgets.theme import apply_theme

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Show the window until it is closed; the exit status."""
    options = parse(arguments)
    application = _application()
    try:
        where = places(options.home)
        preferences = load_preferences(where.settings)
        remove_log = install_log(where.logs)
        front = put_up(where, preferences)
        # Last: a widget that moves into another one is styled anew each time.
        apply_theme(
            application, None if preferences.theme is Theme.SYSTEM else preferences.theme is Theme.DARK
        )
    except WorkstationError as trouble:
        return _give_up(sentence(trouble), options.quit_after_ms)
    _log.info("Workstation %s starts", __version__)
    program = Program(front, options)
    remove_hooks = install_hooks(front.notices)
    restore_signals = close_on_signals(front.window.close)
    try:
        front.window.restore(where.window)
        front.window.show()
        application.exec()
    finally:
        clean = take_down(program.running)
        restore_signals()
        remove_hooks()
        _log.info("Workstation ends")
        remove_log()
        if not clean:  # a thread that hears nothing would keep the process for ever
            os._exit(0)
    return 0


class Program(QObject):
    """Brings the rest of the program behind the window, once that is painted.

    Attributes:
        running: What has to be taken down.
    """

    def __init__(self, front: Front, options: argparse.Namespace) -> None:
        super().__init__()
        self.running: Running = front
        self._front = front
        self._options = options
        front.window.painted.connect(self._load)

    def _load(self) -> None:
        job = self._front.lanes.submit("start", Purpose.ASK, "load the program", _load_the_rest)
        job.ended.connect(self._loaded)

    def _loaded(self, ended: Ended) -> None:
        if ended.ending is not Ending.DONE:
            if ended.ending is Ending.CRASHED:
                self._front.notices.bug()
            return
        from workstation.app.building import complete
        from workstation.app.wiring import open_files, start_demo

        options = self._options
        self.running = workstation = complete(self._front)
        gc.freeze()  # what is there now stays to the end
        gc.enable()
        warm_up_soon(workstation.lanes)
        _log.info("the program is loaded")
        if options.paths:
            open_files(workstation, options.paths)
        if options.demo:
            start_demo(workstation)
        if options.quit_after_ms is not None:
            close = partial(QTimer.singleShot, options.quit_after_ms, workstation.window.close)
            workstation.library_opening.settled.connect(close)


def _load_the_rest(run: Run) -> None:
    """Import in a lane what the window does not need to be seen."""
    import workstation.app.building  # noqa: F401 - the GUI thread finds it loaded


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for on the command line; ends the program where it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="workstation", description="A DICOM query/retrieve workstation.", allow_abbrev=False
    )
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep everything below this folder")
    parser.add_argument("--demo", action="store_true", help="with a demo archive of invented patients")
    parser.add_argument("command", nargs="?", choices=["open"], help="show the files that follow")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, folders, DICOMDIR")
    parser.add_argument("--quit-after-ms", type=int, metavar="N", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _application() -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(["workstation"])
    application.setApplicationName("Workstation")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("workstation")
    application.setWindowIcon(QIcon(str(resource("icons/workstation.svg"))))
    return application


def _give_up(text: str, quit_after_ms: int | None) -> int:
    """Say why there will be no window."""
    _log.error("no window: see the message")
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
    if sys.stderr is None or not sys.stderr.isatty():
        box = QMessageBox(QMessageBox.Icon.Critical, "Workstation", text)
        box.setTextFormat(Qt.TextFormat.PlainText)
        if quit_after_ms is not None:
            QTimer.singleShot(quit_after_ms, box.close)
        box.exec()
    return 1
