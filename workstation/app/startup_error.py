"""Reports why the window cannot be opened."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QMessageBox


def report_startup_error(text: str, quit_after_ms: int | None) -> int:
    """Write ``text`` to standard error, and show it in a box if that is no terminal; the exit status."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
    if sys.stderr is None or not sys.stderr.isatty():
        box = QMessageBox(QMessageBox.Icon.Critical, "Workstation", text)
        box.setTextFormat(Qt.TextFormat.PlainText)
        if quit_after_ms is not None:
            QTimer.singleShot(quit_after_ms, box.close)
        box.exec()
    return 1
