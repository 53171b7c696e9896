"""Define the rows of the result tree: patient, study, series and image, with what each source answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from workstation.dicom import display
from workstation.dicom.completeness import Completeness, Extent, presumed
from workstation.dicom.levels import Level
from workstation.dicom.matches import (
    LIBRARY,
    OPENED,
    SOUND,
    ImageMatch,
    Match,
    PatientMatch,
    SeriesMatch,
    StudyMatch,
)
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import UserMessage
from workstation.models.count_history import Recount
from workstation.models.layout import TREE, Layout
from workstation.models.merging import merged, with_known
from workstation.models.told_counts import added, told_instances, told_series


class Fill(StrEnum):
    """What is known of the rows below a row."""

    EMPTY = "empty"
    PENDING = "pending"
    FULL = "full"
    FAILED = "failed"


class Local(StrEnum):
    """How much of a row the library holds."""

    NONE = "none"
    PARTLY = "partly"
    HERE = "here"


@dataclass(frozen=True, slots=True)
class Below:
    """Counts derived from the level below of a row where no source gave them; None and empty: unknown.

    Attributes:
        every_series: The modalities are those of every series.
    """

    series: int | None = None
    instances: int | None = None
    modalities: tuple[str, ...] = ()
    every_series: bool = False


_DEPTHS = {Level.PATIENT: 0, Level.STUDY: 1, Level.SERIES: 2, Level.IMAGE: 3}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
"""One for all rows: nearly none of them has more, and an empty dictionary takes 64 bytes."""


@dataclass(eq=False, repr=False, slots=True, kw_only=True)
class Row:
    """A patient, study, series or image.

    Attributes:
        number: Identifies it in Qt's indexes; never used twice.
        uid: The UID; for a patient the Patient ID.
        matches: What each source answered, the first to answer first.
        doubtful: Another patient has the same Patient ID but not the same name or birth date.
        fetched: Instances that have arrived since the local copy was last looked at, by SOP Instance UID.
        known: How complete the local copy was found; None: it has not been looked at.
        asked: The sources that had listed or counted what they have of it by then.
        error: Not an entity, but a message: why rows are missing here.
        apart: The line behind which answers stand that do not fit what was asked for, or a row of them.
        differs: By criterion (:mod:`workstation.dicom.mismatch`): how it differs from what was asked for.
        text: What the filter searches, once it was asked for; empty after a change.
        searched: A patient that was searched for, not made of studies that were.
        counted: By source, the counts derived from the level below because the source gave none.
        recounts: By archive that counted it more than once, what it said before and says now.
        merged_from: Two answers or more, which were merged into ``merged``.
        merged: See ``merged_from``.
        order: The position of a series or an image among the others; messages come last.
        layout: Of a patient: how its studies are shown.
        whole: Of a patient: what all its studies tell of it, and the version of ``layout`` it is from.
    """

    number: int
    level: Level
    uid: str
    parent: Row | None = None
    matches: dict[str, Match] = field(default_factory=dict)
    children: list[Row] = field(default_factory=list)
    fill: Fill = Fill.EMPTY
    doubtful: bool = False
    fetched: frozenset[str] = frozenset()
    known: Completeness | None = None
    asked: frozenset[str] = frozenset()
    error: str = ""
    text: str = ""
    searched: bool = False
    counted: Mapping[str, Below] = field(default_factory=lambda: _NOTHING)
    recounts: Mapping[str, Recount] = field(default_factory=lambda: _NOTHING)
    apart: bool = False
    differs: Mapping[str, UserMessage] = field(default_factory=lambda: _NOTHING)
    merged_from: tuple[Match, ...] = ()
    merged: Match | None = None
    order: tuple[float, str] = (math.inf, "")
    layout: Layout = TREE
    whole: tuple[int, Match] | None = None

    def __repr__(self) -> str:
        """Short: list.index makes one of what it does not find; a dataclass would write the whole tree."""
        return f"<Row {self.number} {self.level.value}>"

    @property
    def entities(self) -> list[Row]:
        """The children without messages."""
        return [row for row in self.children if not row.error]

    @property
    def top(self) -> Row:
        """The patient's row."""
        row = self
        while row.parent is not None and not row.parent.is_line:
            row = row.parent
        return row

    @property
    def only_study(self) -> Row | None:
        """The one study that a patient is listed for, whose row then stands for both; None: there is none."""
        if self.level is not Level.PATIENT or self.searched or self.apart or len(self.children) != 1:
            return None
        return None if self.children[0].error else self.children[0]

    @property
    def splits(self) -> bool:
        """Whether it is a patient that has no row in a flat list, only its studies.

        One that was searched for keeps its row: its studies are not known until it is opened.
        """
        return self.level is Level.PATIENT and not self.searched and bool(self.children)

    @property
    def stands_alone(self) -> bool:
        """Whether it is a study that stands in the list without a row of its patient above it."""
        parent = self.parent
        if parent is None or self.level is not Level.STUDY:
            return False
        return (parent.layout.flat and parent.splits) or parent.only_study is self

    @property
    def is_group(self) -> bool:
        """Whether it is the header of a group (:class:`~workstation.models.study_groups.GroupRow`)."""
        return False

    @property
    def is_grouped(self) -> bool:
        """Whether it is a study that stands in a group; not those apart, nor of patients searched for."""
        parent = self.parent
        return parent is not None and not self.apart and parent.layout.grouped and self.stands_alone

    @property
    def message(self) -> str:
        """What a row that is no entity says."""
        return display.plain(self.error)

    @property
    def depth(self) -> int:
        """How many rows stand above it in the list, one for each level or group, once all are in sight."""
        study = self.above(Level.STUDY)
        alone = study is not None and study.stands_alone and not study.is_grouped
        return _DEPTHS[self.level] + (self.apart and not self.is_line) - alone

    @property
    def is_line(self) -> bool:
        """Whether it is the line behind which others stand apart."""
        return self.apart and bool(self.error) and self.level is Level.PATIENT

    @property
    def fault(self) -> UserMessage:
        """What is wrong with an answer about it, as a message; empty: nothing."""
        return next((one.fault for one in self.matches.values() if one.fault), SOUND)

    @property
    def may_be_asked_for(self) -> bool:
        """Whether its UIDs can be sent to an archive; of a patient that is always so."""
        row: Row | None = self
        while row is not None and row.level is not Level.PATIENT:
            if not may_be_asked_for(row.uid):
                return False
            row = row.parent
        return True

    @property
    def opens(self) -> bool:
        """Whether there are rows below it, or may be."""
        if self.is_line:
            return True
        if self.level is Level.IMAGE or self.error or not self.may_be_asked_for:
            return False
        return bool(self.children) or self.fill is not Fill.FULL

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that answered; archives before the library."""
        return tuple(sorted(self.matches, key=lambda source: source == LIBRARY))

    @property
    def best(self) -> Match:
        """The best of what all sources answered: archives come first, which may know more than we hold."""
        best = self._best_answer
        if not isinstance(best, PatientMatch) or (best.name and best.birth_date and best.sex):
            return best
        version = self.layout.version
        if self.whole is None or self.layout is TREE or self.whole[0] != version:
            studies = (child.best for child in self.entities)
            known = with_known(best, [one.patient for one in studies if isinstance(one, StudyMatch)])
            self.whole = version, known  # each of its studies asks for it, and there may be thousands
        return self.whole[1]

    @property
    def _best_answer(self) -> Match:
        """All answers merged into one; what two or more make is kept until one of them is another."""
        answers = tuple(self.matches.values())
        if len(answers) == 1:
            return answers[0]
        if answers != self.merged_from:
            self.merged_from = answers
            self.merged = merged(sorted(answers, key=lambda one: one.source == LIBRARY))
        assert self.merged is not None
        return self.merged

    @property
    def patient_id(self) -> str:
        """The Patient ID of :attr:`patient`, without working out the rest of it."""
        study = self.above(Level.STUDY)
        best = study._best_answer if study is not None and study.matches else None
        return best.patient.patient_id if isinstance(best, StudyMatch) else self.top.uid

    @property
    def patient(self) -> PatientMatch:
        """The patient this row belongs to, with what is known of it here."""
        best = self.best
        if isinstance(best, PatientMatch):
            return best
        if not isinstance(best, StudyMatch):
            assert self.parent is not None
            return self.parent.patient
        home = self.parent.best if self.parent is not None else None
        return with_known(best.patient, [home] if isinstance(home, PatientMatch) else [])

    @property
    def instances(self) -> int | None:
        """How many instances there are, as far as any source counted; summed from below where possible."""
        if self.level is Level.IMAGE:
            return 1
        total = None if self.known is None else self.known.total  # of a source that does not answer now, too
        told = told_instances(self.matches, [total, *(below.instances for below in self.counted.values())])
        if told is not None or self.fill is not Fill.FULL:
            return told
        if self.level is Level.SERIES:  # there may be a hundred thousand, and messages come last
            last = next((n for n, row in enumerate(reversed(self.children)) if not row.error), None)
            return None if last is None else len(self.children) - last
        return added([child.instances for child in self.entities])

    @property
    def series(self) -> int | None:
        """How many series a patient or study has, as far as any source counted."""
        if self.level is Level.STUDY:
            told = told_series(self.matches, [below.series for below in self.counted.values()])
            if told is not None:
                return told
            return len(self.entities) if self.entities and self.fill is Fill.FULL else None
        if isinstance(self.best, PatientMatch):
            count = self.best.series
            return count if count is not None else added([child.series for child in self.entities])
        return None

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities of a patient, study or series; many archives tell them of series only."""
        best = self.best
        if isinstance(best, SeriesMatch):
            return (best.modality,) if best.modality else ()
        if isinstance(best, StudyMatch) and best.modalities:
            return best.modalities
        below = [code for child in self.entities for code in child.modalities]
        below += [code for one in self.counted.values() for code in one.modalities]
        return tuple(sorted(dict.fromkeys(below)))

    @property
    def uncounted(self) -> bool:
        """Whether an archive did not count what there is, or of which modality, and could be asked."""
        return bool(self.uncounted_by)

    @property
    def uncounted_by(self) -> list[str]:
        """The archives that did not count what there is, or of which modality, and could be asked."""
        if self.error or self.level not in (Level.STUDY, Level.SERIES):
            return []
        if self.apart or not self.may_be_asked_for:
            return []
        vague = self.level is Level.STUDY and (self.series is None or not self.modalities)
        return [
            source
            for source in self.archives
            if source not in self.counted and (vague or self.count_by(source) is None)
        ]

    def count_by(self, source: str) -> int | None:
        """Return how many instances an archive says there are; None: it did not."""
        match, below = self.matches[source], self.counted.get(source)
        count = None if isinstance(match, ImageMatch) else match.instances
        return below.instances if count is None and below is not None else count

    @property
    def state(self) -> Completeness:
        """How complete the local copy is; what arrives meanwhile is counted, not judged.

        While an archive that answered has given neither a list nor a count, it may have more.
        """
        held = self.held
        if self.known is None:
            return self._presumed(held)
        found = self.known
        if held > found.here:
            extent = Extent.PARTIAL if found.extent is Extent.NOTHING else found.extent
            found = replace(found, here=held, extent=extent)
        if self.asked.issuperset(self.archives):
            return found
        doubtful = {Extent.RECEIVED: Extent.PARTIAL, Extent.COMPLETE: Extent.COUNTED}
        return replace(found, extent=doubtful.get(found.extent, found.extent))

    def _presumed(self, held: int) -> Completeness:
        if self.level is Level.IMAGE:
            return presumed(held, [1])
        counts = [self.count_by(source) for source in self.archives]
        if counts == [None]:
            counts = [self.instances]  # summed from below
        match = self.matches.get(LIBRARY)
        doubtful = match.doubtful if isinstance(match, StudyMatch | SeriesMatch) else 0
        return replace(presumed(held, counts), doubtful=doubtful)

    @property
    def archives(self) -> list[str]:
        """The archives that answered."""
        return [source for source in self.matches if source not in (LIBRARY, OPENED)]

    @property
    def settled(self) -> bool:
        """Whether nothing is known to be missing, and every archive that answered has listed what it has.

        A patient is settled with the last of the studies that are listed.
        """
        if self.level is Level.PATIENT:
            return bool(self.entities) and all(study.settled for study in self.entities)
        if self.known is not None and not self.asked.issuperset(self.archives):
            return self.level is Level.IMAGE and self.local is Local.HERE
        return self.local is Local.HERE

    @property
    def local(self) -> Local:
        """How much of it the library holds."""
        if self.level is Level.PATIENT:
            states = {child.local for child in self.entities}
            if not states:
                return Local.NONE
            return states.pop() if len(states) == 1 else Local.PARTLY
        extent = self.state.extent
        if extent is Extent.NOTHING:
            return Local.NONE
        return Local.HERE if extent.enough else Local.PARTLY

    @property
    def held(self) -> int:
        """Instances of it in the library."""
        if self.known is not None:
            return max(self.known.here, len(self.fetched))
        match = self.matches.get(LIBRARY)
        indexed = 0
        if isinstance(match, ImageMatch):
            indexed = 1
        elif match is not None:
            indexed = match.instances or 0
        return max(indexed, len(self.fetched))

    def above(self, level: Level) -> Row | None:
        """Return this row or the one above it of ``level``; None: there is none."""
        row: Row | None = self
        while row is not None and row.level is not level:
            row = row.parent
        return row


in_order = attrgetter("order")
"""The key that puts series and images in the order of their numbers."""
