"""Opens a row: asks every source that knows it for the level below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from workstation.controllers.notices import Notices
from workstation.controllers.passcodes import Unlock, at_once
from workstation.controllers.sources import Sources
from workstation.controllers.time_slices import TimeSlices
from workstation.dicom import display
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.jobs.job import Job
from workstation.jobs.lane import Lane
from workstation.jobs.lanes import Lanes, Report
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.local_copy_updates import Remains
from workstation.models.rows import Local, Row
from workstation.models.tree_model import TreeModel
from workstation.operations.sources import Answers, Source
from workstation.store.index import Index

_REMOVED_AT_ONCE: Final = 200
"""Studies taken out of the rows together: each time, the position of every selected row is found anew."""


class RowExpansion(QObject):
    """Fills rows of the tree that the user opens.

    Signals:
        answered: A source, a row, and all that it listed below the row.
        filled: A row whose sources have all answered or failed.
        recounted: Study UIDs of rows that follow a deleted local copy now.
    """

    answered = Signal(str, object, list)
    filled = Signal(object)
    recounted = Signal(list)

    def __init__(
        self,
        lanes: Lanes,
        sources: Sources,
        index: Index,
        tree: TreeModel,
        notices: Notices,
        *,
        unlock: Unlock = at_once,
    ) -> None:
        """``unlock`` gets the passcodes of nodes before they are asked."""
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._index = index
        self._tree = tree.results
        self._copies = tree.local_copies
        self._notices = notices
        self._unlock = unlock
        self._jobs: set[Job] = set()
        self._slices = TimeSlices(self, at_once=1)
        tree.children_wanted.connect(self.expand)
        tree.modelAboutToBeReset.connect(self._cancel_all)

    def expand(self, number: int) -> None:
        """Ask the sources of a row for its children."""
        row = self._tree.find(number)
        if row is None:
            return
        keys = list(row.sources)
        if row.level is not Level.PATIENT and row.local is not Local.NONE and LIBRARY not in keys:
            keys.append(LIBRARY)
        self._unlock(keys, partial(self._ask_all, _Expansion(row, self._tree.generation)))

    def _ask_all(self, expansion: _Expansion, keys: list[str]) -> None:
        row, generation = expansion.row, expansion.generation
        if self._tree.generation != generation or self._tree.find(row.number) is not row:
            return  # it was removed while a passcode was asked for
        sources = [(key, source) for key in keys if (source := self._sources.get(key)) is not None]
        expansion.waiting = len(sources)
        if not sources:
            gone = self.tr("Its source is no longer configured.")
            error = gone if keys else self.tr("No passcode was given. Press Enter here to try again.")
            self._tree.filled(generation, row.number, complete=False, error=error)
            self.filled.emit(row)
        for key, source in sources:
            self._ask(expansion, key, source)

    def _ask(self, expansion: _Expansion, key: str, source: Source) -> None:
        row = expansion.row
        match = row.matches.get(key, row.best)  # the library does not answer again after a transfer
        patient_id = row.patient.patient_id

        def work(run: Run) -> _Answers:
            if isinstance(match, PatientMatch):
                return _drain(run, source.search(_criteria_of(match), run.stop))
            if isinstance(match, StudyMatch):
                return _drain(run, source.series(match, run.stop, details=True))
            assert isinstance(match, SeriesMatch)
            return _drain(run, source.images(match, patient_id, run.stop, geometry=True))

        title = f"open a {row.level.lower()} of {key}"
        job = self._submit(key, title, work, Report.NONE)
        job.delivered.connect(partial(self._delivered, job, expansion))
        job.ended.connect(partial(self._ended, job, expansion, key))

    def _submit(self, key: str, title: str, work: Callable[[Run], object], report: Report) -> Job:
        key_of_lane = self._sources.lane_key(key)
        job = self._lanes.submit(Lane.QUERY, title, work, key=key_of_lane, report=report)
        self._jobs.add(job)
        return job

    def _delivered(self, job: Job, expansion: _Expansion, matches: list[Any]) -> None:
        if job not in self._jobs:
            return
        generation, number = expansion.generation, expansion.row.number
        if matches and isinstance(matches[0], StudyMatch):
            expansion.strays += self._tree.add_below_patient(generation, number, matches)
        else:
            self._tree.add_children(generation, number, matches)

    def _ended(self, job: Job, expansion: _Expansion, key: str, ended: Ended) -> None:
        if job not in self._jobs:
            return
        self._jobs.discard(job)
        answers = ended.result if isinstance(ended.result, _Answers) else None
        if ended.ending is Ending.DONE:
            expansion.complete = True
            expansion.strays += answers.strays if answers is not None else 0
        elif ended.ending in (Ending.FAILED, Ending.CRASHED):
            expansion.errors.append(self._notices.why(ended))
        expansion.waiting -= 1
        if not expansion.waiting:
            self._filled(expansion)
        row = expansion.row
        if answers is not None and answers.all_of_them and self._tree.find(row.number) is row:
            self.answered.emit(key, row, answers.all_of_them)

    def _filled(self, expansion: _Expansion) -> None:
        """Every source has answered or failed."""
        error = self._describe_strays(expansion)
        if expansion.errors:
            error = " ".join([*expansion.errors, self.tr("Press Enter here to try again.")])
        self._tree.filled(
            expansion.generation, expansion.row.number, complete=expansion.complete, error=error
        )
        self.filled.emit(expansion.row)

    def _describe_strays(self, expansion: _Expansion) -> str:
        """How many answers are about something else than was asked for; empty if none are."""
        if not expansion.strays or self._tree.find(expansion.row.number) is None:
            return ""
        words = {
            Level.PATIENT: self.tr("{answers} about somebody else: not shown."),
            Level.STUDY: self.tr("{answers} about another study: not shown."),
        }.get(expansion.row.level, self.tr("{answers} about another series: not shown."))
        one, many = self.tr("1 answer is"), self.tr("{n} answers are")
        return words.format(answers=display.counted(expansion.strays, one, many))

    def removed(self, studies: Sequence[str]) -> None:
        """The local copies of studies, or parts of them, were deleted: ask the library what is left."""

        def work(run: Run) -> None:
            for first in range(0, len(studies), _REMOVED_AT_ONCE):
                batch = studies[first : first + _REMOVED_AT_ONCE]
                run.deliver(
                    [Remains(uid, self._index.sop_uids(uid), tuple(self._index.series(uid))) for uid in batch]
                )

        job = self._submit(LIBRARY, "count in the library", work, Report.ALL)
        job.ended.connect(lambda _: self._jobs.discard(job))
        job.delivered.connect(
            lambda batches: self._slices.do(partial(self._removed, batch) for batch in batches)
        )

    def _removed(self, batch: list[Remains]) -> None:
        self._copies.removed(batch)
        self.recounted.emit([remains.study for remains in batch])

    def _cancel_all(self) -> None:
        jobs, self._jobs = self._jobs, set()
        for job in jobs:
            job.cancel()


@dataclass(slots=True)
class _Expansion:
    """A row that is being filled.

    Attributes:
        row: That row.
        generation: Of the tree, when it was opened.
        waiting: How many sources have not answered yet.
        complete: A source has answered in full.
        errors: Why others did not, in words.
        strays: How many answers are about something else.
    """

    row: Row
    generation: int
    waiting: int = 0
    complete: bool = False
    errors: list[str] = field(default_factory=list)
    strays: int = 0


@dataclass(frozen=True, slots=True)
class _Answers:
    """How the answers of a source ended.

    Attributes:
        all_of_them: None if there are more.
        strays: How many were about something else.
    """

    all_of_them: list[object] | None
    strays: int


def _drain(run: Run, answers: Answers[StudyMatch] | Answers[SeriesMatch] | Answers[ImageMatch]) -> _Answers:
    """Deliver what comes."""
    delivered: list[object] = []
    for answer in answers:
        run.deliver(answer)
        delivered.append(answer)
    return _Answers(None if answers.incomplete else delivered, answers.strays + len(answers.mismatches))


def _criteria_of(patient: PatientMatch) -> Criteria:
    """What asks for the studies of one patient; the model drops those of others."""
    if patient.patient_id:
        return Criteria(patient_id=patient.patient_id)
    return Criteria(name=f'"{patient.name}"')
