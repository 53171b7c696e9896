"""Limit the repaints of a widget to about 30 per second."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

_FRAME = 0.033  # seconds


class RepaintThrottle(QObject):
    """Throttles the repaints of a widget whose contents change often.

    A change alone is painted at once; one that follows another within a frame waits for the next frame.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._painted = self._changed = float("-inf")
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(lambda: widget.setUpdatesEnabled(True))

    def painted(self) -> None:
        """Record that the widget was painted just now."""
        self._painted = time.monotonic()

    def changing(self) -> None:
        """Announce that the contents are about to change."""
        now = time.monotonic()
        again, self._changed = now - self._changed < _FRAME, now
        left = self._painted + _FRAME - now
        if again and left > 0 and not self._next.isActive():
            self._widget.setUpdatesEnabled(False)
            self._next.start(int(1000 * left))
