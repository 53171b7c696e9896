"""Buffers the signals of the window while the rest of the program is loaded, so that none is lost."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import SignalInstance


class SignalBuffer:
    """Keeps what some signals emit until what acts on them is connected."""

    def __init__(self, *signals: SignalInstance) -> None:
        self._kept: list[tuple[SignalInstance, tuple[Any, ...]]] = []
        self._slots = [(signal, partial(self._keep, signal)) for signal in signals]
        for signal, slot in self._slots:
            signal.connect(slot)

    def replay(self) -> None:
        """Emit all of it again, in its order, and keep no more."""
        for signal, slot in self._slots:
            signal.disconnect(slot)
        self._slots = []
        kept, self._kept = self._kept, []
        for signal, values in kept:
            signal.emit(*values)

    def _keep(self, signal: SignalInstance, *values: object) -> None:
        self._kept.append((signal, values))
