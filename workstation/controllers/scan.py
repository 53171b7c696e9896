"""Looking through the library when the program was not closed properly the last time."""

from __future__ import annotations

from PySide6.QtCore import QObject

from workstation.controllers.notices import Notices
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.rows import LIBRARY
from workstation.store.library import Library, Scan


class LibraryScan(QObject):
    """Makes index and files agree in a lane, while the window can be used."""

    def __init__(self, lanes: Lanes, library: Library, notices: Notices) -> None:
        super().__init__()
        self._lanes = lanes
        self._library = library
        self._notices = notices

    def run(self) -> None:
        """Do what opening the library found to be needed; nothing if it was closed properly."""
        if self._library.scan_needed is Scan.NOTHING:
            return
        self._notices.note(self.tr("The program did not end properly: looking through the library…"))
        job = self._lanes.submit(LIBRARY, Purpose.COUNT, "look through the library", self._work)
        job.ended.connect(self._ended)

    def _work(self, run: Run) -> None:
        self._library.scan(run.report, run.stop)

    def _ended(self, ended: Ended) -> None:
        if ended.trouble is not None:
            self._notices.tell(ended.trouble)
        elif ended.ending is Ending.CRASHED:
            self._notices.bug()
        elif ended.ending is Ending.DONE:
            self._notices.note(self.tr("The library is in order again."))
