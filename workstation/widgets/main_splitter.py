"""The splitter between the results and the preview."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget
from typing_extensions import override

_SHARE, _NARROW_SHARE = 0.4, 0.39
"""Share of the results; in a narrow window the picture has more."""
_NARROW: Final = 1100
_LEAST: Final = 378
"""Width that the results get in any case, in pixels: their first columns fit."""


class MainSplitter(QSplitter):
    """Divides its width by a rule until the user moves the handle.

    Attributes:
        moved: The user moved the handle; then both parts resize in proportion.
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
        """The position set by the user, to be saved; empty if there is none."""
        return self.saveState() if self.moved else QByteArray()

    def restore(self, kept: QByteArray) -> None:
        """Restore a saved position."""
        self.moved = self.restoreState(kept)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self.moved:
            width = self.width()
            share = _SHARE if width >= _NARROW else _NARROW_SHARE
            results = max(round(share * width), _LEAST)
            self.setSizes([results, width - results])
