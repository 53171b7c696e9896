"""Chooses the picture to show: one of the current row, and of nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.controllers.absence import Absence
from workstation.controllers.known_series import KnownSeries
from workstation.controllers.row_pictures import (
    IndexedSeries,
    Series,
    Subject,
    caption_of,
    sample_words,
    study_of,
    subject_of,
)
from workstation.controllers.scrolling import Scrolling
from workstation.controllers.series_lookup import SeriesLookup
from workstation.controllers.thumbnails import Thumbnails
from workstation.controllers.viewed_places import ViewedPlaces
from workstation.dicom.levels import Level
from workstation.dicom.matches import OPENED
from workstation.imaging.cine import Timing
from workstation.imaging.decoding import Decoding
from workstation.imaging.picture import Caption, Card, Picture
from workstation.imaging.pool import DecodePool, Frame
from workstation.imaging.stack import Slice, Stack
from workstation.jobs.lanes import Lanes
from workstation.jobs.mailbox import Mailbox
from workstation.jobs.run import Ended
from workstation.models.completeness import missing_words
from workstation.models.rows import Row
from workstation.models.series_model import SeriesModel
from workstation.operations.opened_files import OpenedFiles
from workstation.store.index import Index
from workstation.store.sample_cache import Sample
from workstation.store.store_results import Stored


class Preview(QObject):
    """Chooses what the canvas shows.

    Signals:
        cleared: Another row is current: a :class:`Caption`, and words to show until a picture is there.
        turned: Another series of it is on show: its Series Instance UID.
        shown: A :class:`Picture` or :class:`Card` of the current row.
        placed: Which picture, counted from 0, of how many.
        late: Whether what is shown is not yet the picture at that position, but one near it.
        remarked: That not all images of the study are here, in words; empty: they are.
    """

    cleared = Signal(object, str)
    turned = Signal(str)
    shown = Signal(object)
    placed = Signal(int, int)
    late = Signal(bool)
    remarked = Signal(str)
    _rung = Signal()

    def __init__(
        self,
        lanes: Lanes,
        index: Index,
        opened: OpenedFiles | None = None,
        decoding: Decoding | None = None,
    ) -> None:
        """Pictures are looked up in the library's ``index``, those of opened rows in ``opened``.

        ``decoding`` is closed with the preview; None: it has its own.
        """
        super().__init__()
        self._origins: frozenset[str] = frozenset()
        self.series = SeriesModel(self)
        self.decoding = decoding or Decoding()
        self._decoded = Mailbox[Frame](self._rung.emit)
        self.pool: DecodePool | None = DecodePool(self._decoded.put, self.decoding)
        self._scrolling = scrolling = Scrolling(self.pool)
        scrolling.shown.connect(self._show)
        scrolling.placed.connect(self._place)
        scrolling.late.connect(self.late)
        scrolling.longer.connect(self._lengthen)
        self._subject: Subject | None = None
        self._caption = Caption()
        self._row: Row | None = None
        self._study: Row | None = None
        self._remark = ""
        self._absence = Absence()
        self._shows_sample = False
        self._known = KnownSeries()
        self._current: Series | None = None
        self._thumbnails = Thumbnails(self.series)
        self._lookup = SeriesLookup(lanes, index, opened, found=self._found, ended=self._looked_up)
        self._viewed = ViewedPlaces()
        self._rung.connect(self._receive_decoded, Qt.ConnectionType.QueuedConnection)

    @property
    def position(self) -> int:
        """Which picture of the stack is current, counted from 0."""
        return self._scrolling.position

    @property
    def series_uid(self) -> str:
        """Series Instance UID of what is shown; empty if nothing is."""
        return self._current.uid if self._current is not None else ""

    @property
    def study_uid(self) -> str:
        """Study Instance UID of what is shown, or waited for; empty if nothing is."""
        return self._subject.study if self._subject is not None else ""

    @property
    def stack(self) -> Stack:
        """The pictures that are scrolled through."""
        return self._scrolling.stack

    @property
    def path(self) -> Path | None:
        """The file the current picture is in."""
        return self._scrolling.path

    @property
    def clip(self) -> tuple[int, int, Timing]:
        """What playing goes through: the first position, how many, how long each is shown."""
        return self._scrolling.clip

    def choose(self, row: Row | None, *, anew: bool = False) -> None:
        """Show ``row``, or nothing.

        A picture of it that is on show stays, unless all is to be shown ``anew``; any other goes at once.
        """
        if not anew and row is not None and self._stays(row):
            return
        self._forget_pictures()
        self._known.clear()
        self._thumbnails.forget(self.pool)
        self.series.clear()
        self._row, self._caption, self._absence = row, caption_of(row), Absence.of(row)
        before, self._subject = self._subject, subject_of(row)
        same = before is not None and self._subject is not None and before.study == self._subject.study
        if self.pool is not None and not same:
            self.pool.leave()
        self._origins = frozenset(row.sources if row is not None else ())
        self._lookup.drop()
        self.cleared.emit(self._caption, self._words_at_first())
        self._study = row.above(Level.STUDY) if row is not None else None
        self.update_remark()
        if self._subject is not None:
            self._lookup.start(self._subject, self._origins)

    def _words_at_first(self) -> str:
        return "" if self._subject is not None else self.tr("Choose a study")

    def read_names(self) -> None:
        """Read the caption anew: another character set was chosen. A picture on show has that of its file."""
        caption = caption_of(self._row)
        if caption == self._caption or caption.patient_id != self._caption.patient_id:
            return
        self._caption = caption
        if self._subject is None or self._lookup.running:
            self.cleared.emit(caption, self._words_at_first())
        elif not self.stack.positions:
            self._show_absent()

    def _stays(self, row: Row) -> bool:
        """Follow ``row`` without removing the picture on show, which must be one of it; whether it is."""
        subject, shown = self._subject, self._current
        study = study_of(row, subject.study) if subject is not None else None
        if subject is None or shown is None or study is None or self._shows_sample:
            return False
        if not self.stack.positions or not self._is_of_patient(study):
            return False
        wanted = subject_of(row) or subject
        if wanted.series not in ("", shown.uid):
            return False
        place = self.stack.find(wanted.instance) if wanted.instance else self.position
        if place is None:
            return False
        self._row, self._study = row, study
        self._caption, self._absence = caption_of(study), Absence.of(study)
        if subject.series and row.level is not Level.PATIENT:
            self._subject = wanted
            if not wanted.series:
                self._lookup.start(wanted, self._origins)  # its other series
        self.go_to(place)
        self.update_remark()
        return True

    def _is_of_patient(self, study: Row) -> bool:
        """Whether a row of the study on show tells of the same patient, and of files from the same place."""
        before, now = self._caption, caption_of(study)
        same = (before.name, before.patient_id, before.birth_date) == (
            now.name,
            now.patient_id,
            now.birth_date,
        )
        return same and (set(study.sources) == {OPENED}) == (self._origins == {OPENED})

    def update_remark(self) -> None:
        """Emit how much of what is shown is missing, if that has changed."""
        remark = missing_words(self._study.state) if self._study is not None else ""
        if self._shows_sample and self._current is not None and self._current.sample is not None:
            remark = sample_words(self._current.sample)
        if remark != self._remark:
            self._remark = remark
            self.remarked.emit(remark)

    def expect(self) -> None:
        """Show that the current row is being fetched, until its first picture is here."""
        self._absence.expected = True
        if self._subject is not None and not self._lookup.running and not self.stack.positions:
            self._show_absent()

    @property
    def series_here(self) -> frozenset[str]:
        """Series Instance UIDs of the current row of which something is here, as far as is known."""
        return self._known.here

    def ask(self, *, asking: bool, why: str = "") -> None:
        """Show whether an archive is being asked for one image of each series, or ``why`` it gave none."""
        self._absence.asking, self._absence.unanswered = asking, why
        if self._subject is not None and not self._lookup.running and self._current is None:
            self._show_absent()

    def show_samples(self, samples: Iterable[Sample]) -> None:
        """Show one image of each series of the current row that is not fetched, or why there is none."""
        if self._subject is not None:
            self._grown(self._known.add_samples(samples, self._subject))

    def turn_to(self, uid: str) -> None:
        """Show another series of the current row."""
        series = self._known.get(uid)
        if series is not None and series is not self._current:
            self._forget_pictures()
            self.cleared.emit(self._caption, "")
            self._open(series)

    def try_again(self) -> None:
        """Decode the current picture again, although that ended the decoding process before."""
        self._scrolling.repeat()

    def scroll(self, steps: int) -> None:
        """Go ``steps`` pictures forward, at most to the first or the last one."""
        self.go_to(min(max(self.position + steps, 0), len(self.stack.positions) - 1))

    def go_to(self, position: int, *, looping: bool = False) -> None:
        """See :meth:`Scrolling.go_to`."""
        self._scrolling.go_to(position, looping=looping)

    def arrived(self, batch: Iterable[Stored]) -> None:
        """Add objects that came into the library to the series of the current row."""
        batch = list(batch)
        self._scrolling.renew({stored.path for stored in batch})
        if self._origins != {OPENED}:
            self._join(batch)

    def keep(self, megabytes: int) -> None:
        """Keep so much of the decoded frames of studies that are no longer shown."""
        if self.pool is not None:
            self.pool.kept = megabytes * 1024 * 1024

    def deleted(self, *folders: str) -> None:
        """Drop the frames of files in these folders of studies: they were deleted."""
        if self.pool is not None:
            self.pool.drop(*map(Path, folders))

    def opened(self, batch: Iterable[Stored]) -> None:
        """Add opened files to the series of the current row."""
        if OPENED in self._origins:
            self._join(batch)

    def _join(self, batch: Iterable[Stored]) -> None:
        """Add the objects of the current row at their positions; the current picture stays."""
        if self._subject is not None:
            self._grown(self._known.add_arrived(batch, self._subject))

    def close(self, seconds: float) -> bool:
        """Stop decoding and emit nothing more; whether all threads ended in time."""
        self.blockSignals(True)
        self.series.blockSignals(True)
        self._scrolling.close()
        pool, self.pool = self.pool, None
        return pool is None or pool.close(seconds)

    def _show(self, content: Picture | Card) -> None:
        """Emit it; a card without a caption of its own gets that of the row."""
        if isinstance(content, Card) and content.caption == Caption():
            content = replace(content, caption=self._caption)
        self.shown.emit(content)

    def _lengthen(self, one: Slice, frames: int) -> None:
        """Add the frames of a picture that its header does not count."""
        if self._current is not None and self._current.lengthen(one, frames):
            self.series.put(self._current.entry())
            self._restack(self._current)

    # --- what there is ----------------------------------------------------------------------------------

    def _found(self, batch: list[IndexedSeries]) -> None:
        self._grown(self._known.add_found(batch))

    def _looked_up(self, ended: Ended) -> None:
        if self._current is None:
            other = self._known.first(self._last_seen)
            if other is None:
                self._show_absent()
            else:
                self._open(other)

    def _grown(self, changed: Collection[Series]) -> None:
        """List series that have more slices, and show the first one that holds images."""
        if self.pool is not None:
            self.pool.hold(path for series in changed for path in series.slices)
        for series in changed:
            self.series.put(series.entry())
            if series is self._current and self._shows_sample:
                self._show_anew(series)
            elif series is self._current:
                self._restack(series)
            elif (
                self._current is None
                and series.has_images
                and not (
                    series.has_sample and self._lookup.running  # it may be here
                )
                and not self._awaits_another(series)
            ):
                self._open(series)
        self._thumbnails.ask(self._known, self.pool)

    def _awaits_another(self, series: Series) -> bool:
        """Whether another series was looked at last, which the lookup may still find."""
        return self._lookup.running and self._last_seen not in ("", series.uid)

    @property
    def _last_seen(self) -> str:
        """The series of the study that was looked at last; empty: none was."""
        return self._viewed.series(self._subject.study) if self._subject is not None else ""

    def _show_absent(self) -> None:
        self.cleared.emit(self._caption, self._absence.words(self._known))

    def _open(self, series: Series) -> None:
        self._current = series
        self._shows_sample = series.sample is not None
        self.series.set_current(series.uid)
        self.turned.emit(series.uid)
        self._restack(series)
        self.update_remark()

    def _show_anew(self, series: Series) -> None:
        """Show what has come of a series instead of its sample, or of the words in its place."""
        self._forget_pictures()
        self.cleared.emit(self._caption, "")
        self._open(series)

    def _forget_pictures(self) -> None:
        picture = None if self._shows_sample else self._scrolling.key
        if self._current is not None and self._subject is not None and picture is not None:
            self._viewed.keep(self._subject.study, self._current.uid, picture)
        self._current, self._shows_sample = None, False
        self._scrolling.forget()

    def _place(self, position: int, count: int) -> None:
        """Emit the place in the series; a sample has none: the series is not known."""
        if not self._shows_sample:
            self.placed.emit(position, count)

    def _restack(self, series: Series) -> None:
        if series.sample is not None:
            if series.sample.stored is None:
                self.cleared.emit(self._caption, sample_words(series.sample))
            self._scrolling.restack(series.stack())
            return
        first = self._subject.instance if self._subject is not None else ""
        last_seen = self._viewed.picture(series.uid)
        here = self._scrolling.restack(series.stack(first), first, last_seen)
        if not here and not self._lookup.running:
            self._show_absent()  # its series is here, itself it is not yet

    @Slot()
    def _receive_decoded(self) -> None:
        for frame in self._decoded.take():
            if frame.request.thumbnail:
                self._thumbnails.receive(frame, self._known)
            else:
                self._scrolling.receive(frame)
