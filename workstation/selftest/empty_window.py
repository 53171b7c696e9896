"""An empty window of Qt that closes at once: the least any program of this kind needs to start and end."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow


def show() -> int:
    """Show it and end."""
    application = QApplication(["workstation"])
    window = QMainWindow()
    window.resize(1280, 800)
    window.show()
    QTimer.singleShot(0, window.close)
    return application.exec()
