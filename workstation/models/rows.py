"""The rows of the tree: plain Python, identity = level and UID, a list of sources that answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import Any

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
from workstation.errors import Sentence
from workstation.models.merging import merged, with_known


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
    """What the level below tells of a row where nobody told it at its own; None and empty: unknown.

    Attributes:
        whole: The modalities are those of every series.
    """

    series: int | None = None
    instances: int | None = None
    modalities: tuple[str, ...] = ()
    whole: bool = False


_NOTHING: Mapping[str, Any] = MappingProxyType({})
"""One for all rows: nearly none of them has more, and an empty dictionary takes 64 bytes."""


@dataclass(eq=False, repr=False, slots=True)
class Row:
    """A patient, study, series or image.

    Attributes:
        number: Its name in Qt's indexes; never used twice.
        uid: The UID; for a patient the Patient ID.
        matches: What each source answered, the first to answer first.
        doubtful: Another patient has the same Patient ID but not the same name or birth date.
        fetched: Instances that have arrived since the local copy was last looked at, by SOP Instance UID.
        known: How complete the local copy was found; None: it has not been looked at.
        asked: The sources that had told what they have of it by then.
        trouble: Not an entity, but a sentence in its place: why rows are missing here.
        apart: The line behind which answers stand that do not fit what was asked for, or a row of them.
        differs: By criterion (:mod:`workstation.dicom.misfits`): how it differs from what was asked for.
        text: What the filter looks at, once it has; empty after a change.
        itself: A patient that was searched for, not made of studies that were.
        counted: By source, what its level below was asked for because it did not tell.
        told: Two answers or more, of which one was ``made``.
        order: Where a series or an image stands among the others; sentences come last.
    """

    number: int
    level: Level
    uid: str
    parent: Row | None
    matches: dict[str, Match] = field(default_factory=dict)
    children: list[Row] = field(default_factory=list)
    fill: Fill = Fill.EMPTY
    doubtful: bool = False
    fetched: frozenset[str] = frozenset()
    known: Completeness | None = None
    asked: frozenset[str] = frozenset()
    trouble: str = ""
    text: str = ""
    itself: bool = False
    counted: Mapping[str, Below] = field(default_factory=lambda: _NOTHING)
    apart: bool = False
    differs: Mapping[str, Sentence] = field(default_factory=lambda: _NOTHING)
    told: tuple[Match, ...] = ()
    made: Match | None = None
    order: tuple[float, str] = (math.inf, "")

    def __repr__(self) -> str:
        """Short: list.index makes one of what it does not find; the usual one would be the whole tree."""
        return f"<Row {self.number} {self.level.value}>"

    @property
    def entities(self) -> list[Row]:
        """The children without sentences."""
        return [row for row in self.children if not row.trouble]

    @property
    def top(self) -> Row:
        """The patient's row."""
        row = self
        while row.parent is not None and not row.parent.is_line:
            row = row.parent
        return row

    @property
    def is_line(self) -> bool:
        """It is the line itself behind which others stand apart."""
        return self.apart and bool(self.trouble) and self.level is Level.PATIENT

    @property
    def fault(self) -> Sentence:
        """What is wrong with an answer about it, in a sentence; empty: nothing."""
        return next((one.fault for one in self.matches.values() if one.fault), SOUND)

    @property
    def may_be_asked_for(self) -> bool:
        """Its UIDs can be sent to an archive; of a patient that is always so."""
        row: Row | None = self
        while row is not None and row.level is not Level.PATIENT:
            if not may_be_asked_for(row.uid):
                return False
            row = row.parent
        return True

    @property
    def opens(self) -> bool:
        """There are rows below it, or there may be."""
        if self.is_line:
            return True
        if self.level is Level.IMAGE or self.trouble or not self.may_be_asked_for:
            return False
        return bool(self.children) or self.fill is not Fill.FULL

    @property
    def sources(self) -> tuple[str, ...]:
        """Who answered; archives before the library."""
        return tuple(sorted(self.matches, key=lambda source: source == LIBRARY))

    @property
    def best(self) -> Match:
        """The best of what all sources told: the archives' first, who may know more than we hold."""
        best = self._merged
        if isinstance(best, PatientMatch) and not (best.name and best.birth_date and best.sex):
            studies = (child.best for child in self.entities)
            return with_known(best, [one.patient for one in studies if isinstance(one, StudyMatch)])
        return best

    @property
    def _merged(self) -> Match:
        """One answer of all; what two or more make is kept until one of them is another."""
        told = tuple(self.matches.values())
        if len(told) == 1:
            return told[0]
        if told != self.told:
            self.told, self.made = told, merged(sorted(told, key=lambda one: one.source == LIBRARY))
        assert self.made is not None
        return self.made

    @property
    def patient_id(self) -> str:
        """That of :attr:`patient`, of which nothing else is looked at."""
        study = self.above(Level.STUDY)
        told = study._merged if study is not None and study.matches else None
        return told.patient.patient_id if isinstance(told, StudyMatch) else self.top.uid

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
        """How many instances there are, as far as anybody said; summed from below where possible."""
        if isinstance(self.best, ImageMatch):
            return 1
        archives = [one for source, one in self.matches.items() if source != LIBRARY]
        telling = archives or list(self.matches.values())  # what we hold says nothing of what there is
        counts = [
            one.instances for one in telling if not isinstance(one, ImageMatch) and one.instances is not None
        ]
        counts += [below.instances for below in self.counted.values() if below.instances is not None]
        if self.known is not None and self.known.total is not None:
            counts.append(self.known.total)  # what was told before, or by who does not answer now
        if counts:
            return max(counts)
        if self.fill is not Fill.FULL:
            return None
        if self.level is Level.SERIES:  # there may be a hundred thousand, and sentences come last
            last = next((place for place, row in enumerate(reversed(self.children)) if not row.trouble), None)
            return None if last is None else len(self.children) - last
        return _sum([child.instances for child in self.entities])

    @property
    def series(self) -> int | None:
        """How many series a patient or study has, as far as anybody said."""
        if isinstance(self.best, StudyMatch):
            archives = [one for source, one in self.matches.items() if source != LIBRARY]
            telling = archives or list(self.matches.values())
            counts = [one.series for one in telling if isinstance(one, StudyMatch) and one.series is not None]
            counts += [below.series for below in self.counted.values() if below.series is not None]
            if counts:
                return max(counts)
            return len(self.entities) if self.entities and self.fill is Fill.FULL else None
        if isinstance(self.best, PatientMatch):
            told = self.best.series
            return told if told is not None else _sum([child.series for child in self.entities])
        return None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those of a patient, study or series; many an archive tells them of series only."""
        best = self.best
        if isinstance(best, SeriesMatch):
            return (best.modality,) if best.modality else ()
        if isinstance(best, StudyMatch) and best.modalities:
            return best.modalities
        below = [code for child in self.entities for code in child.modalities]
        below += [code for told in self.counted.values() for code in told.modalities]
        return tuple(sorted(dict.fromkeys(below)))

    @property
    def uncounted(self) -> bool:
        """Some archive did not tell how much there is, or of which modality, and could be asked."""
        return bool(self.uncounted_by)

    @property
    def uncounted_by(self) -> list[str]:
        """The archives that did not tell how much there is, or of which modality, and could be asked."""
        if self.trouble or self.level not in (Level.STUDY, Level.SERIES):
            return []
        if self.apart or not self.may_be_asked_for:
            return []
        vague = self.level is Level.STUDY and (self.series is None or not self.modalities)
        return [
            source
            for source in self.archives
            if source not in self.counted and (vague or self.told_by(source) is None)
        ]

    def told_by(self, source: str) -> int | None:
        """How many instances an archive says there are; None: it did not."""
        match, below = self.matches[source], self.counted.get(source)
        told = None if isinstance(match, ImageMatch) else match.instances
        return below.instances if told is None and below is not None else told

    @property
    def state(self) -> Completeness:
        """How complete the local copy is; what arrives meanwhile is counted, not judged.

        While an archive that answered has told neither a list nor a count, it may have more.
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
        counts = [self.told_by(source) for source in self.archives]
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
        """Nothing is known to be missing, and every archive that answered has told what it has."""
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
        """This row or the one above it of ``level``."""
        row: Row | None = self
        while row is not None and row.level is not level:
            row = row.parent
        return row


in_order = attrgetter("order")
"""The key that puts series and images in the order of their numbers."""


def _sum(numbers: list[int | None]) -> int | None:
    """The sum; None if there is nothing, or a part of it is unknown."""
    if not numbers or None in numbers:
        return None
    return sum(number for number in numbers if number is not None)


def level_of(match: Match) -> Level:
    """The level a match is of."""
    if isinstance(match, PatientMatch):
        return Level.PATIENT
    if isinstance(match, StudyMatch):
        return Level.STUDY
    return Level.SERIES if isinstance(match, SeriesMatch) else Level.IMAGE


def uid_of(match: Match) -> str:
    """What identifies a match within its level."""
    if isinstance(match, PatientMatch):
        return match.patient_id
    if isinstance(match, StudyMatch):
        return match.study_uid
    return match.series_uid if isinstance(match, SeriesMatch) else match.sop_uid
