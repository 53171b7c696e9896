"""A row of tool buttons; those there is no room for are in a menu at its end."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget
from typing_extensions import override

_GAP = 2
"""Between two buttons, in pixels."""


class ToolRow(QWidget):
    """Buttons from the left that give way, then a gap, then some that stay. Its height does not change.

    Attributes:
        more: The button of the menu; hidden while there is room for all.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._giving_way: list[QWidget] = []
        self._staying: list[QWidget] = []
        self.more = QToolButton()
        self.more.setText("»")
        self.more.setAccessibleName(self.tr("More tools"))
        self.more.setToolTip(self.tr("The tools there is no room for"))
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.more.setMenu(self._menu)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 2, 6, 2)
        self._row.setSpacing(_GAP)
        self._row.addWidget(self.more)
        self._row.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Add a button, or a line between two groups, which gives way to those before it."""
        self._row.insertWidget(len(self._giving_way), widget)
        self._giving_way.append(widget)

    def add_staying(self, button: QToolButton) -> None:
        """Add a button at the end that is always in sight."""
        self._row.addWidget(button)
        self._staying.append(button)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self._width([self.more, *self._staying]), super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def _give_way(self) -> None:
        """Hide from the end what there is no room for."""
        shown, fits = list(self._giving_way), self._width([*self._giving_way, *self._staying]) <= self.width()
        while not fits and shown and self._width([*shown, self.more, *self._staying]) > self.width():
            shown.pop()
        if not fits and shown and not isinstance(shown[-1], QToolButton):
            shown.pop()  # a line before nothing
        if fits and self.more.hasFocus():
            self._staying[0].setFocus()  # else Qt gives it to any neighbour
        self.more.setVisible(not fits)
        if any(widget.hasFocus() and widget not in shown for widget in self._giving_way):
            self.more.setFocus()
        for widget in self._giving_way:
            widget.setVisible(widget in shown)

    def _width(self, widgets: list[QWidget]) -> int:
        margins = self._row.contentsMargins()
        wide = sum(widget.sizeHint().expandedTo(widget.minimumSize()).width() + _GAP for widget in widgets)
        return wide + margins.left() + margins.right()

    def _fill(self) -> None:
        """List the tools that are out of sight, with their keys."""
        self._menu.clear()
        for widget in self._giving_way:
            if widget.isHidden() and isinstance(widget, QToolButton):
                if (below := widget.menu()) is not None:
                    self._menu.addMenu(below)
                elif (action := widget.defaultAction()) is not None:
                    self._menu.addAction(action)
