"""A button with an icon that opens a menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from typing_extensions import override

from workstation.widgets.icons import icon


class PopupButton(QToolButton):
    """Opens its menu by a click, and by Enter; its icon is of the colours of the theme."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """``name`` is that of the icon."""
        super().__init__(parent)
        self._name = name
        self.setObjectName("menu")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.showMenu()
        else:
            super().keyPressEvent(event)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tint()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self.isVisible():
            self._tint()

    def _tint(self) -> None:
        # The application's: the style sheet gives this button a transparent one.
        self.setIcon(icon(self._name, QApplication.palette()))
