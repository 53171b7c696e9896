"""Collects stored objects from network threads, and emits them in the GUI thread in batches."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from workstation.jobs.mailbox import Mailbox
from workstation.store.store_results import Refused, Status, Stored

TICK_MS = 100


class Arrivals(QObject):
    """Called by network threads; emits in the GUI thread.

    Signals:
        arrived: A list of :class:`Stored`, at most every 100 ms.
        turned_away: The first :class:`Refused` for want of room, and again once something was kept since.
    """

    arrived = Signal(list)
    turned_away = Signal(object)
    _rung = Signal()
    _refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._full = False
        self._mailbox = Mailbox[Stored](self._rung.emit)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)
        self._rung.connect(self._ring, Qt.ConnectionType.QueuedConnection)
        self._refused.connect(self._turn_away, Qt.ConnectionType.QueuedConnection)

    def add(self, stored: Stored) -> None:
        """Add an object that was kept; quick, from any thread."""
        with self._lock:
            self._full = False
        self._mailbox.put(stored)

    def add_refused(self, refused: Refused) -> None:
        """Add an object that was not kept; likewise."""
        if refused.status is not Status.OUT_OF_RESOURCES:
            return
        with self._lock:
            first, self._full = not self._full, True
        if first:
            self._refused.emit(refused)

    @Slot(object)
    def _turn_away(self, refused: Refused) -> None:
        self.turned_away.emit(refused)

    @Slot()
    def _ring(self) -> None:
        if not self._timer.isActive():
            self.drain()

    @Slot()
    def drain(self) -> None:
        """Emit at once what has come."""
        batch = self._mailbox.take()
        if batch:
            self.arrived.emit(batch)
            self._timer.start(TICK_MS)
