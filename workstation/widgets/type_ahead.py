"""Typing in a list: letters in quick succession are the beginning of what is sought."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QApplication


class TypeAhead:
    """What has been typed so far."""

    def __init__(self) -> None:
        self.typed = ""
        self._since = QElapsedTimer()

    def add(self, letters: str) -> bool:
        """Add letters; whether the search goes on behind the row it stands on.

        It does for the first letter, and for the same letter again and again, which goes from row to row.
        """
        late = not self._since.isValid() or self._since.elapsed() > QApplication.keyboardInputInterval()
        self._since.start()
        self.typed = letters if late else self.typed + letters
        if len(set(self.typed.casefold())) == 1 and len(self.typed) > 1:
            self.typed = letters
            return True
        return late and len(letters) == 1
