"""Tell the user something while another window is in front: by the taskbar, and a message of the desktop."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

SHOWN_MS: Final = 10_000
"""How long the message stays, if the desktop heeds that."""


class DesktopNotice(QObject):
    """Belongs to a window. It is visible to whoever sees the screen: never anything of a patient."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        self._hiding = QTimer(self)
        self._hiding.setSingleShot(True)
        self._hiding.timeout.connect(self.hide)

    def show(self, text: str) -> None:
        """Mark the window in the taskbar; where the desktop shows messages, show ``text``."""
        QApplication.alert(self._window)
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._tray.messageClicked.connect(self._raise)
        self._tray.show()  # a message belongs to an icon
        title, kind = self._window.tr("Workstation"), QSystemTrayIcon.MessageIcon.Information
        self._tray.showMessage(title, text, kind, SHOWN_MS)
        self._hiding.start(SHOWN_MS)

    def hide(self) -> None:
        """Remove the icon that the message came from."""
        if self._tray is not None:
            self._tray.hide()

    def _raise(self) -> None:
        self.hide()
        self._window.raise_()
        self._window.activateWindow()
