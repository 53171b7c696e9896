"""The title bar of a window is on the screen, where a window manager draws it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.x_server import desktop

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 1280, 720

SHOW = """
import json
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from workstation.widgets.scrolling import fit

application, shown = QApplication([]), []


def show(window, size):
    fit(window, QSize(*size))
    window.show()
    assert QTest.qWaitForWindowActive(window)
    frame, screen = window.windowHandle().frameMargins, window.screen().geometry()
    for _ in range(150):  # at first Qt does not know where the window manager has put it
        if frame().top() > 0 and screen.contains(window.frameGeometry()):
            break
        QTest.qWait(20)
    shown.append([*window.frameGeometry().getRect()])


parent = QWidget()
show(parent, (1270, 660))
for flags in (Qt.WindowType.Dialog, Qt.WindowType.Window):
    for size in ((1280, 800), (1200, 670), (400, 300)):
        dialog = QDialog(parent, flags)
        show(dialog, size)
        dialog.close()
print(json.dumps(shown))
"""


@pytest.mark.screen
def test_a_window_is_shown_within_the_screen_with_its_frame(tmp_path: Path) -> None:
    with desktop(tmp_path / "screen", WIDTH, HEIGHT) as screen:
        ended = subprocess.run(
            [sys.executable, "-P", "-c", SHOW],
            env=screen.variables | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "xcb"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    shown = json.loads(ended.stdout.splitlines()[-1])
    assert len(shown) == 7
    for left, top, width, height in shown:
        assert left >= 0, shown
        assert top >= 0, shown
        assert left + width <= WIDTH, shown
        assert top + height <= HEIGHT, shown
    parent_left, parent_top, parent_width, parent_height = shown[0]
    for left, top, width, height in (shown[3], shown[6]):  # small ones are in the middle of their parent
        assert abs(2 * left + width - 2 * parent_left - parent_width) < 60, shown
        assert abs(2 * top + height - 2 * parent_top - parent_height) < 90, shown
