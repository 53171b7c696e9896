"""How the window feels: first pixels after a double-click, closing in the middle of things.

``python -m tests.benchmarks.window`` prints medians; the archive is dcmqrscp on this computer.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tests.archives import data, dcmtk
from tests.archives.process import Archive, free_port
from tests.rows import first_study
from workstation.app.assembly import build
from workstation.app.garbage_collection import GarbageCollection
from workstation.app.parts import Workstation
from workstation.app.shell import shut_down
from workstation.dicom.date_periods import Period
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.preferences import Preferences

PATIENCE = 600.0


def until(condition: Callable[[], bool], what: str) -> float:
    """Run the event loop until the condition holds; the seconds it took.

    The loop sleeps in between, as the program's does: one that only turned would keep the other threads from
    their work.
    """
    begun = time.perf_counter()
    loop, look, held = QEventLoop(), QTimer(interval=1), False

    def looked() -> None:
        nonlocal held
        held = held or condition()  # it may hold no more a moment later
        if held or time.perf_counter() - begun > PATIENCE:
            loop.quit()

    look.timeout.connect(looked)
    look.start()
    loop.exec()
    if not held:
        sys.exit(f"did not happen within {PATIENCE} s: {what}")
    return time.perf_counter() - begun


def opened(home: Path, node: Node, port: int) -> Workstation:
    """A window in a home of its own, one node; something can be fetched."""
    where = folders(home)
    save_nodes(where.nodes, [node])
    workstation = build(where, Preferences(port=port))
    workstation.window.resize(1440, 900)
    workstation.window.show()
    until(lambda: not workstation.plans.waiting, "the library is open")
    collection = GarbageCollection(lambda: bool(workstation.lanes.busy), workstation.window)
    until(lambda: not workstation.lanes.busy, "nothing runs")
    collection.tick()  # as the program does: garbage of the start goes at the first rest
    workstation.preview.decoding.start_ahead()  # likewise, long before anything is fetched
    workstation.preview.decoding.limits()
    return workstation


def searched(workstation: Workstation) -> None:
    """Search for everybody, and make the first study current."""
    workstation.window.criteria.dates.choose(Period.ANY)
    workstation.window.criteria.name.setText("*")
    workstation.window.criteria.search()
    model = workstation.tree_model
    until(lambda: model.results.study_count > 0, "a study is found")
    workstation.window.tree.setCurrentIndex(first_study(model))


def close(workstation: Workstation) -> float:
    """Close it; the seconds until nothing of it runs any more."""
    begun = time.perf_counter()
    workstation.window.close()
    if not shut_down(workstation):
        sys.exit(f"still running after closing: {workstation.lanes.busy}")
    taken = time.perf_counter() - begun
    workstation.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return taken


def fetch(workstation: Workstation) -> None:
    tree = workstation.window.tree
    row = workstation.tree_model.row(tree.currentIndex())
    assert row is not None
    tree.row_activated.emit(row.number)


def arrived(workstation: Workstation) -> bool:
    return workstation.transfers_model.rowCount() > 0 and bool(
        list((workstation.library.root).glob("*/*.dcm"))
    )


def first_pixels(archive: Archive, home: Path) -> float:
    workstation = opened(home, archive.node(), free_port())
    searched(workstation)
    begun = time.perf_counter()
    fetch(workstation)
    until(lambda: not workstation.window.canvas.image.isNull(), "a picture is shown")
    taken = time.perf_counter() - begun
    close(workstation)
    return taken


def in_the_middle(archive: Archive, home: Path, way: str, port: int) -> float:
    move = RetrieveMethod.MOVE if way == "MOVE" else RetrieveMethod.GET
    workstation = opened(home, archive.node(retrieve=move), port)
    if way == "FIND":
        archive.pause()
        workstation.window.criteria.search()
        until(lambda: bool(workstation.lanes.busy), "the search runs")
    else:
        searched(workstation)
        fetch(workstation)
        until(lambda: arrived(workstation), "the first image is here")
        if way == "a stalled peer":
            archive.pause()
    taken = close(workstation)
    archive.resume()
    return taken


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = data.study(folder / "study", 400, size=512)
        (folder / "archive").mkdir()
        port = free_port()
        archive = dcmtk.qrscp(folder / "archive", files, max_pdu=131072, destinations={"WORKSTATION": port})
        try:
            times = [first_pixels(archive, folder / f"pixels-{number}") for number in range(5)]
            print(f"double-click to first pixels: {1000 * statistics.median(times):.0f} ms")
            for way in ("GET", "MOVE", "FIND", "a stalled peer"):
                times = [in_the_middle(archive, folder / f"{way}-{number}", way, port) for number in range(3)]
                print(f"closing in the middle of {way}: {1000 * statistics.median(times):.0f} ms")
        finally:
            archive.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
