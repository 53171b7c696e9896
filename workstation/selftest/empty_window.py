"""Shows an empty Qt window, the baseline for the start time of the program."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

_SHOWN_MS = 1000


def show() -> int:
    """Show it for a second."""
    application = QApplication(["workstation"])
    window = QMainWindow()
    window.resize(1280, 800)
    window.show()
    QTimer.singleShot(_SHOWN_MS, window.close)
    return application.exec()
