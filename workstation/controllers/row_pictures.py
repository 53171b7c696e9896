"""Finds the pictures that a row of the tree stands for: in the library, and among arriving objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import filterfalse
from pathlib import Path

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.imaging.picture import MAX_FRAMES, Caption
from workstation.imaging.stack import GrowingStack, Slice, Stack, StackPosition, is_image, stacked
from workstation.jobs.run import Run
from workstation.models.rows import Row
from workstation.models.series_model import SeriesEntry
from workstation.models.translation import translate, translated
from workstation.store.index import Index
from workstation.store.index_rows import InstanceRow
from workstation.store.sample_cache import Sample
from workstation.store.store_results import Stored

_LOCALIZER = "LOCALIZER"
_LEAST_FRAME = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """A study, or a series or an instance of it, whose pictures are to be shown."""

    study: str
    series: str = ""
    instance: str = ""

    def covers(self, stored: Stored) -> bool:
        """Whether an arriving object belongs to it."""
        return stored.study_uid == self.study and self.series in ("", stored.series_uid)


@dataclass(frozen=True, slots=True)
class IndexedSeries:
    """A series of the subject as the library has it."""

    uid: str
    number: int | None
    modality: str
    description: str
    slices: tuple[Slice, ...]


@dataclass(slots=True, kw_only=True)
class Series:
    """A series of the subject; it grows while objects arrive.

    Attributes:
        slices: Its pictures, by file.
        by_uid: The first of each SOP Instance UID.
        shown_at: How many slices there were when its thumbnail was asked for; at least 1 from then on.
        sample: One image of it, or why there is none, as long as it has no slices.
    """

    uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    slices: dict[Path, Slice] = field(default_factory=dict)
    by_uid: dict[str, Slice] = field(default_factory=dict)
    shown_at: int = 0
    sample: Sample | None = None
    _images: GrowingStack = field(default_factory=GrowingStack)
    _others: GrowingStack = field(default_factory=GrowingStack)

    @property
    def has_images(self) -> bool:
        """Whether there is anything to scroll through, not only to read."""
        return self._images.pictures > 0 or self.has_sample

    @property
    def has_sample(self) -> bool:
        """Whether all there is to show of it is one image from the cache of samples."""
        return self.sample is not None and self.sample.stored is not None

    def holds(self, path: Path) -> bool:
        """Whether a file is one of its pictures."""
        stored = self.sample.stored if self.sample is not None else None
        return path in self.slices or (stored is not None and stored.path == path)

    def add(self, slices: Iterable[Slice]) -> bool:
        """Add slices, also several files of one UID; whether one was new."""
        before = len(self.slices)
        for one in slices:
            if self.sample is not None:
                self.sample, self.shown_at = None, 0
            self.by_uid.setdefault(one.sop_uid, one)
            if one.path not in self.slices:
                self.slices[one.path] = one
                (self._images if _drawn(one) else self._others).add(one)
        return len(self.slices) > before

    def lengthen(self, one: Slice, frames: int) -> bool:
        """Set the number of frames of a slice, where its header says less; whether the slice is known."""
        if self.slices.get(one.path) is not one:
            return False
        longer = self.slices[one.path] = replace(one, frames=frames)
        if self.by_uid[one.sop_uid] is one:
            self.by_uid[one.sop_uid] = longer
        slices = self.slices.values()
        self._images = GrowingStack(filter(_drawn, slices))
        self._others = GrowingStack(filterfalse(_drawn, slices))
        return True

    def stack(self, instance: str = "") -> Stack:
        """Its images in order; everything if there are none, or if ``instance`` is something else."""
        if self.sample is not None:
            return _sample_stack(self.sample)
        wanted = self.by_uid.get(instance)
        if not self.has_images:
            return self._others.stack()
        if wanted is not None and not _drawn(wanted):
            return stacked(self.slices.values())
        return self._images.stack()

    def entry(self) -> SeriesEntry:
        """Its row in the strip."""
        entry = SeriesEntry(
            uid=self.uid,
            number=self.number,
            modality=self.modality,
            description=self.description,
            pictures=(self._images if self.has_images else self._others).pictures,
        )
        if self.sample is None:
            return entry
        waiting = translate("asking…") if self.sample.awaited else translate("not fetched")
        return replace(
            entry,
            pictures=int(self.has_sample),
            note=waiting,
            explanation=sample_words(self.sample),
            total=self.sample.total,
        )

    def wants_thumbnail(self) -> bool:
        """Whether it has none yet, or has grown so much that its middle is elsewhere."""
        if self.sample is not None:
            return self.has_sample and not self.shown_at
        return self.has_images and len(self.slices) >= max(1, 2 * self.shown_at)


def _drawn(one: Slice) -> bool:
    return is_image(one.sop_class) and bool(one.rows)


def _sample_stack(sample: Sample) -> Stack:
    """The middle frame of the image, as a stack of its own: that of the series is not known."""
    if sample.stored is None:
        return Stack()
    one = arrived_slice(sample.stored)
    frame = one.frames // 2
    return Stack((StackPosition(replace(one, frames=1), frame, (str(one.path), frame)),))


def sample_words(sample: Sample) -> str:
    """That a series is not fetched, and what of it can be looked at."""
    if sample.awaited:
        return translate("The archive is being asked for one image of this series.")
    if sample.stored is None:
        return translated(sample.why)
    if sample.total is None or sample.total < 2:
        return translate("Preview, not fetched")
    return translate("Preview: 1 of {total}, not fetched", total=display.count(sample.total))


def subject_of(row: Row | None) -> Subject | None:
    """What a row stands for; None for a patient: no picture shows several studies."""
    if row is None or row.level is Level.PATIENT:
        return None
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    assert study is not None
    instance = row.uid if row.level is Level.IMAGE else ""
    return Subject(study.uid, series.uid if series is not None else "", instance)


def study_of(row: Row, study_uid: str) -> Row | None:
    """The row of a study, if ``row`` is it, is in it, or is its patient; else None."""
    if row.level is Level.PATIENT:
        return next((one for one in row.entities if one.uid == study_uid), None)
    study = row.above(Level.STUDY)
    return study if study is not None and study.uid == study_uid else None


def caption_of(row: Row | None) -> Caption:
    """The caption of a row before there is a picture."""
    if row is None:
        return Caption()
    patient: PatientMatch = row.patient
    study = row.above(Level.STUDY)
    about = study.best if study is not None else None
    return Caption(
        name=patient.name,
        patient_id=patient.patient_id,
        birth_date=patient.birth_date,
        study_date=about.date if isinstance(about, StudyMatch) else "",
        study_description=about.description if isinstance(about, StudyMatch) else "",
        sex=patient.sex,
    )


def find_series(indexes: Iterable[Index], subject: Subject, run: Run) -> None:
    """Deliver a :class:`IndexedSeries` for each series of the subject in each index, by number.

    What an index holds is left aside in the later ones; several files of a UID in one index are several.
    What came just now is waited for: no signal tells of it again.
    """
    known: set[str] = set()
    for index in indexes:
        here: set[str] = set()
        index.catch_up()
        for match in list(index.series(subject.study)):
            if subject.series in ("", match.series_uid):
                run.stop.check()
                rows = index.instances(match.series_uid, subject.study)
                slices = tuple(_indexed(row) for row in rows if row.sop_uid not in known)
                here.update(one.sop_uid for one in slices)
                run.deliver(
                    IndexedSeries(match.series_uid, match.number, match.modality, match.description, slices)
                )
        known |= here


def _possible(frames: int, size: int) -> int:
    """The number of frames, bounded by what a file of ``size`` bytes can hold: each takes some bytes."""
    return min(frames, MAX_FRAMES, max(1, size // _LEAST_FRAME))


def arrived_slice(stored: Stored) -> Slice:
    """The slice of an object that has just come."""
    header = stored.header
    assert header is not None
    return Slice(
        path=stored.path,
        sop_uid=stored.sop_uid,
        sop_class=stored.sop_class,
        number=header.number,
        frames=_possible(header.frames, stored.size),
        rows=header.rows,
        columns=header.columns,
        position=header.position,
        orientation=header.orientation,
        localizer=_LOCALIZER in header.image_type,
        moment=header.moment,
    )


def _indexed(row: InstanceRow) -> Slice:
    return Slice(
        path=row.path,
        sop_uid=row.sop_uid,
        sop_class=row.sop_class,
        number=row.number,
        frames=_possible(row.frames, row.size),
        rows=row.rows,
        columns=row.columns,
        position=row.position,
        orientation=row.orientation,
        localizer=_LOCALIZER in row.image_type,
        moment=row.moment,
    )
