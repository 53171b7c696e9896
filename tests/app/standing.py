"""What stands where in a window, to see that nothing under the pointer moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QScrollBar, QWidget
from shiboken6 import Shiboken

from workstation.widgets.main_window import MainWindow


class Standing:
    """The places of all visible widgets of a window, and what is under chosen places of the pointer.

    Left out are what tells of a state in a place reserved for it (the messages, the chips of the sources, the
    labels in the line of transfers), and scroll bars with the viewports beside them.
    """

    def __init__(self, window: MainWindow, pointed: Sequence[QWidget]) -> None:
        """``pointed``: the pointer is over the middle of each of these."""
        self._window = window
        self._pointed = pointed
        QApplication.processEvents()
        self._before = self._places()
        self._under = self._under_pointer()
        self._row: tuple[QPoint, int] | None = None

    def point_at(self, place: QPoint) -> None:
        """Move the pointer to a place in the list: the row there has to stay."""
        viewport = self._window.tree.viewport()
        there, none = QPointF(place), Qt.MouseButton.NoButton
        kind, keys = QMouseEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(
            viewport, QMouseEvent(kind, there, viewport.mapToGlobal(there), none, none, keys)
        )
        self._row = place, self._window.tree.indexAt(place).internalId()

    def check(self, event: str) -> None:
        """Fail where something is elsewhere after an event."""
        QApplication.processEvents()
        now = self._places()
        moved = [name for name, place in self._before.items() if name in now and now[name] != place]
        if moved:
            pytest.fail(f"{event} moves {[(name, self._before[name], now[name]) for name in moved]}")
        assert self._under_pointer() == self._under, event
        if self._row is not None:
            place, number = self._row
            assert self._window.tree.indexAt(place).internalId() == number, f"{event} moves the row"

    def _places(self) -> dict[str, QRect]:
        found: dict[str, QRect] = {}
        for widget in self._window.findChildren(QWidget):
            if widget.isVisible() and widget.window() is self._window and not self._tells(widget):
                place = QRect(widget.mapTo(self._window, QPoint()), widget.size())
                address = Shiboken.getCppPointer(widget)[0]
                found[f"{type(widget).__name__} {widget.accessibleName()} {address:x}"] = place
        header = self._window.tree.header()
        for column in range(header.count()):
            found[f"column {column}"] = QRect(
                header.sectionPosition(column), 0, header.sectionSize(column), 1
            )
        return found

    def _tells(self, widget: QWidget) -> bool:
        window, strip = self._window, self._window.transfers
        sources = window.criteria.sources.values()
        telling = (strip.title, strip.failed, strip.needs_user, strip.bar, window.tree.viewport())
        telling += (window.tree.header(), window.tree.header().viewport())
        telling += tuple(part for box in sources for part in (box.chip, box.link))
        if widget in telling or window.messages.isAncestorOf(widget):
            return True
        return isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_scrollarea")

    def _under_pointer(self) -> list[QWidget | None]:
        window = self._window
        return [window.childAt(one.mapTo(window, one.rect().center())) for one in self._pointed]
