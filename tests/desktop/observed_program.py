"""Runs the program as it is, and tells over a socket what its windows show: ``python -m … SOCKET``.

What is told is the accessibility tree, as a screen reader reads it: role, name, value, state and place on the
screen of everything visible. It is only read: whatever a test does, it does through the X server.
"""

from __future__ import annotations

import faulthandler
import json
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from workstation import __main__

_STATES = ("disabled", "selected", "checked", "expanded")


class Observer(QObject):
    """Reads the tree in the GUI thread for whoever asks from another."""

    asked = Signal()

    def __init__(self, thread: Any) -> None:
        super().__init__()
        self.answers: queue.Queue[str] = queue.Queue()
        self.moveToThread(thread)
        QAccessible.setActive(True)  # else tables tell of the rows that they had when they were first read
        self.asked.connect(self.read, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def read(self) -> None:
        self.answers.put(json.dumps(list(everything_visible())))


def everything_visible() -> Iterator[dict[str, object]]:
    """What all windows show; first what the next click or key meets: popups, then the active window."""
    popup, active = QApplication.activePopupWidget(), QApplication.activeWindow()
    windows = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    for window in sorted(windows, key=lambda each: (each is not popup, each is not active)):
        screen = window.screen().geometry()
        frame = window.frameGeometry()
        yield {
            "role": "window",
            "name": window.windowTitle(),
            "value": "",
            "place": _numbers(window.geometry()),
            "frame": _numbers(frame),
            "window": window.windowTitle(),
            "states": ["active"] if window is active else [],
        }
        for view in window.findChildren(QAbstractItemView):
            view.executeDelayedItemsLayout()  # else its cells are made anew while they are read
        yield from _below(QAccessible.queryAccessibleInterface(window), window, screen)


def _below(parent: QAccessibleInterface, window: QWidget, clip: QRect) -> Iterator[dict[str, object]]:
    for number in range(parent.childCount()):
        child = parent.child(number)
        if child is None or not child.isValid():
            continue
        states = child.state()
        place = child.rect() & clip
        if states.invisible or place.isEmpty():
            continue
        yield {
            "role": child.role().name,
            "name": child.text(QAccessible.Text.Name),
            "value": child.text(QAccessible.Text.Value),
            "place": _numbers(place),
            "window": window.windowTitle(),
            "states": [name for name in _STATES if getattr(states, name)] + _focus(child),
        }
        yield from _below(child, window, place)


def _focus(element: QAccessibleInterface) -> list[str]:
    """Whether the keys go to it: Qt says of a chosen tab, too, that it is focused."""
    focused = QApplication.focusWidget()
    return ["focused"] if focused is not None and element.object() is focused else []


def _numbers(place: QRect) -> tuple[int, int, int, int]:
    return place.x(), place.y(), place.width(), place.height()


def answer(listener: socket.socket) -> None:
    """Answer each connection with all that is visible, once there is an application."""
    observer: Observer | None = None
    while True:
        with listener.accept()[0] as connection:
            application = QCoreApplication.instance()
            if observer is None and application is not None:
                observer = Observer(application.thread())
            told = "[]"
            if observer is not None:
                observer.asked.emit()
                told = observer.answers.get()
            connection.sendall(told.encode())


def main() -> int:
    faulthandler.enable()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Path(sys.argv.pop(1))))
    listener.listen()
    threading.Thread(target=answer, args=[listener], daemon=True).start()
    return __main__.main()


if __name__ == "__main__":
    sys.exit(main())
