"""The library is opened whatever else is asked of it meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

from pytestqt.qtbot import QtBot

from workstation.controllers.library_opening import LibraryOpening
from workstation.controllers.notices import Notices
from workstation.dicom.matches import LIBRARY
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes
from workstation.jobs.run import Run
from workstation.store.library import Library
from workstation.store.plans import Plans

DEADLINE = 40_000


def test_a_search_that_began_first_does_not_keep_it_from_being_opened(qtbot: QtBot, tmp_path: Path) -> None:
    lanes, begun, found = Lanes(), threading.Event(), list[object]()
    library, plans = Library(tmp_path / "library"), Plans(tmp_path / "plans.db", later=True)
    opening = LibraryOpening(lanes, library, plans, Notices())

    def search(run: Run) -> int:
        begun.set()
        return len(list(library.index.studies()))

    lanes.submit(Lane.QUERY, "search", search, key=LIBRARY).ended.connect(
        lambda end: found.append(end.result)
    )
    assert begun.wait(10)
    try:
        with qtbot.waitSignal(opening.settled, timeout=DEADLINE):
            opening.run()
        qtbot.waitUntil(lambda: found == [0], timeout=DEADLINE)
    finally:
        opening.give_up()
        assert lanes.shutdown(20)
        lanes.dismiss()
        plans.close()
        library.close()
