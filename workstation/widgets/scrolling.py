"""Windows on small screens, or with large fonts: they are no larger than the screen, and dialogs scroll."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QScrollArea, QStyle, QWidget
from typing_extensions import override

_FRAME = QSize(24, 48)
"""What the window manager draws around a window at most, in pixels."""
_TITLE_BAR = QSize(0, 24)
"""By so much window managers put a dialog higher than Qt wants it, centred over its window."""
_LEAST = QSize(160, 60)


class Scrolling(QScrollArea):
    """Shows all of a page if there is room, else a part of it."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(page)

    @override
    def sizeHint(self) -> QSize:
        return self._page.sizeHint().expandedTo(self._page.minimumSizeHint())

    @override
    def minimumSizeHint(self) -> QSize:
        return _LEAST


def fit(window: QWidget, wanted: QSize | None = None) -> None:
    """Give a window the size it wants, or ``wanted``, as far as the screen has it beside the frame."""
    size = window.sizeHint() if wanted is None else QSize(wanted)
    room = window.screen().availableSize() - _FRAME
    if window.parentWidget() is not None:
        room -= _TITLE_BAR
    if size.height() > room.height():  # what scrolls down needs a scroll bar beside it
        size += QSize(window.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent), 0)
    window.resize(size.boundedTo(room))
