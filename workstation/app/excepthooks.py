"""Sends uncaught exceptions to the log and the notice bar: there may be no console."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from workstation.controllers.notices import Notices

_log = logging.getLogger(__name__)


def install_hooks(notices: Notices) -> Callable[[], None]:
    """Catch what slots and threads raise; the returned function restores the old hooks."""
    before = sys.excepthook, threading.excepthook

    def in_slot(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, trace)
            return
        _log.critical("a bug in a slot", exc_info=(kind, error, trace))
        notices.show_bug()

    def in_thread(hooked: threading.ExceptHookArgs) -> None:
        if hooked.exc_value is None or hooked.exc_type is SystemExit:
            return
        _log.critical("a bug in a thread", exc_info=(hooked.exc_type, hooked.exc_value, hooked.exc_traceback))
        notices.show_bug()  # the bar lives in the GUI thread: Qt queues the signal

    sys.excepthook, threading.excepthook = in_slot, in_thread

    def restore() -> None:
        sys.excepthook, threading.excepthook = before

    return restore
