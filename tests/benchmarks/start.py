"""From the start of the process to the first paint: ours, and an empty window of PySide6.

``python -m tests.benchmarks.start`` prints medians of alternating runs; both sides on the same platform,
offscreen unless QT_QPA_PLATFORM says otherwise. ``--installed PROGRAM`` takes an installed program instead,
and from the start of each process to its end: the empty window is the program's own then.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_WATCH = """
import sys, time
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow

class Watch(QObject):
    def eventFilter(self, seen, event):
        if event.type() == QEvent.Type.Paint and not painted:
            painted.append(time.monotonic())  # the clock of the one who started us
        return False

painted = []
application = QApplication(["start"])
watch = Watch()
application.installEventFilter(watch)
"""
_OURS = (
    _WATCH
    + """
from workstation.__main__ import window
window()
print(painted[0])
"""
)
_EMPTY = (
    _WATCH
    + """
from PySide6.QtCore import QTimer
window = QMainWindow()
window.resize(1280, 800)
window.show()
QTimer.singleShot(0, window.close)
application.exec()
print(painted[0])
"""
)


def seconds(program: str, home: Path, *arguments: str) -> float:
    """From the start of a process to its first paint."""
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        **os.environ,
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its byte code
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout) - begun


def lifetime(program: Path, home: Path, *arguments: str) -> float:
    """From the start of an installed program to its end, its window closed as soon as it is there."""
    begun = time.monotonic()
    subprocess.run(
        [program, *arguments],
        env={"QT_QPA_PLATFORM": "offscreen", **os.environ, "WORKSTATION_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return time.monotonic() - begun


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.start", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--installed", type=Path, metavar="PROGRAM")
    options = arguments.parse_args()
    rounds, program = options.rounds, options.installed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def pair() -> tuple[float, float]:
            if program is not None:
                own = lifetime(program, folder, "--quit-after-ms", "0")
                return own, lifetime(program, folder, "selftest", "--empty-window")
            ours = ("--home", str(folder / "home"), "--quit-after-ms", "0")
            return seconds(_OURS, folder, *ours), seconds(_EMPTY, folder)

        for _ in range(2):  # makes folders and byte code
            pair()
        pairs = [pair() for _ in range(rounds)]
    own, empty = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    what = "to the first paint" if program is None else "started and ended"
    print(f"{what}: {own:.0f} ms, an empty window {empty:.0f} ms: {ratio:.2f} × (of {rounds})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
