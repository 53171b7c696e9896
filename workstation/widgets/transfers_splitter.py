"""The splitter between the page and the transfers: its height is the user's while the list is shown."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QWidget
from typing_extensions import override

from workstation.widgets.transfers_strip import TransfersStrip

_HEIGHT: Final = 220
"""Of the unfolded transfers until the user chooses another, in pixels."""

_LEAST: Final = 90
"""Of the list alone, in pixels."""
_UNLIMITED: Final = 16_777_215
"""What Qt takes for no limit (QWIDGETSIZE_MAX)."""


class TransfersSplitter(QSplitter):
    """Remembers the height of the unfolded list while it is folded."""

    def __init__(self, page: QWidget, strip: TransfersStrip) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._strip = strip
        self._height = _HEIGHT
        self.addWidget(page)
        self.addWidget(strip)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self._limit(strip.unfolded)
        strip.unfolded_changed.connect(self._resize)

    def _resize(self, unfolded: bool) -> None:
        if not unfolded and self._strip.isVisible():
            self._height = self._strip.height()
        self._limit(unfolded)
        self._divide()

    def _limit(self, unfolded: bool) -> None:
        line = self._strip.line_height
        self.handle(1).setEnabled(unfolded)
        self._strip.setMinimumHeight(line + _LEAST if unfolded else line)
        self._strip.setMaximumHeight(_UNLIMITED if unfolded else line)

    def _divide(self) -> None:
        if self.isVisible():
            height = self._height if self._strip.unfolded else self._strip.line_height
            self.setSizes([max(1, self.height() - height), height])

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._strip.unfolded:
            self._divide()  # it had no height to divide before

    @property
    def kept(self) -> dict[str, object]:
        """Whether the list is shown, and how high it is, to be saved."""
        shown = self._strip.unfolded and self._strip.isVisible()
        height = self._strip.height() if shown else self._height
        return {"unfolded": self._strip.unfolded, "height": height}

    def restore(self, kept: object) -> None:
        """Restore what was saved; anything else changes nothing."""
        if not isinstance(kept, dict):
            return
        height = kept.get("height")
        if isinstance(height, int) and 0 < height < 10_000:
            self._height = height
        self._strip.unfold(kept.get("unfolded") is True)
