"""Opens the library and the plans while the window can be used, and checks them where needed."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.notices import Notices
from workstation.errors import LibraryInUse, StoreError
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.source_state import Phase, SourceState
from workstation.stop import Cancelled
from workstation.store.index_recovery import Scan
from workstation.store.library import Library
from workstation.store.plan import Plan
from workstation.store.plans import Plans

CHECKING_AFTER_MS = 200
"""Opening that takes longer is shown."""
COMPARE_AFTER_MS = 2000
"""From opening to the comparison of the files with the index: the first search comes before."""


class LibraryOpening(QObject):
    """Opens them in a lane of their own, for which every use of the library waits.

    In the lane of the searches, the newest of which goes first, one could wait for what is queued behind it.

    Signals:
        standing: A :class:`SourceState` while it takes long or when it failed; None when it is open.
        opened: The plans an earlier run of the program left.
        failed: It could not be opened, in words; :meth:`run` tries again.
        settled: It is open, or could not be opened.
        readable: It is open; whether it holds any study.
        differed: Study UID whose files differed from the index.
    """

    standing = Signal(object)
    opened = Signal(list)
    failed = Signal(str)
    settled = Signal()
    readable = Signal(bool)
    differed = Signal(str)

    def __init__(self, lanes: Lanes, library: Library, plans: Plans, notices: Notices) -> None:
        super().__init__()
        self._lanes = lanes
        self._library = library
        self._plans = plans
        self._notices = notices
        self._unfiled = 0
        self._holds_studies = False
        self._checking_timer = QTimer(self)
        self._checking_timer.setSingleShot(True)
        self._checking_timer.timeout.connect(lambda: self.standing.emit(SourceState(Phase.CHECKING)))

    def run(self) -> None:
        """Open both. If another program writes the library, it is only read."""
        self._checking_timer.start(CHECKING_AFTER_MS)
        job = self._lanes.submit(Lane.LIBRARY_OPENING, "open the library", self._open, report=Report.NONE)
        job.ended.connect(self._ended)

    def give_up(self) -> None:
        """Refuse what waits for the library: the program ends."""
        self._checking_timer.stop()
        self._library.refuse(Cancelled())
        self._plans.refuse(Cancelled())

    def _open(self, run: Run) -> list[Plan]:
        try:
            if not self._library.writable:
                self._library.begin(run.stop)
        except LibraryInUse as error:
            self._plans.begin_to_read(error)
            self._library.begin_to_read()
            self._look_for_studies()
            return []
        self._plans.begin()
        self._look_for_studies()
        self._unfiled = len(self._library.unfiled())
        return self._plans.unfinished()

    def _look_for_studies(self) -> None:
        with suppress(StoreError):  # it says so when it is searched
            self._holds_studies = not self._library.index.is_empty()

    def _ended(self, ended: Ended) -> None:
        self._checking_timer.stop()
        if ended.ending is Ending.DONE and isinstance(ended.result, list):
            self.standing.emit(None)
            if self._library.writable:
                self.opened.emit(ended.result)
                if self._unfiled:
                    self._notices.show_note(
                        self.tr(
                            "Objects that do not tell whose they are lie in the folder “unfiled” of the"
                            " library: {count}"
                        ).format(count=self._unfiled)
                    )
                self._look_through()
            else:
                self._notices.show_note(
                    self.tr("Another program uses the library: you can search and look, but not fetch.")
                )
            self.readable.emit(self._holds_studies)
        else:
            self._fail(ended)
        self.settled.emit()

    def _fail(self, ended: Ended) -> None:
        refusal = ended.error or Cancelled()
        self._library.refuse(refusal)
        self._plans.refuse(refusal)
        if ended.ending is Ending.CANCELLED:
            return
        detail = ended.error.detail if ended.error is not None else ""
        why = self._notices.why(ended)
        self.standing.emit(SourceState(Phase.FAILED, message=why, detail=detail))
        self.failed.emit(why)

    def compare(self) -> None:
        """Compare the files with the index, in the background and without a message."""
        if self._lanes.closed or not self._library.writable:
            return

        def work(run: Run) -> None:
            for study in self._library.compare(run.report, run.stop):
                run.deliver(study)

        job = self._lanes.submit(Lane.LIBRARY_COMPARISON, "compare the library", work)
        job.delivered.connect(self._emit_differing)

    def _emit_differing(self, studies: list[str]) -> None:
        for study in studies:
            self.differed.emit(study)

    def _look_through(self) -> None:
        """Make index and files agree, if opening found that they may not."""
        if self._library.scan_needed is Scan.NOTHING:
            QTimer.singleShot(COMPARE_AFTER_MS, self, self.compare)
            return
        anew = self._library.scan_needed is Scan.REBUILD
        self._notices.show_note(
            self.tr("Making the list of what is in the library anew…")
            if anew
            else self.tr("The program did not end properly: looking through the library…")
        )
        job = self._lanes.submit(
            Lane.LIBRARY_CHECKS,
            "look through the library",
            lambda run: self._library.scan(run.report, run.stop),
        )
        job.ended.connect(self._looked_through)

    def _looked_through(self, ended: Ended) -> None:
        if ended.ending is Ending.DONE:
            self._notices.show_note(self.tr("The library is in order again."))
