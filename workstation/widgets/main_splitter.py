"""The results and the picture beside them, and the line between that a person can move."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget
from typing_extensions import override

_SHARE: Final = 0.62
"""Of the results, in a window so narrow that both want more, or so wide that neither does."""
_ENOUGH: Final = 950
"""Pixels in which the results show all of their first columns."""
_PICTURE: Final = 490
"""Pixels for the picture before the results get enough."""


class MainSplitter(QSplitter):
    """Shares its width by a rule until a person moves the line.

    Attributes:
        moved: A person did; then both grow and shrink alike.
    """

    def __init__(self, results: QWidget, picture: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.moved = False
        self.addWidget(results)
        self.addWidget(picture)
        self.splitterMoved.connect(self._keep)

    def _keep(self) -> None:
        self.moved = True

    @property
    def kept(self) -> QByteArray:
        """Where a person put the line; nothing if the rule says where it is."""
        return self.saveState() if self.moved else QByteArray()

    def restore(self, kept: QByteArray) -> None:
        """Bring it back."""
        self.moved = self.restoreState(kept)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.moved:
            width = self.width()
            results = max(round(_SHARE * width), min(width - _PICTURE, _ENOUGH))
            self.setSizes([results, width - results])
