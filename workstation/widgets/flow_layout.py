"""A layout that places widgets in rows and wraps at the width."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QWidget
from typing_extensions import override


class FlowLayout(QLayout):
    """Its minimum width is that of its widest widget. Hidden widgets take no room.

    Attributes:
        gap: Between two widgets of a row, in pixels.
    """

    def __init__(self, gap: int = 16, between: int = 2) -> None:
        """``gap``: between two widgets of a row; ``between``: between two rows; both in pixels."""
        super().__init__()
        self.gap, self._between = gap, between
        self._items: list[QLayoutItem] = []
        self._stretches: dict[QLayoutItem, int] = {}
        self.setContentsMargins(0, 0, 0, 0)

    @override
    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def add_stretching(self, widget: QWidget, share: int) -> None:
        """Add a widget at least of its minimum width, which has a share of what is left of its row."""
        self.addWidget(widget)
        self._stretches[self._items[-1]] = share

    @override
    def count(self) -> int:
        return len(self._items)

    @override
    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    @override
    def takeAt(self, index: int) -> QLayoutItem | None:
        if not 0 <= index < len(self._items):
            return None
        item = self._items.pop(index)
        self._stretches.pop(item, None)
        return item

    @override
    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        inner = QRect(0, 0, width - margins.left() - margins.right(), 0)
        return self._place(inner, apply=False) + margins.top() + margins.bottom()

    @override
    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect.marginsRemoved(self.contentsMargins()), apply=True)

    @override
    def sizeHint(self) -> QSize:
        return self.minimumSize()

    @override
    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size.grownBy(self.contentsMargins())

    def _place(self, rect: QRect, *, apply: bool) -> int:
        """Place the items from the top left; return the height."""
        y = rect.y()
        for row in self._rows(rect.width()):
            high = max(item.sizeHint().height() for item in row)
            if apply:
                self._place_row(row, QRect(rect.x(), y, rect.width(), high))
            y += high + self._between
        return max(0, y - self._between - rect.y())

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        taken = 0
        for item in (one for one in self._items if not one.isEmpty()):
            wide = self._width(item)
            if not rows or taken + self.gap + wide > width:
                rows.append([item])
                taken = wide
            else:
                rows[-1].append(item)
                taken += self.gap + wide
        return rows

    def _place_row(self, row: Sequence[QLayoutItem], box: QRect) -> None:
        """Place the items of a row; what is left of its width goes to those that stretch."""
        shares = [self._stretches.get(item, 0) for item in row]
        left = box.width() - sum(map(self._width, row)) - self.gap * (len(row) - 1)
        x, parts = box.x(), sum(shares)
        for item, share in zip(row, shares, strict=True):
            more = max(0, left) * share // parts if parts else 0
            left, parts = left - more, parts - share
            size = QSize(self._width(item) + more, box.height())
            item.setGeometry(QRect(QPoint(x, box.y()), size))
            x += size.width() + self.gap

    def width_of(self, widgets: Sequence[QWidget]) -> int:
        """Return the width of a row of these, be they hidden or not, before any stretches."""
        stretching = {item.widget() for item in self._stretches}
        wide = [
            widget.minimumSizeHint().expandedTo(widget.minimumSize())
            if widget in stretching
            else widget.sizeHint().expandedTo(widget.minimumSize())
            for widget in widgets
        ]
        return sum(size.width() for size in wide) + self.gap * max(0, len(wide) - 1)

    def _width(self, item: QLayoutItem) -> int:
        """The width of an item before it stretches."""
        return (item.minimumSize() if item in self._stretches else item.sizeHint()).width()


def beside(*parts: QWidget, gap: int = 8) -> QWidget:
    """Widgets that stay beside each other, as one; with ``gap`` pixels between two."""
    cell = QWidget()
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(gap)
    for part in parts:
        row.addWidget(part)
    return cell
