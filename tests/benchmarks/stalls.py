"""How long the window ever keeps a person waiting: stalls of the event loop.

``python -m tests.benchmarks.stalls`` prints the largest gap of a 1 ms timer while 1,000 images arrive from
dcmqrscp, and while 5,000 and 200,000 rows arrive and are worked with.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.archives import data, dcmtk
from tests.archives.process import Archive, free_port
from tests.benchmarks.window import close, fetch, opened, searched, until
from workstation.app.building import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.models.columns import Column
from workstation.models.transfers import TransferState
from workstation.operations.sources import Answers
from workstation.stop import Stop

IMAGES = 1000
ROWS = ((5_000, 3), (200_000, 1))


class Pulse:
    """A timer of 1 ms and the gaps between its beats, by the clock and in time of the processor.

    The clock also counts what others do on this computer, and what other threads keep it from.
    """

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._last = (0.0, 0.0)
        self.gaps: list[float] = []
        self.work: list[float] = []

    def _beat(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self.gaps.append(now[0] - self._last[0])
        self.work.append(now[1] - self._last[1])
        self._last = now

    def __enter__(self) -> Pulse:
        self._last = (time.perf_counter(), time.thread_time())
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def __str__(self) -> str:
        return f"longest stall {_longest(self.gaps)}; of the processor's time {_longest(self.work)}"


def _longest(gaps: list[float]) -> str:
    ordered = sorted(gaps)
    return f"{1000 * ordered[-1]:.0f} ms, p99 {1000 * ordered[int(0.99 * len(ordered))]:.1f} ms"


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
                    modalities=("CT",),
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


def rows_arrive(folder: Path, count: int, rounds: int) -> None:
    """What is done with many rows, each time the shortest of some rounds: the computer is not ours alone."""
    found: dict[str, list[Pulse]] = {}
    for number in range(rounds):
        workstation = opened(folder / f"rows-{number}", Node("canned", "NONE", "127.0.0.1", 1), free_port())
        workstation.sources._sources["canned"] = Canned(count)  # type: ignore[assignment]
        for words, act, over in _acts(workstation):
            with Pulse() as pulse:
                until(lambda pulse=pulse: len(pulse.gaps) > 3, "it beats")
                act()
                until(over, words)
                beats = len(pulse.gaps)
                until(lambda pulse=pulse, beats=beats: len(pulse.gaps) > beats + 20, "it beats")
            found.setdefault(words, []).append(pulse)
        close(workstation)
    for words, pulses in found.items():
        print(f"{count} rows, {words}: {min(pulses, key=lambda pulse: max(pulse.gaps))}")


def _acts(workstation: Workstation) -> Iterator[tuple[str, Callable[[], object], Callable[[], bool]]]:
    """What is done, in words; how; and when it is over."""
    model, tree = workstation.tree_model, workstation.window.tree
    box, bar = workstation.window.results_bar.filter, tree.verticalScrollBar()
    search = workstation.search

    def sort(column: Column) -> Callable[[], None]:
        return lambda: tree.sortByColumn(column, tree.header().sortIndicatorOrder())

    def quiet() -> bool:
        return not model.arranging and not workstation.window.results_bar._pause.isActive()

    yield "arriving", lambda: search.search(Criteria("x"), ["canned"]), lambda: not search._asked
    yield "sorting by name", lambda: sort(Column.NAME)(), quiet
    yield "sorting by date", lambda: sort(Column.DATE)(), quiet
    for letter in "0042":
        yield "typing in the filter", lambda letter=letter: QTest.keyClicks(box, letter), quiet
    yield "clearing the filter", box.clear, quiet
    first = model.index(0, 0)
    tree.setCurrentIndex(first)
    yield "closing one", lambda: tree.close_row(first), quiet
    yield "opening one", lambda: tree.open_row(first), quiet
    yield "to the end", lambda: QTest.keyClick(tree, Qt.Key.Key_End), lambda: bar.value() == bar.maximum()
    yield "typing a name", lambda: tree.keyboardSearch("family04999"), quiet
    yield "everything selected", tree.selectAll, quiet
    tree.clearSelection()
    yield "the next search", lambda: search.search(Criteria("x"), ["none"]), quiet


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count, rounds in ROWS:
            rows_arrive(folder / str(count), count, rounds)
        images_arrive(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
