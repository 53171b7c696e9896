"""How long the window ever keeps a person waiting: stalls of the event loop.

``python -m tests.benchmarks.stalls [--layout LAYOUT] [ROWS…]`` prints the largest gaps of a 1 ms timer while
1,000 images arrive from dcmqrscp, and while 50,000 and 200,000 rows come by C-FIND from a server that costs
nothing, and are worked with; beside them those of a process that does nothing at all. With ``--layout``
studies are arranged so from the start: tree, flat, day, modality or source.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.archives import data, dcmtk
from tests.archives.process import Archive, free_port
from tests.benchmarks.canned import serving
from tests.benchmarks.pulse import IdleProbe, Pulse
from tests.benchmarks.window import close, fetch, opened, searched, until
from workstation.app.parts import Workstation
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node
from workstation.models.arrangement import NEWEST_FIRST, Sort
from workstation.models.columns import Column
from workstation.models.transfer import TransferState
from workstation.settings.list_layout import ListLayout

IMAGES = 1000
ROWS = (50_000, 200_000)


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


def rows_arrive(folder: Path, count: int, layout: ListLayout) -> None:
    """What is done with many rows."""
    with serving(count) as port:
        workstation = opened(
            folder, Node(name="canned", ae_title="CANNED", host="127.0.0.1", port=port), free_port()
        )
        workstation.tree_model.visible.lay_out(layout)
        for words, act, over in _acts(workstation, count):
            before = workstation.tree_model.results.study_count
            with IdleProbe() as probe, Pulse() as pulse:
                until(lambda pulse=pulse: len(pulse.gaps) > 3, "it beats")
                begun = time.perf_counter()
                act()
                until(over, words)
                taken = time.perf_counter() - begun
                beats = len(pulse.gaps)
                until(lambda pulse=pulse, beats=beats: len(pulse.gaps) > beats + 20, "it beats")
                idle = probe.stop()
            more = workstation.tree_model.results.study_count - before
            rate = f", {more / taken:,.0f} rows/s, {_memory()} MB" if more > 0 else ""
            print(f"{count:,} rows, {words}: {taken:.2f} s{rate}: {pulse}; idle beside it {idle}", flush=True)
        close(workstation)


def _memory() -> int:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def _acts(
    workstation: Workstation, count: int
) -> Iterator[tuple[str, Callable[[], object], Callable[[], bool]]]:
    """What is done, in words; how; and when it is over."""
    model, tree = workstation.tree_model, workstation.window.tree
    box, bar = workstation.window.results_bar.filter, tree.verticalScrollBar()
    search = workstation.search

    def sort(column: Column) -> Callable[[], None]:
        return lambda: tree.sortByColumn(column, tree.header().sortIndicatorOrder())

    def quiet() -> bool:
        return not model.visible.arranging and not box.waiting

    yield "the first", lambda: search.search(Criteria(name="*"), ["canned"]), lambda: not search.asking
    if model.results.study_count < count:
        yield "load all", lambda: search.load_all("canned"), lambda: not search.asking
    yield "sorting by name", lambda: sort(Column.NAME)(), quiet
    further = Sort(Column.MODALITY, descending=False), Sort(Column.NAME, descending=True)
    yield "sorting by three", lambda: tree.header().set_sorts((*further, *NEWEST_FIRST)), quiet
    yield "sorting by date", lambda: sort(Column.DATE)(), quiet
    for letter in "0042":
        yield "typing in the filter", lambda letter=letter: QTest.keyClicks(box, letter), quiet
    yield "clearing the filter", box.clear, quiet
    for word in ("mod:ct", " date:>2020", " -name:42"):
        yield f"filter {word}", lambda word=word: box.setText(box.text() + word), quiet
    yield "clearing the filter", box.clear, quiet
    layout = model.visible.layout
    for other in (*(one for one in ListLayout if one is not layout), layout):
        yield f"layout {other}", lambda other=other: model.visible.lay_out(other), quiet
    first = model.index(0, 0)
    tree.setCurrentIndex(first)
    yield "closing one", lambda: tree.close_row(first), quiet
    yield "opening one", lambda: tree.open_row(first), quiet
    if layout.grouped:
        yield "closing all groups", lambda: tree.groups.fold_all(open_=False), quiet
        yield "opening all groups", lambda: tree.groups.fold_all(open_=True), quiet
    yield "to the end", lambda: QTest.keyClick(tree, Qt.Key.Key_End), lambda: bar.value() == bar.maximum()
    yield "typing a name", lambda: tree.keyboardSearch("patient, number 04"), quiet
    yield "everything selected", tree.selectAll, quiet
    tree.clearSelection()
    yield "the next search", lambda: search.search(Criteria(name="x"), ["none"]), quiet


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parser = argparse.ArgumentParser()
        parser.add_argument("--layout", choices=list(ListLayout), default=ListLayout.TREE, type=ListLayout)
        parser.add_argument("rows", nargs="*", type=int)
        chosen = parser.parse_args()
        counts = chosen.rows
        for count in counts or ROWS:
            rows_arrive(folder / str(count), count, chosen.layout)
        if not counts:
            images_arrive(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
