"""How complete the local copies of the studies in sight are: found out behind the rows, told to the tree."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.controllers.notices import Notices
from workstation.dicom.completeness import Accepted, Completeness, SeriesListing
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.errors import LibraryInUse, StoreError
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Run
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.operations.local_copy import LocalCopy, local_copy
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.store_results import Stored

WHILE_ARRIVING_MS: Final = 500
"""Between two looks at a study of which objects arrive, and ten times as long as such a look takes."""
_LANE: Final = "local copies"
LOOKED_AT: Final = 5.0
"""Seconds a study in sight is not looked at again, unless something happened to it."""


class LocalCompleteness(QObject):
    """Looks at local copies in a lane of their own, and keeps what archives tell of them.

    Signals:
        judged: A :class:`LocalCopy`.
    """

    judged = Signal(object)

    def __init__(
        self, lanes: Lanes, library: Library, plans: Plans, tree: TreeModel, notices: Notices
    ) -> None:
        super().__init__()
        self._notices = notices
        self._lanes = lanes
        self._library = library
        self._plans = plans
        self._tree, self._rows = tree.results, tree.local_copies
        self._wanted: dict[str, dict[str, int]] = {}  # by study: by source, the count to be kept
        self._looked: dict[str, float] = {}
        self._told: dict[str, dict[str, int]] = {}
        self._seen: Sequence[int] = ()
        self._job: Job | None = None
        self._begun = 0.0
        self._arriving: set[str] = set()
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.setInterval(WHILE_ARRIVING_MS)
        self._tick.timeout.connect(self._look_at_arrived)
        tree.modelReset.connect(self._looked.clear)
        tree.modelReset.connect(self._told.clear)

    def look(self, numbers: Sequence[int]) -> None:
        """These rows are in sight now."""
        self._seen = numbers
        self._look_at(numbers)

    def counted(self, number: int) -> None:
        """An archive was asked how much there is of a row."""
        self._look_at([number])

    def _look_at(self, numbers: Sequence[int]) -> None:
        now = time.monotonic()
        rows = [row for number in numbers if (row := self._tree.find(number)) is not None]
        new = {row.above(Level.STUDY) for row in rows if row.known is None and not row.error}
        for study in self._studies(rows):
            old = now - self._looked.get(study.uid, -LOOKED_AT) >= LOOKED_AT
            unjudged = study in new and study.known is not None  # a row that was opened since
            if old or unjudged or not _counts(study).items() <= self._told.get(study.uid, {}).items():
                self._want(study)
        self._begin()

    def look_again(self) -> None:
        """The user comes back to the window: files may have gone meanwhile."""
        self._looked.clear()
        self.look(self._seen)

    def changed(self, *studies: str) -> None:
        """Something happened to the local copies of studies, or was told of them."""
        for study in studies:
            self._wanted.setdefault(study, {})
        self._begin()

    def arrived(self, batch: Iterable[Stored]) -> None:
        """Objects have come into the library."""
        self._arriving.update(stored.study_uid for stored in batch)
        if self._arriving and not self._tick.isActive():
            self._tick.start()

    def heard(self, source: str, row: Row, answers: Sequence[object]) -> None:
        """An archive told all that is below a row; kept where something of the study is here."""
        study = row.above(Level.STUDY)
        if study is None or source not in study.archives:
            return
        uid, below, told = study.uid, row.uid, self._plans.expectations
        series = [one for one in answers if isinstance(one, SeriesMatch)]
        images = [one.sop_uid for one in answers if isinstance(one, ImageMatch)]

        def keep() -> None:
            if series:
                counts = {one.series_uid: SeriesListing(count=one.instances) for one in series}
                told.record_series(uid, source, counts)
            elif images:
                told.record_list(uid, source, below, images)

        self._keep(uid, keep)

    def accept(self, study: str, state: Completeness, *, all_there_is: bool) -> None:
        """The user says that what is here of a study is all there is, or takes that back."""
        told = self._plans.expectations

        def keep() -> None:
            if all_there_is:
                told.accept(study, Accepted(state.here, state.total))
            else:
                told.refuse(study)

        self._keep(study, keep)

    def confirm(self, studies: Sequence[str], then: Callable[[LocalCopy], None]) -> None:
        """Look at every file of studies, and tell ``then`` of each."""

        def work(run: Run) -> None:
            for study in studies:
                run.stop.check()
                with suppress(StoreError):
                    run.deliver(local_copy(self._library, self._plans, study, anew=True))

        def looked(copies: list[LocalCopy]) -> None:
            self._judged(copies)
            for copy in copies:
                then(copy)

        job = self._lanes.submit(_LANE, Purpose.SHOW, "look at the files of studies", work)
        job.delivered.connect(looked)

    # --- behind -----------------------------------------------------------------------------------------

    def _studies(self, rows: Iterable[Row]) -> list[Row]:
        above = (row.above(Level.STUDY) for row in rows)
        return list({row.uid: row for row in above if row is not None}.values())

    def _want(self, study: Row) -> None:
        counts = _counts(study)
        self._told.setdefault(study.uid, {}).update(counts)
        self._wanted.setdefault(study.uid, {}).update(counts)

    def _keep(self, study: str, keep: Callable[[], None]) -> None:
        def work(run: Run) -> bool:
            if not self._library.index.studies_present([study]):
                return False
            keep()
            return True

        job = self._lanes.submit(_LANE, Purpose.COUNT, "keep what was told of a study", work)
        job.ended.connect(partial(self._kept, study))

    def _kept(self, study: str, ended: Ended) -> None:
        if ended.error is not None and not isinstance(ended.error, LibraryInUse):
            self._notices.tell(ended.error)
        elif ended.result is True:
            self.changed(study)

    def _look_at_arrived(self) -> None:
        studies, self._arriving = self._arriving, set()
        for study in studies:
            self._wanted.setdefault(study, {})
        self._begin()

    def _begin(self) -> None:
        if self._job is not None or not self._wanted:
            return
        wanted, self._wanted = self._wanted, {}
        self._begun = now = time.monotonic()
        self._looked.update(dict.fromkeys(wanted, now))
        known = {study for study in wanted if any(row.known is not None for row in self._tree.studies(study))}

        def work(run: Run) -> list[LocalCopy]:
            return self._look(wanted, known, run)

        self._job = self._lanes.submit(_LANE, Purpose.COUNT, "look at local copies", work)
        self._job.delivered.connect(self._judged)
        self._job.ended.connect(self._ended)

    def _look(self, wanted: Mapping[str, Mapping[str, int]], known: set[str], run: Run) -> list[LocalCopy]:
        held = set(self._library.index.studies_present(wanted))
        for study, counts in wanted.items():
            run.stop.check()
            if study not in held and study not in known:
                continue
            for source, count in counts.items():
                with suppress(StoreError):  # a library in use by another program
                    self._plans.expectations.record_count(study, source, count)
            with suppress(StoreError):
                run.deliver(local_copy(self._library, self._plans, study))
        return []

    def _judged(self, copies: list[LocalCopy]) -> None:
        for copy in copies:
            self._rows.judged(copy)
            self.judged.emit(copy)

    def _ended(self, ended: Ended) -> None:
        self._job = None
        taken = round(1000 * (time.monotonic() - self._begun))
        self._tick.setInterval(max(WHILE_ARRIVING_MS, 10 * taken))
        self._begin()


def _counts(study: Row) -> dict[str, int]:
    """How many instances each archive says that a study has, as far as it does."""
    return {source: count for source in study.archives if (count := study.count_by(source)) is not None}
