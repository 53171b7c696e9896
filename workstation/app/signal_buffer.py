"""What a person asks for while the rest of the program is still being loaded: nothing of it is lost."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import SignalInstance


class SignalBuffer:
    """Notes signals until there is somebody to hear them."""

    def __init__(self, *signals: SignalInstance) -> None:
        self._noted: list[tuple[SignalInstance, tuple[Any, ...]]] = []
        self._slots = [(signal, partial(self._note, signal)) for signal in signals]
        for signal, slot in self._slots:
            signal.connect(slot)

    def hand_over(self) -> None:
        """Say all of it again, in order, and note no more."""
        for signal, slot in self._slots:
            signal.disconnect(slot)
        self._slots = []
        noted, self._noted = self._noted, []
        for signal, values in noted:
            signal.emit(*values)

    def _note(self, signal: SignalInstance, *values: object) -> None:
        self._noted.append((signal, values))
