"""A search: one query for each ticked source, all at once, into the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.sources import Sources
from workstation.dicom.criteria import Criteria
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.tree import TreeModel
from workstation.operations.sources import Source


class Search(QObject):
    """Runs at most one search; a new one ends the old, whose late answers are dropped.

    Signals:
        status: How it stands, in words, and whether to offer all dates.
        running: Whether one runs.
    """

    status = Signal(str, bool)
    running = Signal(bool)

    def __init__(self, lanes: Lanes, sources: Sources, tree: TreeModel, notices: Notices) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._tree = tree
        self._notices = notices
        self._jobs: list[Job] = []
        self._generation = 0
        self._asked = Criteria()
        self._keys: Sequence[str] = ()
        self._today = False
        self._incomplete = False
        self._failed = 0

    def search(self, criteria: Criteria, keys: Sequence[str], *, all_dates: bool = False) -> None:
        """Ask the sources ``keys``. No criteria at all means today, unless ``all_dates``."""
        self.stop()
        self._asked, self._keys = criteria, tuple(keys)
        self._generation = self._tree.begin()
        self._today = criteria.empty and not all_dates
        self._incomplete, self._failed = False, 0
        if self._today:
            criteria = replace(criteria, date_from=date.today(), date_to=date.today())
        for key in keys:
            source = self._sources.get(key)
            if source is not None:
                self._ask(key, source, criteria)
        if not self._jobs:
            self.status.emit(self.tr("Tick a source to search in."), False)
            return
        self.running.emit(True)
        self._say()

    def all_dates(self) -> None:
        """Ask the last question again without a limit to today."""
        self.search(self._asked, self._keys, all_dates=True)

    def stop(self) -> None:
        """End what runs; rows that have come stay."""
        for job in self._jobs:
            job.cancel()
        if self._jobs:
            self._jobs = []
            self.running.emit(False)
            self._say()

    def _ask(self, key: str, source: Source, criteria: Criteria) -> None:
        def work(run: Run) -> bool:
            answers = source.search(criteria, run.stop)
            for match in answers:
                run.deliver(match)
            return answers.incomplete

        job = self._lanes.submit(self._sources.place(key), Purpose.ASK, f"search in {key}", work)
        self._jobs.append(job)
        job.delivered.connect(partial(self._delivered, self._generation))
        job.ended.connect(partial(self._ended, job))

    def _delivered(self, generation: int, matches: list[object]) -> None:
        self._tree.add_studies(generation, matches)  # type: ignore[arg-type]
        self._say()

    def _ended(self, job: Job, ended: Ended) -> None:
        if job not in self._jobs:
            return
        self._jobs.remove(job)
        self._incomplete = self._incomplete or ended.result is True
        if ended.ending in (Ending.FAILED, Ending.CRASHED):
            self._failed += 1
            if ended.trouble is not None:
                self._notices.tell(ended.trouble)
            else:
                self._notices.bug()
        if not self._jobs:
            self.running.emit(False)
        self._say()

    def _say(self) -> None:
        found = self._tree.study_count
        counted = self.tr("1 study") if found == 1 else self.tr("{n} studies").format(n=found)
        parts = [counted]
        if self._today:
            parts = [self.tr("Nothing was asked for: studies of today"), counted]
        if self._jobs:
            parts.append(self.tr("searching…"))
        if self._failed:
            parts.append(self.tr("not every source could answer"))
        if self._incomplete:
            parts.append(self.tr("there are more: narrow the search"))
        self.status.emit("  ·  ".join(parts), self._today)
