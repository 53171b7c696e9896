"""Determines how complete the local copies of the visible studies are, and gives that to the tree."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.dicom.completeness import Accepted, Completeness, SeriesListing
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.errors import LibraryInUse, StoreError
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Run
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.operations.local_copy import LocalCopy, local_copy
from workstation.store.expectations import STUDY
from workstation.store.library import Library
from workstation.store.plans import Plans
from workstation.store.store_results import Stored

WHILE_ARRIVING_MS: Final = 500
"""Between two looks at a study of which objects arrive, and ten times as long as such a look takes."""
LOOKED_AT: Final = 5.0
"""Seconds a study in sight is not looked at again, unless something happened to it."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a source counted of a study before, as :meth:`Expectations.counts_of` tells."""

    study: str
    source: str
    counts: Mapping[str, tuple[int, float]]


class LocalCompleteness(QObject):
    """Checks local copies in a lane of their own, and keeps what archives listed or counted.

    Signals:
        judged: A :class:`LocalCopy`.
    """

    judged = Signal(object)

    def __init__(self, lanes: Lanes, library: Library, plans: Plans, tree: TreeModel) -> None:
        super().__init__()
        self._lanes = lanes
        self._library = library
        self._plans = plans
        self._tree, self._rows = tree.results, tree.local_copies
        self._queued: dict[str, dict[str, int]] = {}  # by study: by source, the count to be kept
        self._looked: dict[str, float] = {}
        self._counts_kept: dict[str, dict[str, int]] = {}
        self._seen: Sequence[int] = ()
        self._job: Job | None = None
        self._begun = 0.0
        self._arriving: set[str] = set()
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.setInterval(WHILE_ARRIVING_MS)
        self._tick.timeout.connect(self._look_at_arrived)
        tree.modelReset.connect(self._looked.clear)
        tree.modelReset.connect(self._counts_kept.clear)

    def look(self, numbers: Sequence[int]) -> None:
        """Check the studies of these rows, which are visible now."""
        self._seen = numbers
        self._look_at(numbers)

    def counted(self, number: int) -> None:
        """Check the study of a row that an archive has counted."""
        self._look_at([number])

    def _look_at(self, numbers: Sequence[int]) -> None:
        now = time.monotonic()
        rows = [row for number in numbers if (row := self._tree.find(number)) is not None]
        new = {row.above(Level.STUDY) for row in rows if row.known is None and not row.error}
        for study in self._studies(rows):
            old = now - self._looked.get(study.uid, -LOOKED_AT) >= LOOKED_AT
            unjudged = study in new and study.known is not None  # a row that was opened since
            if old or unjudged or not _counts(study).items() <= self._counts_kept.get(study.uid, {}).items():
                self._want(study)
        self._begin()

    def look_again(self) -> None:
        """Check all visible rows anew: the user comes back, and files may have gone meanwhile."""
        self._looked.clear()
        self.look(self._seen)

    def changed(self, *studies: str) -> None:
        """Check studies whose local copies, or what is known of them, have changed."""
        for study in studies:
            self._queued.setdefault(study, {})
        self._begin()

    def arrived(self, batch: Iterable[Stored]) -> None:
        """Check studies that objects arrive for, from time to time."""
        self._arriving.update(stored.study_uid for stored in batch)
        if self._arriving and not self._tick.isActive():
            self._tick.start()

    def add_answers(self, source: str, row: Row, answers: Sequence[object]) -> None:
        """Keep what an archive listed below a row, where something of the study is here."""
        study = row.above(Level.STUDY)
        if study is None or source not in study.archives:
            return
        uid, below, told = study.uid, row.uid, self._plans.expectations
        series = [one for one in answers if isinstance(one, SeriesMatch)]
        images = [one.sop_uid for one in answers if isinstance(one, ImageMatch)]

        def keep(run: Run) -> None:
            if series:
                run.deliver(_Recorded(uid, source, told.counts_of(uid, source)))
                counts = {one.series_uid: SeriesListing(count=one.instances) for one in series}
                told.record_series(uid, source, counts)
            elif images:
                told.record_list(uid, source, below, images)

        self._keep(uid, keep)

    def accept(self, study: str, state: Completeness, *, all_there_is: bool) -> None:
        """Keep that the user accepts what is here of a study as all there is, or takes that back."""
        told = self._plans.expectations

        def keep(run: Run) -> None:
            if all_there_is:
                told.accept(study, Accepted(state.here, state.total))
            else:
                told.refuse(study)

        self._keep(study, keep)

    def confirm(self, studies: Sequence[str], then: Callable[[LocalCopy], None]) -> None:
        """Check every file of studies, and call ``then`` with each :class:`LocalCopy`."""

        def work(run: Run) -> None:
            for study in studies:
                run.stop.check()
                with suppress(StoreError):
                    run.deliver(local_copy(self._library, self._plans, study, anew=True))

        def looked(copies: list[LocalCopy]) -> None:
            self._judged(copies)
            for copy in copies:
                then(copy)

        job = self._lanes.submit(Lane.CONFIRMATION, "look at the files of studies", work)
        job.delivered.connect(looked)

    # --- in the lane ---------------------------------------------------------------------------------------

    def _studies(self, rows: Iterable[Row]) -> list[Row]:
        above = (row.above(Level.STUDY) for row in rows)
        return list({row.uid: row for row in above if row is not None}.values())

    def _want(self, study: Row) -> None:
        counts = _counts(study)
        self._counts_kept.setdefault(study.uid, {}).update(counts)
        self._queued.setdefault(study.uid, {}).update(counts)

    def _keep(self, study: str, keep: Callable[[Run], None]) -> None:
        def work(run: Run) -> bool:
            if not self._library.index.studies_present([study]):
                return False
            with suppress(LibraryInUse):  # the other program keeps it
                keep(run)
                return True
            return False

        job = self._lanes.submit(Lane.LOCAL_COPIES, "keep what was told of a study", work)
        job.delivered.connect(self._looked_at)
        job.ended.connect(partial(self._kept, study))

    def _kept(self, study: str, ended: Ended) -> None:
        if ended.result is True:
            self.changed(study)

    def _look_at_arrived(self) -> None:
        studies, self._arriving = self._arriving, set()
        for study in studies:
            self._queued.setdefault(study, {})
        self._begin()

    def _begin(self) -> None:
        if self._job is not None or not self._queued:
            return
        queued, self._queued = self._queued, {}
        self._begun = now = time.monotonic()
        self._looked.update(dict.fromkeys(queued, now))
        known = {study for study in queued if any(row.known is not None for row in self._tree.studies(study))}

        def work(run: Run) -> list[LocalCopy]:
            return self._look(queued, known, run)

        self._job = self._lanes.submit(Lane.LOCAL_COPIES, "look at local copies", work, report=Report.BUGS)
        self._job.delivered.connect(self._looked_at)
        self._job.ended.connect(self._ended)

    def _look(self, queued: Mapping[str, Mapping[str, int]], known: set[str], run: Run) -> list[LocalCopy]:
        held = set(self._library.index.studies_present(queued))
        told = self._plans.expectations
        for study, counts in queued.items():
            run.stop.check()
            if study not in held and study not in known:
                continue
            for source, count in counts.items():
                with suppress(StoreError):  # a library in use by another program
                    run.deliver(_Recorded(study, source, told.counts_of(study, source)))
                    told.record_count(study, source, count)
            with suppress(StoreError):
                run.deliver(local_copy(self._library, self._plans, study))
        return []

    def _looked_at(self, found: list[LocalCopy | _Recorded]) -> None:
        for one in found:
            if isinstance(one, _Recorded):
                self._compare(one)
        self._judged([one for one in found if isinstance(one, LocalCopy)])

    def _compare(self, recorded: _Recorded) -> None:
        """Compare with the rows; not where the source tells of two patients with this study: whose was it?"""
        rows = [row for row in self._tree.studies(recorded.study) if recorded.source in row.archives]
        for row in rows if len(rows) == 1 else ():
            for one in (row, *row.entities):
                counted = recorded.counts.get(STUDY if one is row else one.uid)
                if counted is not None:
                    self._tree.counts.remember(one, recorded.source, *counted)

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
