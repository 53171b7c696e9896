"""Shows at the program's icon in a dock or taskbar how much is transferred, on desktops of Linux.

Ubuntu's dock, KDE's taskbar, Plank and others listen to a signal on the session bus, which began as the
"LauncherEntry" of Unity. Elsewhere the title of the window, which taskbars show, says it.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Final

from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Run

_APPLICATION: Final = "application://workstation.desktop"
_PATH: Final = "/workstation/launcher"
_INTERFACE: Final = "com.canonical.Unity.LauncherEntry"


class TaskbarProgress:
    """Sends each whole per cent once, never from the thread of the window."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._shown: int | None = None

    def set_share(self, share: float | None) -> None:
        """Show a share of 0 to 1; None: nothing runs, or how much there is to do is unknown."""
        shown = None if share is None else int(100 * share)
        if shown == self._shown or not has_session_bus():
            return
        self._shown = shown
        self._lanes.submit(Lane.TASKBAR, "show progress in the taskbar", lambda run: _send(run, shown))


@cache
def has_session_bus() -> bool:
    """Whether the desktop is one of Linux, with a bus that is not started for this alone."""
    return sys.platform == "linux" and bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))


def _send(run: Run, percent: int | None) -> None:
    # Only here: most of the time nothing is transferred.
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    message = QDBusMessage.createSignal(_PATH, _INTERFACE, "Update")
    shown = {"progress": 0.0 if percent is None else percent / 100, "progress-visible": percent is not None}
    message.setArguments([_APPLICATION, shown])
    QDBusConnection.sessionBus().send(message)  # where no bus answers, nothing is shown
