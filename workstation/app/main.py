"""Shows the window, loads everything behind it, runs it, takes it down."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from workstation import __version__
from workstation.app.door import Door, Wishes
from workstation.app.front import put_up, take_down
from workstation.app.hooks import install_hooks
from workstation.app.interrupts import close_on_signals
from workstation.app.program import Program
from workstation.controllers.notices import sentence
from workstation.errors import WorkstationError
from workstation.resources import resource
from workstation.settings.logs import install_log
from workstation.settings.places import places
from workstation.settings.preferences import Theme, load_preferences
from workstation.widgets.theme import apply_theme

_log = logging.getLogger(__name__)


def main(options: argparse.Namespace, wishes: Wishes, door: Door | None) -> int:
    """Show the window until it is closed; the exit status.

    Args:
        options: As :func:`workstation.app.start.parse` gives them.
        wishes: What the window is to do first.
        door: Where later starts bring theirs; None: another window is the first, and keeps the settings.
    """
    application = _application()
    try:
        where = places(options.home)
        preferences = load_preferences(where.settings)
        remove_log = install_log(where.logs)
        front = put_up(where, preferences, beside=door is None)
        # Last: a widget that moves into another one is styled anew each time.
        apply_theme(
            application, None if preferences.theme is Theme.SYSTEM else preferences.theme is Theme.DARK
        )
    except WorkstationError as trouble:
        return _give_up(sentence(trouble), options.quit_after_ms)
    _log.info("Workstation %s starts", __version__)
    program = Program(front, wishes, door, options.quit_after_ms)
    remove_hooks = install_hooks(front.notices)
    restore_signals = close_on_signals(front.window.close)
    try:
        front.window.restore(where.window)
        front.window.show()
        application.exec()
    finally:
        if door is not None:
            door.close()
        clean = take_down(program.running, beside=door is None)
        if door is not None and clean:
            door.release()
        restore_signals()
        remove_hooks()
        _log.info("Workstation ends")
        remove_log()
        if not clean:  # a thread that hears nothing would keep the process for ever
            os._exit(0)
    return 0


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
