"""Windows on small screens, or with large fonts: they are no larger than the screen, and dialogs scroll."""

from __future__ import annotations

from PySide6 import QtWidgets
from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget
from typing_extensions import override

_FRAME = QSize(24, 48)
"""What the window manager draws around a window at most, in pixels."""
_TITLE_BAR = 36
"""The part of it above the window."""
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

    @property
    def lacking(self) -> int:
        """How much higher it had to be to show all, in pixels."""
        return max(0, self._page.minimumSizeHint().height() - self.viewport().height())


def fit(window: QWidget, wanted: QSize | None = None) -> None:
    """Give a window the size it wants, or ``wanted``, as far as the screen has it beside the frame.

    One that belongs to another window is not shown above the screen.
    """
    size = window.sizeHint() if wanted is None else QSize(wanted)
    room = window.screen().availableSize() - _FRAME
    if size.height() > room.height() and size.width() < room.width():
        # what scrolls down needs a scroll bar beside it
        extent = window.style().pixelMetric(QtWidgets.QStyle.PixelMetric.PM_ScrollBarExtent)
        size += QSize(extent, 0)
    window.resize(size.boundedTo(room))
    if window.parentWidget() is not None:
        window.installEventFilter(_BelowTheTop(window))


def move_right(window: QWidget) -> None:
    """Place a window that is not shown yet at the right of the screen, at its top."""
    room = window.screen().availableGeometry()
    beside = room.right() + 1 - window.width() - _FRAME.width() // 2
    window.move(max(room.left(), beside), room.top())


def _shown(window: QWidget) -> list[Scrolling]:
    """The pages that are seen when the window is."""
    return [page for page in window.findChildren(Scrolling) if page.isVisibleTo(window)]


class _BelowTheTop(QObject):
    """Places a window that is about as high as the screen so that its title bar is on it, before it is shown.

    Qt centres a dialog over its parent, and takes what is within the frame for the whole window as long as
    the window manager has not drawn one. A page that scrolls is given the height that it needs first, as far
    as the screen has it: in less width than it wanted, lines are broken, and notes stand below their fields.
    """

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.Show
            and not event.spontaneous()
            and isinstance(watched, QWidget)
            and not watched.testAttribute(Qt.WidgetAttribute.WA_Moved)
            and (parent := watched.parentWidget()) is not None
        ):
            room = watched.screen().availableGeometry()
            high = watched.height() + max((page.lacking for page in _shown(watched)), default=0)
            watched.resize(watched.width(), min(high, max(watched.height(), room.height() - _FRAME.height())))
            place = watched.rect()
            place.moveCenter(parent.window().frameGeometry().center())
            if place.top() < room.top() + _TITLE_BAR:
                rightmost = room.right() - place.width() - _FRAME.width() // 2
                left = max(room.left() + 1, min(place.left(), rightmost))  # nought stands for no place
                watched.move(left, room.top() + _TITLE_BAR)
        return False
