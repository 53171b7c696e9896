"""Keep of which series an image is still wanted, and why others have none."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workstation.dicom.matches import ImageMatch, SeriesMatch
from workstation.dicom.uids import may_be_asked_for
from workstation.errors import UserMessage
from workstation.imaging.stack import is_image
from workstation.operations.repair import may_be_fetched
from workstation.store.sample_cache import Sample, SampleCache

NO_IMAGES: Final = frozenset(
    (
        "SR",
        "PR",
        "KO",
        "DOC",
        "REG",
        "FID",
        "RTSTRUCT",
        "RTPLAN",
        "RTRECORD",
        "ECG",
        "EPS",
        "HD",
        "RESP",
        "AU",
    )
)
"""Modalities of series that hold no image."""

NO_IMAGE: Final = UserMessage("No image in this series. It comes when it is fetched.")
NOT_ASKED: Final = UserMessage("Its UID cannot be asked for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """Of which series an image is wanted.

    Attributes:
        archive: The archive by its connection values, as the cache keeps images by.
        study: Study Instance UID.
        patient_id: Patient ID as the archive sent it.
        series: The series, if they are known; None: they are asked for.
        only: Series Instance UID of the only one wanted; empty: all.
        first: Series Instance UID of the one wanted first.
        left_out: Series Instance UIDs of which images are here.
        modalities: What the study is known to hold, where ``series`` is None.
    """

    archive: Hashable
    study: str
    patient_id: str
    series: tuple[SeriesMatch, ...] | None = None
    only: str = ""
    first: str = ""
    left_out: frozenset[str] = frozenset()
    modalities: tuple[str, ...] = ()


class SampleState:
    """The series of a request, each handed out to one association at a time; thread-safe.

    Attributes:
        listed: The series are known.
        came: An image has come.
        classes: SOP classes of images that were not asked for, because they were not negotiated.
        refused: Series of which the archive refused to send a single image.
        forbidden: The archive does not do this for us, whatever is asked for.
    """

    def __init__(self, request: SampleRequest, cache: SampleCache, deliver: Callable[[Sample], None]) -> None:
        """No series is known yet."""
        self.request = request
        self.listed = self.came = self.forbidden = False
        self.classes: set[str] = set()
        self.refused: set[str] = set()
        self._cache = cache
        self._deliver = deliver
        self._lock = threading.Lock()
        self._left: dict[str, SeriesMatch] = {}
        self._queue: deque[SeriesMatch] = deque()
        self._why: dict[str, UserMessage] = {}

    def note_series(self, answers: Iterable[SeriesMatch]) -> None:
        """Deliver all series at once, so that none moves when the images come."""
        request = self.request
        wanted = [
            one
            for one in answers
            if request.only in ("", one.series_uid) and one.series_uid not in request.left_out
        ]
        wanted.sort(key=lambda one: (one.series_uid != request.first, one.number is None, one.number or 0))
        self.listed, self._left = True, {one.series_uid: one for one in wanted}
        for one in wanted:
            self._deliver(Sample(archive=request.archive, series=one, total=one.instances))
        for one in wanted:
            known = self._cache.get(request.archive, request.study, one.series_uid, request.patient_id)
            if known is not None:
                self.settle(replace(known, series=one))
            elif one.modality in NO_IMAGES:
                self.end(one, NO_IMAGE)
            elif not may_be_asked_for(one.series_uid):
                self.end(one, NOT_ASKED)

    # --- Those without an answer so far --------------------------------------------------------------

    @property
    def left(self) -> list[SeriesMatch]:
        """They, in their order."""
        with self._lock:
            return list(self._left.values())

    def begin(self) -> None:
        """Hand out each of them from now on."""
        with self._lock:
            self._queue = deque(self._left.values())

    def next(self) -> SeriesMatch | None:
        """The next one; None: there is none."""
        with self._lock:
            return self._queue.popleft() if self._queue else None

    def give_back(self, series: SeriesMatch) -> None:
        """Have it handed out to another association."""
        with self._lock:
            if series.series_uid in self._left:
                self._queue.append(series)

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._queue.clear()

    # --- Answers -------------------------------------------------------------------------------------

    def note_reason(self, series: SeriesMatch, why: UserMessage) -> None:
        """Note why nothing came, unless something does by the other service."""
        with self._lock:
            self._why[series.series_uid] = why

    def keep(self, sample: Sample) -> None:
        """Keep an image in the cache, and deliver it."""
        self.came = True
        self._cache.put(sample)
        self.settle(sample)

    def end(self, series: SeriesMatch, why: UserMessage, total: int | None = None) -> None:
        """Deliver why there is none."""
        count = series.instances if total is None else total
        self.settle(Sample(archive=self.request.archive, series=series, total=count, why=why))

    def settle(self, sample: Sample) -> None:
        """Deliver the last word on a series."""
        with self._lock:
            self._left.pop(sample.series.series_uid, None)
        self._deliver(sample)

    def give_up(self, reason: UserMessage) -> None:
        """Deliver why all that are left have none: what was noted of each, else ``reason``."""
        self.stop()
        for series in self.left:
            self.end(series, self._why.get(series.series_uid, reason))


def middle_image(images: Sequence[ImageMatch]) -> ImageMatch | None:
    """The middle one by Instance Number of those that may be shown and asked for; None: there is none."""
    shown = [
        one
        for one in images
        if may_be_fetched(one.sop_uid, one.series_uid) and (not one.sop_class or is_image(one.sop_class))
    ]
    shown.sort(key=lambda one: (one.number is None, one.number or 0))
    return shown[len(shown) // 2] if shown else None
