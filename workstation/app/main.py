"""Shows the window, loads everything behind it, runs the event loop, shuts down."""

from __future__ import annotations

import argparse
import logging
import os

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from workstation import __version__
from workstation.app.excepthooks import install_hooks
from workstation.app.loader import Loader
from workstation.app.os_signals import close_on_signals
from workstation.app.shell import show_shell, shut_down
from workstation.app.single_instance import FirstInstance, LaunchRequest
from workstation.controllers.notices import message
from workstation.errors import WorkstationError
from workstation.resources import resource
from workstation.settings.folders import folders
from workstation.settings.preferences import Theme, load_preferences
from workstation.widgets.theme import apply_theme, themed_application
from workstation.widgets.window_state import restore_window

_log = logging.getLogger(__name__)


def main(options: argparse.Namespace, request: LaunchRequest, first_instance: FirstInstance | None) -> int:
    """Show the window until it is closed; the exit status.

    Args:
        options: As :func:`workstation.app.start.parse` gives them.
        request: What the window is to do first.
        first_instance: Takes the requests of later starts; None: another window does, and keeps the settings.
    """
    application = _application()
    try:
        ours = folders(options.home)
        preferences = load_preferences(ours.settings)
        shell = show_shell(ours, preferences, second_window=first_instance is None)
        # Last: a widget that moves into another one is styled anew each time.
        apply_theme(
            application, None if preferences.theme is Theme.SYSTEM else preferences.theme is Theme.DARK
        )
    except WorkstationError as error:
        from workstation.app.startup_error import report_startup_error

        return report_startup_error(message(error), options.quit_after_ms)
    loader = Loader(shell, request, first_instance, options.quit_after_ms)
    remove_hooks = install_hooks(shell.notices)
    restore_signals = close_on_signals(shell.window.close)
    try:
        restore_window(shell.window, ours.window)
        shell.window.show()
        application.exec()
    finally:
        if first_instance is not None:
            first_instance.close()
        clean = shut_down(loader.running, second_window=first_instance is None)
        if first_instance is not None and clean:
            first_instance.release()
        restore_signals()
        remove_hooks()
        _log.info("Workstation ends")
        loader.log.close()
        if not clean:  # a thread that does not stop would keep the process for ever
            os._exit(loader.status)
    return loader.status


def _application() -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else themed_application()
    application.setApplicationName("Workstation")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("workstation")
    application.setWindowIcon(QIcon(str(resource("icons/workstation.svg"))))
    return application
