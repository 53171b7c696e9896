"""The start: nothing heavy before the first paint, all of it soon after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from workstation.app import main as program

HEAVY = ("imagecodecs", "keyring", "numpy", "pydicom", "pynetdicom", "rich")
WANTED = {"imagecodecs", "numpy", "pydicom"}
built = program.build

def loaded():
    return [name for name in HEAVY if name in sys.modules]

def build(*arguments, **more):
    workstation = built(*arguments, **more)
    print("built", *loaded())
    timer = QTimer(workstation.window)
    timer.timeout.connect(lambda: WANTED <= set(loaded()) and workstation.window.close())
    timer.start(20)
    return workstation

program.build = build
program.main(sys.argv[1:])
print("closed", *loaded())
"""


def test_what_is_heavy_is_imported_after_the_window_is_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "--home", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    built, closed = done.stdout.splitlines()
    assert built == "built"
    assert {"numpy", "pydicom", "imagecodecs"} <= set(closed.split())
