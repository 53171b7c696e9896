"""The picture of the current row, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.controllers.pictures import (
    Found,
    Series,
    Subject,
    arrived_slice,
    caption_of,
    find_series,
    subject_of,
)
from workstation.imaging.cine import Timing
from workstation.imaging.near import nearest
from workstation.imaging.picture import Caption, Card, Picture
from workstation.imaging.pool import DecodePool, Frame, FrameRequest
from workstation.imaging.stack import Stack
from workstation.imaging.store import Key
from workstation.jobs.job import Job
from workstation.jobs.lanes import Lanes, Purpose
from workstation.jobs.run import Ended
from workstation.models.rows import LIBRARY, Row
from workstation.models.series import SeriesModel
from workstation.operations.opened import OPENED, OpenedFiles
from workstation.store.arrivals import Duplicate, Stored
from workstation.store.index import Index

WINDOW = 40
"""Pictures decoded around the current one, if they take no more than half of what the store keeps."""
_FEWEST = 4


class Preview(QObject):
    """Chooses what the canvas shows.

    Signals:
        cleared: Another row is current: a :class:`Caption`, and words to show until a picture is there.
        turned: Another series of it is on show: its Series Instance UID.
        shown: A :class:`Picture` or :class:`Card` of the current row.
        placed: Which picture, counted from 0, of how many.
        late: Whether what is shown is not yet the picture of that place, but one near it.
    """

    cleared = Signal(object, str)
    turned = Signal(str)
    shown = Signal(object)
    placed = Signal(int, int)
    late = Signal(bool)
    _decoded = Signal(object)

    def __init__(self, lanes: Lanes, index: Index, opened: OpenedFiles | None = None) -> None:
        """Pictures are looked up in the library's ``index``, those of opened rows in ``opened``."""
        super().__init__()
        self._lanes = lanes
        self._index = index
        self._opened = opened
        self._origins: frozenset[str] = frozenset()
        self.series = SeriesModel(self)
        self.pool: DecodePool | None = DecodePool(self._decoded.emit)
        self._subject: Subject | None = None
        self._caption = Caption()
        self._expected = False
        self._generation = 0
        self._known: dict[str, Series] = {}
        self._current: Series | None = None
        self._thumbnails: dict[Key, tuple[str, FrameRequest]] = {}
        self._stack = Stack()
        self._places: dict[Key, int] = {}
        self._place = 0
        self._first = 0
        self._shown_key: Key | None = None
        self._direction = 1
        self._looping = False
        self._bytes = 0
        self._timing = Timing()
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

    @property
    def path(self) -> Path | None:
        """The file the current picture is in."""
        return self._stack.places[self._place].slice.path if self._stack.places else None

    @property
    def clip(self) -> tuple[int, int, Timing]:
        """What playing goes through: its first place, how many, how long each is shown.

        The frames of the current instance, if it has several; else the whole stack.
        """
        places = self._stack.places
        if not places:
            return 0, 0, Timing()
        current = places[self._place]
        if current.slice.frames > 1:
            return self._place - current.frame, current.slice.frames, self._timing
        return 0, len(places), Timing()

    def choose(self, row: Row | None) -> None:
        """Show ``row``, or nothing; what was shown goes at once."""
        self._forget_pictures()
        self._known, self._thumbnails = {}, {}
        self.series.clear()
        self._caption = caption_of(row)
        self._expected = False
        self._subject = subject_of(row)
        self._origins = frozenset(row.sources if row is not None else ())
        if self.pool is not None:
            self.pool.want_when_idle([])
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

    def turn_to(self, uid: str) -> None:
        """Show another series of the current row."""
        series = self._known.get(uid)
        if series is not None and series is not self._current:
            self._forget_pictures()
            self.cleared.emit(self._caption, "")
            self._open(series)

    def scroll(self, steps: int) -> None:
        """Go ``steps`` pictures on; what is not decoded yet leaves the old picture until it is."""
        self.go_to(min(max(self._place + steps, 0), len(self._stack.places) - 1))

    def go_to(self, place: int, *, looping: bool = False) -> None:
        """Go to a picture, counted from 0; ``looping``: after the last one of its clip comes the first."""
        self._looping = looping
        if not 0 <= place < len(self._stack.places) or place == self._place:
            return
        self._direction = 1 if place > self._place or looping else -1
        self._place = place
        self._show()

    def arrived(self, lot: Iterable[Stored]) -> None:
        """Objects have come into the library: those of the current row join their series."""
        if self._origins != {OPENED}:
            self._join(lot)

    def opened(self, lot: Iterable[Stored]) -> None:
        """Files were opened: those of the current row join their series."""
        if OPENED in self._origins:
            self._join(lot)

    def _join(self, lot: Iterable[Stored]) -> None:
        """Objects of the current row are shown in their order; the stack does not jump."""
        if self._subject is None:
            return
        changed: dict[str, Series] = {}
        for stored in lot:
            header = stored.header
            if header is None or not self._subject.covers(stored):
                continue
            series = self._known.setdefault(stored.series_uid, Series(stored.series_uid))
            if not series.slices:
                series.number, series.modality = header.series_number, header.modality
                series.description = header.series_description
            new = stored.duplicate is Duplicate.CONFLICT or stored.sop_uid not in series.uids
            if new and series.add([arrived_slice(stored)]):
                changed[series.uid] = series
        self._grown(changed.values())

    def close(self, seconds: float) -> bool:
        """Stop decoding; whether all threads ended in time. Nobody is told anything any more."""
        self.blockSignals(True)
        self.series.blockSignals(True)
        pool, self.pool = self.pool, None
        return pool is None or pool.close(seconds)

    # --- what there is ----------------------------------------------------------------------------------

    def _look_up(self, subject: Subject) -> None:
        self._job = self._lanes.submit(
            LIBRARY, Purpose.SHOW, "look up pictures", partial(find_series, self._indexes(), subject)
        )
        self._job.delivered.connect(partial(self._found, subject))
        self._job.ended.connect(partial(self._looked_up, subject))

    def _indexes(self) -> list[Index]:
        """Where the current row's pictures are; an opened row alone never shows what the library holds."""
        indexes = [] if self._origins == {OPENED} else [self._index]
        if OPENED in self._origins and self._opened is not None and self._opened.index is not None:
            indexes.insert(0, self._opened.index)
        return indexes

    def _found(self, subject: Subject, lot: list[Found]) -> None:
        if subject is not self._subject:
            return
        for found in lot:
            series = self._known.setdefault(found.uid, Series(found.uid))
            series.number, series.modality, series.description = (
                found.number,
                found.modality,
                found.description,
            )
            series.add(found.slices)
        self._grown([self._known[found.uid] for found in lot])

    def _looked_up(self, subject: Subject, ended: Ended) -> None:
        if subject is not self._subject:
            return
        self._job = None
        if self._current is None:
            other = next((one for one in self._known.values() if one.slices), None)
            if other is None:
                self._say_absent()
            else:
                self._open(other)

    def _grown(self, changed: Iterable[Series]) -> None:
        """Series have more slices: list them, and show the first that holds images."""
        for series in changed:
            self.series.put(series.entry())
            if series is self._current:
                self._restack(series)
            elif self._current is None and series.has_images:
                self._open(series)
        self._ask_thumbnails()

    def _say_absent(self) -> None:
        waiting = self.tr("Waiting for the first image…")
        absent = self.tr("Not here yet. Double-click to fetch.")
        self.cleared.emit(self._caption, waiting if self._expected else absent)

    def _open(self, series: Series) -> None:
        self._current = series
        self.series.set_current(series.uid)
        self.turned.emit(series.uid)
        self._restack(series)

    def _forget_pictures(self) -> None:
        self._generation += 1
        self._current, self._stack, self._places = None, Stack(), {}
        self._place, self._shown_key, self._direction = 0, None, 1
        self._bytes, self._timing, self._looping = 0, Timing(), False
        if self.pool is not None:
            self.pool.want([])

    def _restack(self, series: Series) -> None:
        current = self._stack.places[self._place] if self._stack.places else None
        wished = self._subject.instance if self._subject is not None else ""
        self._stack = series.stack(wished)
        wanted = None
        if current is not None:
            wanted = self._stack.find(current.slice.sop_uid, current.frame)
        elif wished:
            wanted = self._stack.find(wished)
            if wanted is None:  # its series is here, itself it is not yet
                self._stack, self._places = Stack(), {}
                if self._job is None:
                    self._say_absent()
                return
        places = self._stack.places
        self._places = {(str(one.slice.path), one.frame): place for place, one in enumerate(places)}
        self._place = wanted or 0
        if current is None:
            self._first = self._place
            self._show()
        else:
            self.placed.emit(self._place, len(self._stack.places))

    # --- decoding ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show what is decoded; wish for the current one, then for what lies near, 3 ahead for 1 behind."""
        if self.pool is None:
            return
        self.placed.emit(self._place, len(self._stack.places))
        kept = self.pool.store.get(self._request(self._place).key)
        if kept is not None:
            self._say(kept, self._place)
        else:
            self.late.emit(self._shown_key is not None)
        self._wish()

    def _wish(self) -> None:
        if self.pool is None:
            return
        store = self.pool.store
        limit = WINDOW if not self._bytes else max(_FEWEST, min(WINDOW, store.limit // 2 // self._bytes))
        first, count, _ = self.clip if self._looping else (0, len(self._stack.places), Timing())
        near = nearest(self._place - first, count, self._direction, limit, loop=self._looping)
        requests = [self._request(first + place) for place in near]
        missing = [one for one in reversed(requests) if store.get(one.key) is None]  # nearest used last
        self.pool.want(missing[::-1])

    def _request(self, place: int) -> FrameRequest:
        one = self._stack.places[place]
        return FrameRequest(self._generation, one.slice.path, one.frame)

    def _ask_thumbnails(self) -> None:
        if self.pool is None or len(self._known) < 2:
            return
        for series in self._known.values():
            if series.wants_thumbnail():
                series.shown_at = len(series.slices)
                places = series.stack().places
                middle = places[len(places) // 2]
                request = FrameRequest(self._generation, middle.slice.path, middle.frame, thumbnail=True)
                self._thumbnails[request.key] = series.uid, request
        self.pool.want_when_idle([request for _, request in self._thumbnails.values()])

    @Slot(object)
    def _receive(self, frame: Frame) -> None:
        if frame.request.thumbnail:
            uid, _ = self._thumbnails.pop(frame.request.key, ("", None))
            if uid and isinstance(frame.content, Picture):
                self.series.set_thumbnail(uid, frame.content.pixels)
            return
        key, place = frame.request.key, self._places.get(frame.request.key)
        if frame.request.generation != self._generation or place is None or key == self._shown_key:
            return
        # where decoding cannot keep up with scrolling, the nearest picture is better than an old one
        shown = self._places.get(self._shown_key) if self._shown_key is not None else None
        near = place == self._first if shown is None else abs(place - self._place) < abs(shown - self._place)
        if near or place == self._place:
            self._say(frame.content, place)

    def _say(self, content: Picture | Card, place: int) -> None:
        self._shown_key = self._request(place).key
        if isinstance(content, Picture):
            self._bytes, self._timing = content.bytes, content.timing
        self.shown.emit(content)
        self.late.emit(place != self._place)
