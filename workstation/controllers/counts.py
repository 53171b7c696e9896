"""Counts series and images where no source gave a number, by queries at the level below, for visible rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from workstation.controllers.sources import Sources
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.uids import may_be_asked_for
from workstation.jobs.job import Job, State
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.rows import Below, Row
from workstation.models.tree_model import TreeModel
from workstation.operations.sources import Source
from workstation.stop import Stop


class Counts(QObject):
    """Keeps one query for each visible row without counts.

    Signals:
        counted: Number of a row that a source has counted.
    """

    counted = Signal(int)

    def __init__(self, lanes: Lanes, sources: Sources, tree: TreeModel) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._tree = tree.results
        self._jobs: dict[int, Job] = {}
        self._asked: set[tuple[int, str]] = set()
        self._done: set[int] = set()
        tree.modelReset.connect(self._begin)

    def look(self, numbers: Sequence[int]) -> None:
        """Count these rows, which are visible now; what waits for others is dropped."""
        dropped = [self._jobs.pop(number) for number in self._jobs.keys() - set(numbers)]
        for job in sorted(dropped, key=lambda job: job.state is not State.QUEUED):
            job.cancel()  # what waits first: the end of the running one would start it
        for number in reversed(numbers):  # the newest query goes first: that of the topmost row
            row = self._tree.find(number)
            if row is not None and row.uncounted and number not in self._jobs and number not in self._done:
                self._ask(row)

    def _ask(self, row: Row) -> None:
        """Ask the next source that gave no number; what is local is counted already."""
        keys = [key for key in row.uncounted_by if (row.number, key) not in self._asked]
        key = next((key for key in keys if self._sources.node(key) is not None), None)
        if key is None:
            self._done.add(row.number)
            return
        source, match, patient_id = self._sources.get(key), row.matches[key], row.patient.patient_id
        if source is None or not isinstance(match, StudyMatch | SeriesMatch):
            return

        def work(run: Run) -> Below:
            return count(source, match, patient_id, run.stop)

        job = self._lanes.submit(
            Lane.COUNT, f"count in {key}", work, key=self._sources.lane_key(key), report=Report.BUGS
        )
        self._jobs[row.number] = job
        job.ended.connect(partial(self._ended, row.number, key, job))

    def _ended(self, number: int, key: str, job: Job, ended: Ended) -> None:
        if self._jobs.get(number) is not job:
            return
        del self._jobs[number]
        if ended.ending is Ending.CANCELLED:
            return
        self._asked.add((number, key))  # a source that cannot say it is not asked for ever
        if isinstance(ended.result, Below):
            self._tree.counted(self._tree.generation, number, ended.result, key)
            self.counted.emit(number)
        row = self._tree.find(number)
        if row is not None:
            self._ask(row)

    def _begin(self) -> None:
        self.look([])
        self._jobs, self._asked, self._done = {}, set(), set()


def count(source: Source, match: StudyMatch | SeriesMatch, patient_id: str, stop: Stop) -> Below:
    """Series, instances and modalities of a study, or the instances of a series; None where cut off."""
    if isinstance(match, SeriesMatch):
        return Below(instances=_images(source, match, patient_id, stop))
    answers = source.series(match, stop)
    series = list(answers)
    modalities = tuple(dict.fromkeys(one.modality for one in series if one.modality))
    if answers.incomplete or not series:  # a study without a series: it does not list them
        return Below(modalities=modalities)
    whole = all(one.modality for one in series)
    if match.instances is not None:
        return Below(len(series), match.instances, modalities, whole)
    images = [
        one.instances if one.instances is not None else _images(source, one, patient_id, stop)
        for one in series
    ]
    total = None if None in images else sum(number for number in images if number is not None)
    return Below(len(series), total, modalities, whole)


def _images(source: Source, series: SeriesMatch, patient_id: str, stop: Stop) -> int | None:
    if not may_be_asked_for(series.series_uid):
        return None
    answers = source.images(series, patient_id, stop)
    number = sum(1 for _ in answers)
    return None if answers.incomplete else number
