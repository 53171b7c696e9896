"""From the start of the process to the first paint: ours, and an empty window of PySide6.

``python -m tests.benchmarks.start`` prints medians of alternating runs, and of the CPU time they took, which
other programs disturb less; both sides on the same platform, offscreen unless QT_QPA_PLATFORM says otherwise.
An installed program is measured by ``tests.benchmarks.installed``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_WATCH = """
import time
from PySide6 import QtWidgets
from PySide6.QtCore import QTimer

class Watched(QtWidgets.QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        if not begun:
            begun.append(True)
            QTimer.singleShot(0, self.tell)  # after all that is in it

    def tell(self):
        print(time.monotonic(), time.process_time())  # the first is the clock of the one who started us
        self.close()

begun = []
QtWidgets.QMainWindow = Watched  # the one of the program, too
"""
_OURS = f"""
import workstation.app.start  # before PySide6, as ever
{_WATCH}
from workstation.__main__ import window
window()
"""
_EMPTY = f"""
{_WATCH}
application = QtWidgets.QApplication(["start"])
window = Watched()
window.resize(1280, 800)
window.show()
application.exec()
"""


def seconds(program: str, home: Path, *arguments: str) -> tuple[float, float]:
    """From the start of a process to the end of its first paint, and the CPU time it took."""
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
    painted, busy = map(float, done.stdout.split())
    return painted - begun, busy


Pair = tuple[tuple[float, float], tuple[float, float]]


def compare(pair: Callable[[], Pair], rounds: int, labels: tuple[str, str]) -> None:
    """Run ours and an empty window in turn; print medians of the seconds and of the CPU time of each."""
    for _ in range(2):  # makes folders and byte code, fills the computer's memory
        pair()
    pairs = [pair() for _ in range(rounds)]
    for kind, label in enumerate(labels):
        own, empty = ([1000 * run[side][kind] for run in pairs] for side in (0, 1))
        ratio = statistics.median(one / other for one, other in zip(own, empty, strict=True))
        medians = f"{statistics.median(own):.0f} ms, an empty window {statistics.median(empty):.0f} ms"
        print(f"{label}: {medians}: {ratio:.2f} × (of {rounds})")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks.start", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def pair() -> Pair:
            return seconds(_OURS, folder, "--home", str(folder / "home")), seconds(_EMPTY, folder)

        compare(pair, rounds, ("to the first paint", "CPU time of it"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
