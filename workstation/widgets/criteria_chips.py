"""The further criteria of a search, each a chip that can be changed or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget
from typing_extensions import override

from workstation.models.key_labels import words_of

if TYPE_CHECKING:
    from workstation.dicom.other_keys import OtherKey

_WIDTH = 190
"""Of the text of a chip at most, in pixels."""

_BETWEEN = 6


class _Chip(QPushButton):
    """Signals ``removed`` at Delete and Backspace."""

    removed = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)


class CriteriaChips(QWidget):
    """As many chips as there is room for in one line; the last one stands for all that there is none for.

    Signals:
        opened: The criterion of this path is to be changed.
        removed: The criterion of this path is to be taken away.
    """

    opened = Signal(str)
    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_BETWEEN)
        self.hide()

    def show_keys(self, keys: Sequence[OtherKey], room: int) -> None:
        """Show these and no others, within so many pixels."""
        for old in self.chips:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.chips = [self._chip([key]) for key in keys]
        for chip in self.chips:
            self._row.addWidget(chip)
        count = len(keys)
        while count and self._width > room:
            count -= 1
            for chip in self.chips[count:]:
                self._row.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            self.chips[count:] = [self._chip(keys[count:], f"+{len(keys) - count}")]
            self._row.addWidget(self.chips[-1])
        self.setVisible(bool(keys))

    @property
    def _width(self) -> int:
        return sum(chip.sizeHint().width() + _BETWEEN for chip in self.chips)

    def _chip(self, keys: Sequence[OtherKey], text: str = "") -> QPushButton:
        """A chip for a key, or one with a text for several."""
        words, path = "\n".join(map(words_of, keys)), keys[0].path
        chip = _Chip(self)
        chip.setObjectName("criterion")
        chip.setAutoDefault(True)
        cut = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _WIDTH)
        chip.setText((text or cut).replace("&", "&&"))
        chip.setToolTip(f"{words}\n{self.tr('Enter changes it, Delete takes it away.')}")
        chip.setAccessibleName(words)
        chip.clicked.connect(lambda: self.opened.emit(path))
        chip.removed.connect(lambda: self.removed.emit(path))
        chip.ensurePolished()
        return chip
