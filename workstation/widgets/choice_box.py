"""A combo box of typed values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox

T = TypeVar("T")


class ChoiceBox(QComboBox, Generic[T]):
    """Keeps Python values itself: as item data Qt would convert them."""

    def __init__(self, offered: Iterable[tuple[T, str]], chosen: T) -> None:
        super().__init__()
        self._values: list[T] = []
        for value, words in offered:
            self.offer(value, words)
        self.choose(chosen)

    @property
    def value(self) -> T:
        """The current value."""
        return self._values[self.currentIndex()]

    def offer(self, value: T, words: str) -> None:
        """Add a value unless it is there."""
        if value not in self._values:
            self._values.append(value)
            self.addItem(words)

    def choose(self, value: T) -> None:
        """Select ``value``, which must be one of the items."""
        self.setCurrentIndex(self._values.index(value))
