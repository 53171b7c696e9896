"""Stored objects from network threads to the GUI thread, in lots."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from workstation.store.arrivals import Stored

TICK_MS = 100


class Arrivals(QObject):
    """Is called by network threads; its signal is the GUI thread's.

    Signals:
        arrived: A list of :class:`Stored`, at most every 100 ms.
    """

    arrived = Signal(list)
    _rang = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._stored: list[Stored] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._rang.connect(self._ring, Qt.ConnectionType.QueuedConnection)

    def __call__(self, stored: Stored) -> None:
        """Take note of an object; quick, from any thread."""
        with self._lock:
            first = not self._stored
            self._stored.append(stored)
        if first:
            self._rang.emit()

    @Slot()
    def _ring(self) -> None:
        if not self._timer.isActive():
            self._drain()

    @Slot()
    def _drain(self) -> None:
        with self._lock:
            lot, self._stored = self._stored, []
        if lot:
            self.arrived.emit(lot)
            self._timer.start(TICK_MS)
