"""Collects cyclic garbage in the GUI thread, and in no other.

Left to itself Python collects in whichever thread allocates. A widget in a ring of references would then be
destroyed in a worker thread, perhaps while Qt walks its widgets in the GUI thread (PySide lets go of the
interpreter's lock in there): the process dies.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

TICK_MS = 50
YOUNG = 700
"""New objects that are worth looking through; they were made within a tick or two."""
YOUNG_ROUNDS = 10
"""Collections of young objects before old ones are looked through as well."""
BUSY_SECONDS = 60.0
"""Work in the background may put off a full collection for so long."""
FULL_SHARE = 0.01
"""The share of the time that full collections may take."""
WATCHED_BLOCKS = 50_000
"""Blocks of memory in use beyond those at the start, about 850 rows, up to which the objects kept out of
the collections (:func:`gc.freeze`) are looked through while a user may wait. That takes 30 to 50 ms."""
UNWATCHED_BLOCKS = 150_000
"""The same while no window of the program is the active one."""
FROZEN_SECONDS = 60.0
"""Between two looks through the objects that are otherwise kept out."""


class GarbageCollection(QObject):
    """Collects garbage from the GUI thread's event loop.

    Young objects are collected at each tick, as far as there are enough of them; everything only while
    ``is_busy`` says that nothing runs in the background, or when it has waited for a minute.
    """

    def __init__(self, is_busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._at_start = sys.getallocatedblocks()
        self._is_busy = is_busy
        self._rounds = YOUNG_ROUNDS + 1  # the garbage of the start was not collected yet
        self._full_due = self._frozen_due = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    def tick(self) -> None:
        """Collect what is due."""
        if gc.get_count()[0] > YOUNG:
            gc.collect(1)
            self._rounds += 1
        now = time.monotonic()
        late = now - self._full_due
        if self._rounds > YOUNG_ROUNDS and late > (BUSY_SECONDS if self._is_busy() else 0):
            self._collect_all()

    def _collect_all(self) -> None:
        begun = time.monotonic()
        active = QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive
        # counted by blocks: gc.get_freeze_count() takes a fifth of the time of looking through them
        more = sys.getallocatedblocks() - self._at_start
        frozen = begun > self._frozen_due and more < (WATCHED_BLOCKS if active else UNWATCHED_BLOCKS)
        if frozen:
            gc.unfreeze()
        gc.collect()
        if frozen:
            gc.freeze()
            self._frozen_due = begun + FROZEN_SECONDS
        self._rounds = 0
        ended = time.monotonic()
        self._full_due = ended + (ended - begun) / FULL_SHARE
