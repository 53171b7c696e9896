"""What the window needs for thousands of selected studies: deleted, brought back, fetched, sent.

``python -m tests.benchmarks.batches 400 3000`` prints for each number of studies the time each act takes, the
longest gap of a 1 ms timer, and the time of the processor the GUI thread took, in all and at one go.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QMenu

from tests.archives.process import free_port
from tests.benchmarks.pulse import Pulse
from tests.benchmarks.window import close, opened, until
from tests.rows import select_studies
from tests.store.objects import encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.jobs.lane import Lane
from workstation.jobs.run import Run
from workstation.settings.folders import folders
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink


def stored(root: Path, count: int) -> None:
    """A library of so many studies of one image each, two for each patient."""
    library = Library.open(root)
    try:
        writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
        for number in range(count):
            uid = f"1.2.3.{number}"
            data = encoded(
                made(
                    f"{uid}.1.1",
                    uid,
                    f"{uid}.1",
                    PatientID=f"ID{number // 2}",
                    PatientName=f"Family{number // 2:05}^Given",
                )
            )
            send(writer, data, f"{uid}.1.1")
        library.index.settled()
    finally:
        library.close()


def measured(words: str, act: Callable[[], object], over: Callable[[], bool]) -> None:
    """Print how an act was felt."""
    with Pulse() as pulse:
        until(lambda: len(pulse.gaps) > 3, "it beats")
        pulse.gaps.clear()
        pulse.work.clear()
        act()
        taken = until(over, words)
        beats = len(pulse.gaps)
        until(lambda: len(pulse.gaps) > beats + 20, "it beats")
    print(f"  {words}: {taken:.2f} s, GUI {sum(pulse.work):.2f} s: {pulse}", flush=True)


def run(folder: Path, count: int) -> None:
    """All of it with so many studies."""
    print(f"{count} studies")
    stored(folders(folder).library, count)
    node = Node(name="archive", ae_title="NONE", host="127.0.0.1", port=1)
    workstation = opened(folder, node, free_port())
    model, transfers = workstation.tree_model, workstation.transfers_model
    actions, window = workstation.local_copy_actions, workstation.window

    def library_holds(number: int) -> Callable[[], bool]:
        return lambda: model.results.study_count == number and not busy()

    def busy() -> bool:
        return bool(workstation.lanes.busy) or bool(workstation.local_completeness._queued)

    measured(
        "searching",
        lambda: workstation.search.search(Criteria(), [LIBRARY]),
        lambda: model.results.study_count == count and not busy(),
    )
    measured("selecting", lambda: select_studies(workstation.window.tree), lambda: True)
    measured("the menu", lambda: window.tree.menu_requested.emit(QPoint(0, 0)), lambda: True)
    menu = window.tree.findChild(QMenu)
    if menu is not None:
        menu.close()

    def delete() -> None:
        actions.delete_selected()
        window.question.yes.click()

    measured("deleting", delete, library_holds(0))
    measured("undoing", lambda: window.notice.act.click(), library_holds(count))
    measured("deleting all", lambda: (window.tree.selectAll(), delete()), library_holds(0))
    measured("undoing", lambda: window.notice.act.click(), library_holds(count))

    go_on = threading.Event()

    def hold(run: Run) -> None:
        with run.stop.watching(go_on.set):
            go_on.wait(1000)

    place = workstation.sources.lane_key("archive")
    workstation.lanes.submit(Lane.TRANSFER, "hold the lane", hold, key=place)
    studies = [replace(study, source="archive", instances=2) for study in workstation.library.index.studies()]
    for start in range(0, len(studies), 50):
        model.results.add_studies(model.results.generation, studies[start : start + 50])
    select_studies(workstation.window.tree)
    measured(
        "fetching", lambda: workstation.row_fetching.fetch_selected(), lambda: transfers.rowCount() >= count
    )
    measured(
        "sending",
        lambda: actions.send_selected("archive"),
        lambda: transfers.rowCount() >= count + 1,
    )
    go_on.set()
    measured("all tried", lambda: None, lambda: not transfers.running)
    measured("removing finished", lambda: window.transfers.finished.click(), lambda: not transfers.rowCount())
    close(workstation)


def main() -> int:
    application = QApplication.instance() or QApplication([])
    assert application is not None
    for count in map(int, sys.argv[1:] or ("400",)):
        with tempfile.TemporaryDirectory() as name:
            run(Path(name), count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
