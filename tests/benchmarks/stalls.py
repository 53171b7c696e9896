"""How long the window ever keeps a person waiting: stalls of the event loop, and the start.

``python -m tests.benchmarks.stalls`` prints the largest gap of a 1 ms timer while 1,000 images arrive from
dcmqrscp and while 5,000 rows arrive, and the medians of starting the program and an empty PySide6 window.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.archives import data, dcmtk
from tests.archives.process import Archive, free_port
from tests.benchmarks.window import close, fetch, opened, searched, until
from workstation.app.building import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.models.transfers import TransferState
from workstation.operations.sources import Answers
from workstation.stop import Stop

IMAGES, ROWS, STARTS = 1000, 5000, 5

EMPTY = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication(sys.argv)
window = QMainWindow()
window.show()
QTimer.singleShot(0, window.close)
application.exec()
"""


class Pulse:
    """A timer of 1 ms and the gaps between its beats."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._last = time.perf_counter()
        self.gaps: list[float] = []

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def __enter__(self) -> Pulse:
        self._last = time.perf_counter()
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def __str__(self) -> str:
        ordered = sorted(self.gaps)
        share = ordered[int(0.99 * len(ordered))]
        return f"longest stall {1000 * ordered[-1]:.0f} ms, p99 {1000 * share:.1f} ms"


class Canned:
    """A source of many studies, as fast as they can be taken."""

    key = "canned"

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def search(self, criteria: Criteria, stop: Stop) -> Answers[StudyMatch]:
        def rows(answers: Answers[StudyMatch]) -> Iterator[StudyMatch]:
            for number in range(self._rows):
                stop.check()
                patient = PatientMatch(
                    "canned", f"ID{number:06}", name=f"Family{number * 7919 % 5000:05}^Given"
                )
                day = f"20{number * 31 % 26:02}{number % 12 + 1:02}{number % 28 + 1:02}"
                yield StudyMatch(
                    "canned",
                    f"1.2.{number}",
                    patient,
                    day,
                    "101500",
                    f"Study {number}",
                    series=3,
                    instances=300,
                )

        return Answers(rows)


def images_arrive(folder: Path) -> None:
    files = data.study(folder / "study", IMAGES, size=512)
    (folder / "archive").mkdir()
    archive: Archive = dcmtk.qrscp(folder / "archive", files, max_pdu=131072)
    try:
        workstation = opened(folder / "home", archive.node(), free_port())
        searched(workstation)
        with Pulse() as pulse:
            fetch(workstation)
            taken = until(lambda: _is_over(workstation), "all images are here")
        print(f"{IMAGES} images arrive in {taken:.1f} s: {pulse}")
        close(workstation)
    finally:
        archive.kill()


def _is_over(workstation: Workstation) -> bool:
    model = workstation.transfers_model
    found = model.find(1)
    return found is not None and found.state is TransferState.COMPLETE


def rows_arrive(folder: Path) -> None:
    workstation = opened(folder / "rows", Node("canned", "NONE", "127.0.0.1", 1), free_port())
    workstation.sources._sources["canned"] = Canned(ROWS)  # type: ignore[assignment]
    with Pulse() as pulse:
        workstation.search.search(Criteria("x"), ["canned"])
        taken = until(lambda: not workstation.search._asked, "all rows are here")
    print(f"{workstation.tree_model.study_count} rows arrive in {taken:.1f} s: {pulse}")
    for words, column in (("sorting by name", 0), ("sorting by date", 4)):
        with Pulse() as pulse:
            until(lambda: len(pulse.gaps) > 3, "it beats")
            workstation.window.tree.sortByColumn(
                column, workstation.window.tree.header().sortIndicatorOrder()
            )
            until(lambda: len(pulse.gaps) > 20, "it beats")
        print(f"{words}: {pulse}")
    with Pulse() as pulse:
        until(lambda: len(pulse.gaps) > 3, "it beats")
        workstation.window.results_bar.filter_changed.emit("0042")
        until(lambda: len(pulse.gaps) > 20, "it beats")
    print(f"filtering: {pulse}")
    close(workstation)


def starts(folder: Path) -> None:
    taken: dict[str, list[float]] = {"an empty window": [], "the program": []}
    program = ["-m", "workstation", "--home", str(folder / "start"), "--quit-after-ms", "0"]
    for _ in range(STARTS):
        for name, words in (("an empty window", ["-c", EMPTY]), ("the program", program)):
            begun = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stderr=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, seconds in medians.items():
        print(f"start and end of {name}: {1000 * seconds:.0f} ms")
    print(f"ratio: {medians['the program'] / medians['an empty window']:.2f}")


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows_arrive(folder)
        images_arrive(folder)
        starts(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
