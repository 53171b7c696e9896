"""A box of choices, each with a value behind its words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox

T = TypeVar("T")


class ChoiceBox(QComboBox, Generic[T]):
    """Shows words, knows values; Qt would turn values into its own."""

    def __init__(self, offered: Iterable[tuple[T, str]], chosen: T) -> None:
        super().__init__()
        self._values: list[T] = []
        for value, words in offered:
            self.offer(value, words)
        self.choose(chosen)

    @property
    def value(self) -> T:
        """The chosen one."""
        return self._values[self.currentIndex()]

    def offer(self, value: T, words: str) -> None:
        """Offer one more, unless it is there."""
        if value not in self._values:
            self._values.append(value)
            self.addItem(words)

    def choose(self, value: T) -> None:
        """Choose ``value``, which is one of those offered."""
        self.setCurrentIndex(self._values.index(value))
