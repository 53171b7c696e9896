"""The picture of the current row, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.imaging.picture import Caption
from workstation.imaging.pool import DecodePool, Frame, FrameRequest
from workstation.imaging.stack import Slice, Stack, is_image, stacked
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended, Run
from workstation.models.rows import LIBRARY, Row
from workstation.store.arrivals import Stored
from workstation.store.index import Index, InstanceRow

AHEAD = 12
BEHIND = 4


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is to be shown: a study, or a series or an instance of it."""

    study: str
    series: str = ""
    instance: str = ""

    def covers(self, stored: Stored) -> bool:
        return stored.study_uid == self.study and self.series in ("", stored.series_uid)


@dataclass(frozen=True, slots=True)
class _Found:
    series: str
    slices: tuple[Slice, ...]


class Preview(QObject):
    """Chooses what the canvas shows.

    Signals:
        cleared: Another row is current: a :class:`Caption`, and words to show until a picture is there.
        shown: A :class:`Picture` or :class:`Card` of the current row.
        placed: Which picture, counted from 0, of how many.
    """

    cleared = Signal(object, str)
    shown = Signal(object)
    placed = Signal(int, int)
    _decoded = Signal(object)

    def __init__(self, lanes: Lanes, index: Index) -> None:
        super().__init__()
        self._lanes = lanes
        self._index = index
        self.pool: DecodePool | None = DecodePool(self._decoded.emit)
        self._subject: _Subject | None = None
        self._caption = Caption()
        self._expected = False
        self._generation = 0
        self._series = ""
        self._slices: dict[str, Slice] = {}
        self._stack = Stack()
        self._place = 0
        self._direction = 1
        self._job: Job | None = None
        self._decoded.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    @property
    def place(self) -> int:
        """Which picture of the stack is current, counted from 0."""
        return self._place

    @property
    def stack(self) -> Stack:
        """The pictures one scrolls through."""
        return self._stack

    def choose(self, row: Row | None) -> None:
        """Show ``row``, or nothing; what was shown goes at once."""
        self._generation += 1
        self._series, self._slices, self._stack, self._place = "", {}, Stack(), 0
        self._caption = _caption(row)
        self._expected = False
        self._subject = _subject(row)
        if self.pool is not None:
            self.pool.want([])
        if self._job is not None:
            self._job.cancel()
            self._job = None
        words = "" if self._subject is not None else self.tr("Choose a study")
        self.cleared.emit(self._caption, words)
        if self._subject is not None:
            self._look_up(self._subject)

    def expect(self) -> None:
        """What is current is being fetched: say so until its first picture is here."""
        self._expected = True
        if self._subject is not None and self._job is None and not self._stack.places:
            self._say_absent()

    def scroll(self, steps: int) -> None:
        """Go ``steps`` pictures on; what is not decoded yet leaves the old picture until it is."""
        if not self._stack.places:
            return
        place = min(max(self._place + steps, 0), len(self._stack.places) - 1)
        if place != self._place:
            self._direction = 1 if place > self._place else -1
            self._place = place
            self._show()

    def arrived(self, lot: Iterable[Stored]) -> None:
        """Objects have come: those of the current row join the stack, which does not jump."""
        subject = self._subject
        if subject is None:
            return
        added = False
        for stored in lot:
            if not subject.covers(stored) or not is_image(stored.sop_class) or stored.header is None:
                continue
            if not self._series:
                self._series = stored.series_uid
            if stored.series_uid == self._series and stored.sop_uid not in self._slices:
                self._slices[stored.sop_uid] = _arrived(stored)
                added = True
        if added:
            self._restack()

    def close(self, seconds: float) -> bool:
        """Stop decoding; whether all threads ended in time."""
        pool, self.pool = self.pool, None
        return pool is None or pool.close(seconds)

    def _look_up(self, subject: _Subject) -> None:
        self._job = self._lanes.submit(
            LIBRARY, Purpose.SHOW, "look up pictures", partial(_find, self._index, subject)
        )
        self._job.ended.connect(partial(self._found, self._generation))

    def _found(self, generation: int, ended: Ended) -> None:
        if generation != self._generation or self._subject is None:
            return
        self._job = None
        found = ended.result
        if not isinstance(found, _Found) or not found.slices:
            if not self._series:
                self._say_absent()
            return
        if self._series and self._series != found.series:
            return  # an arriving series was faster, and stays
        self._series = found.series
        self._slices = {one.sop_uid: one for one in found.slices} | self._slices
        self._restack()

    def _say_absent(self) -> None:
        waiting = self.tr("Waiting for the first image…")
        absent = self.tr("Not here yet. Double-click to fetch.")
        self.cleared.emit(self._caption, waiting if self._expected else absent)

    def _restack(self) -> None:
        current = self._stack.places[self._place] if self._stack.places else None
        self._stack = stacked(self._slices.values())
        wanted = None
        if current is not None:
            wanted = self._stack.find(current.slice.sop_uid, current.frame)
        elif self._subject is not None and self._subject.instance:
            wanted = self._stack.find(self._subject.instance)
            if wanted is None:  # its series is here, itself it is not yet
                self._stack = Stack()
                self._say_absent()
                return
        self._place = wanted or 0
        if current is None:
            self._show()
        else:
            self.placed.emit(self._place, len(self._stack.places))

    def _show(self) -> None:
        """Show what is decoded, wish for the rest: the current one, then ahead, then behind."""
        if self.pool is None:
            return
        places = self._stack.places
        self.placed.emit(self._place, len(places))
        kept = self.pool.store.get(self._request(self._place).key)
        if kept is not None:
            self.shown.emit(kept)
        ahead = [self._place + self._direction * step for step in range(AHEAD + 1)]
        behind = [self._place - self._direction * step for step in range(1, BEHIND + 1)]
        near = [place for place in (*ahead, *behind) if 0 <= place < len(places)]
        self.pool.want(
            [request for place in near if self.pool.store.get((request := self._request(place)).key) is None]
        )

    def _request(self, place: int) -> FrameRequest:
        one = self._stack.places[place]
        return FrameRequest(self._generation, one.slice.path, one.frame)

    @Slot(object)
    def _receive(self, frame: Frame) -> None:
        if frame.request.generation != self._generation or not self._stack.places:
            return
        if frame.request.key == self._request(self._place).key:
            self.shown.emit(frame.content)


def _subject(row: Row | None) -> _Subject | None:
    if row is None or row.level is Level.PATIENT:
        return None
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    assert study is not None
    instance = row.uid if row.level is Level.IMAGE else ""
    return _Subject(study.uid, series.uid if series is not None else "", instance)


def _caption(row: Row | None) -> Caption:
    """Whose picture it will be, before there is one."""
    if row is None:
        return Caption()
    patient: PatientMatch = row.patient
    study = row.above(Level.STUDY)
    about = study.best if study is not None else None
    return Caption(
        patient.name,
        patient.patient_id,
        patient.birth_date,
        about.date if isinstance(about, StudyMatch) else "",
        about.description if isinstance(about, StudyMatch) else "",
    )


def _find(index: Index, subject: _Subject, run: Run) -> _Found | None:
    """The first series of the subject that holds images; else its first series of anything."""
    numbers = [match.series_uid for match in index.series(subject.study)]
    fallback: _Found | None = None
    for series in (one for one in numbers if subject.series in ("", one)):
        run.stop.check()
        rows = index.instances(series, subject.study)
        images = tuple(_indexed(row) for row in rows if is_image(row.sop_class) and row.rows)
        if images and not subject.instance:
            return _Found(series, images)
        fallback = fallback or _Found(series, tuple(_indexed(row) for row in rows))
    return fallback


def _indexed(row: InstanceRow) -> Slice:
    return Slice(
        row.path,
        row.sop_uid,
        row.sop_class,
        row.number,
        row.frames,
        row.rows,
        row.columns,
        row.position,
        row.orientation,
    )


def _arrived(stored: Stored) -> Slice:
    header = stored.header
    assert header is not None
    return Slice(
        stored.path,
        stored.sop_uid,
        stored.sop_class,
        header.number,
        header.frames,
        header.rows,
        header.columns,
        header.position,
        header.orientation,
    )
