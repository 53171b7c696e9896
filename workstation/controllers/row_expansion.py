"""Opening a row: every source that knows it is asked for the level below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

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
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Ending, Run
from workstation.models.local_copy_updates import Remains
from workstation.models.rows import Local, Row
from workstation.models.tree_model import TreeModel
from workstation.operations.sources import Answers, Source
from workstation.store.index import Index

_REMOVED_AT_ONCE: Final = 200
"""Studies taken out of the rows together: each time, the place of every selected row is found anew."""


class RowExpansion(QObject):
    """Fills rows of the tree a person opens.

    Signals:
        heard: A source, a row, and all that it told below the row.
        recounted: Study UIDs of rows that follow a deleted local copy now.

    Attributes:
        unlock: Gets the passcodes of nodes before they are asked.
    """

    heard = Signal(str, object, list)
    recounted = Signal(list)

    def __init__(
        self, lanes: Lanes, sources: Sources, index: Index, tree: TreeModel, notices: Notices
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._sources = sources
        self._index = index
        self._tree = tree.results
        self._copies = tree.local_copies
        self._notices = notices
        self.unlock: Unlock = at_once
        self._waiting: dict[tuple[int, int], int] = {}
        self._answered: set[tuple[int, int]] = set()
        self._errors: dict[tuple[int, int], list[str]] = {}
        self._strays: dict[tuple[int, int], int] = {}
        self._jobs: set[Job] = set()
        self._slices = TimeSlices(self, at_once=1)
        tree.children_wanted.connect(self.expand)
        tree.modelAboutToBeReset.connect(self._cancel_all)

    def expand(self, number: int) -> None:
        """Ask the sources of a row for its children."""
        row = self._tree.find(number)
        if row is None:
            return
        asked = (self._tree.generation, number)
        keys = list(row.sources)
        if row.level is not Level.PATIENT and row.local is not Local.NONE and LIBRARY not in keys:
            keys.append(LIBRARY)
        self.unlock(keys, partial(self._ask_all, asked, row))

    def _ask_all(self, asked: tuple[int, int], row: Row, keys: list[str]) -> None:
        if self._tree.generation != asked[0] or self._tree.find(asked[1]) is not row:
            return  # it went while a passcode was asked for
        sources = [(key, source) for key in keys if (source := self._sources.get(key)) is not None]
        self._waiting[asked] = len(sources)
        if not sources:
            gone = self.tr("Its source is no longer configured.")
            error = gone if keys else self.tr("No passcode was given. Press Enter here to try again.")
            self._tree.filled(*asked, complete=False, error=error)
            del self._waiting[asked]
        for key, source in sources:
            self._ask(asked, row, key, source)

    def _ask(self, asked: tuple[int, int], row: Row, key: str, source: Source) -> None:
        match = row.matches.get(key, row.best)  # the library does not answer again after a transfer
        patient_id = row.patient.patient_id

        def work(run: Run) -> _Heard:
            if isinstance(match, PatientMatch):
                return _drain(run, source.search(_criteria_of(match), run.stop))
            if isinstance(match, StudyMatch):
                return _drain(run, source.series(match, run.stop))
            assert isinstance(match, SeriesMatch)
            return _drain(run, source.images(match, patient_id, run.stop))

        job = self._submit(key, f"open a {row.level.lower()} of {key}", work)
        job.delivered.connect(partial(self._delivered, asked))
        job.ended.connect(partial(self._ended, asked))
        job.ended.connect(partial(self._hear, key, row))

    def _hear(self, key: str, row: Row, ended: Ended) -> None:
        told = ended.result.told if isinstance(ended.result, _Heard) else None
        if told and self._tree.find(row.number) is row:
            self.heard.emit(key, row, told)

    def _submit(self, key: str, title: str, work: Callable[[Run], object]) -> Job:
        job = self._lanes.submit(self._sources.place(key), Purpose.ASK, title, work)
        self._jobs.add(job)
        job.ended.connect(lambda _: self._jobs.discard(job))
        return job

    def _delivered(self, asked: tuple[int, int], matches: list[object]) -> None:
        if matches and isinstance(matches[0], StudyMatch):
            self._count_strays(asked, self._tree.add_below_patient(*asked, matches))  # type: ignore[arg-type]
            return
        self._tree.add_children(*asked, matches)  # type: ignore[arg-type]

    def _ended(self, asked: tuple[int, int], ended: Ended) -> None:
        if ended.ending is Ending.DONE:
            self._answered.add(asked)
            self._count_strays(asked, ended.result.strays if isinstance(ended.result, _Heard) else 0)
        elif ended.ending in (Ending.FAILED, Ending.CRASHED):
            self._errors.setdefault(asked, []).append(self._notices.why(ended))
        self._waiting[asked] -= 1
        if not self._waiting[asked]:
            del self._waiting[asked]
            told = self._errors.pop(asked, [])
            error = " ".join([*told, self.tr("Press Enter here to try again.")]) if told else ""
            error = error or self._say_strays(asked)
            self._tree.filled(*asked, complete=asked in self._answered, error=error)
            self._answered.discard(asked)

    def _count_strays(self, asked: tuple[int, int], number: int) -> None:
        self._strays[asked] = self._strays.get(asked, 0) + number

    def _say_strays(self, asked: tuple[int, int]) -> str:
        """How many answers are about something else than was asked for; empty if none are."""
        number, row = self._strays.pop(asked, 0), self._tree.find(asked[1])
        if not number or row is None:
            return ""
        words = {
            Level.PATIENT: self.tr("{answers} about somebody else: not shown."),
            Level.STUDY: self.tr("{answers} about another study: not shown."),
        }.get(row.level, self.tr("{answers} about another series: not shown."))
        return words.format(
            answers=display.counted(number, self.tr("1 answer is"), self.tr("{n} answers are"))
        )

    def removed(self, studies: Sequence[str]) -> None:
        """The local copies of studies, or parts of them, were deleted: ask the library what is left."""

        def work(run: Run) -> None:
            for first in range(0, len(studies), _REMOVED_AT_ONCE):
                batch = studies[first : first + _REMOVED_AT_ONCE]
                run.deliver(
                    [Remains(uid, self._index.sop_uids(uid), tuple(self._index.series(uid))) for uid in batch]
                )

        job = self._submit(LIBRARY, "count in the library", work)
        job.delivered.connect(
            lambda batches: self._slices.do(partial(self._removed, batch) for batch in batches)
        )

    def _removed(self, batch: list[Remains]) -> None:
        self._copies.removed(batch)
        self.recounted.emit([remains.study for remains in batch])

    def _cancel_all(self) -> None:
        for job in list(self._jobs):
            job.cancel()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a source ``told`` below a row, None if there is more; ``strays``: answers about something else."""

    told: list[object] | None
    strays: int


def _drain(run: Run, answers: Answers[StudyMatch] | Answers[SeriesMatch] | Answers[ImageMatch]) -> _Heard:
    """Hand out what comes."""
    told: list[object] = []
    for answer in answers:
        run.deliver(answer)
        told.append(answer)
    return _Heard(None if answers.incomplete else told, answers.strays + len(answers.mismatches))


def _criteria_of(patient: PatientMatch) -> Criteria:
    """What asks for the studies of one patient; the model drops those of others."""
    if patient.patient_id:
        return Criteria(patient_id=patient.patient_id)
    return Criteria(name=f'"{patient.name}"')
