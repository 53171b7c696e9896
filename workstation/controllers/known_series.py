"""Collect the series of the row on show: from the index, from what arrives, from samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workstation.controllers.row_pictures import IndexedSeries, Series, Subject, arrived_slice
from workstation.store.sample_cache import Sample
from workstation.store.store_results import Duplicate, Stored


class KnownSeries:
    """Series by Series Instance UID, as far as they are known."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Series] = {}

    def __iter__(self) -> Iterator[Series]:
        return iter(self._by_uid.values())

    def __len__(self) -> int:
        return len(self._by_uid)

    def get(self, uid: str) -> Series | None:
        """Return the series of a UID; None: it is not known."""
        return self._by_uid.get(uid)

    def clear(self) -> None:
        """Forget all."""
        self._by_uid = {}

    @property
    def here(self) -> frozenset[str]:
        """Series Instance UIDs of those of which something is here."""
        return frozenset(series.uid for series in self if series.slices)

    def first(self, last_seen: str) -> Series | None:
        """Return what to show first: the series that was ``last_seen``, else one that holds images."""
        shown = [one for one in self if one.slices or one.has_sample]
        shown.sort(key=lambda one: (one.uid != last_seen, not one.has_images))
        return next(iter(shown), None)

    def add_found(self, batch: Iterable[IndexedSeries]) -> list[Series]:
        """Add what an index holds; return the series of it, in their order."""
        changed = set()
        for found in batch:
            series = self._of(found.uid)
            series.number, series.modality = found.number, found.modality
            series.description = found.description
            series.add(found.slices)
            changed.add(series.uid)
        return self._ordered(changed)

    def add_arrived(self, batch: Iterable[Stored], subject: Subject) -> list[Series]:
        """Add the objects of the subject that arrived; return the series that have more slices now."""
        changed = set()
        for stored in batch:
            header = stored.header
            if header is None or not subject.covers(stored):
                continue
            series = self._of(stored.series_uid)
            if not series.slices:
                series.number, series.modality = header.series_number, header.modality
                series.description = header.series_description
            new = stored.duplicate is Duplicate.CONFLICT or stored.sop_uid not in series.by_uid
            if new and series.add([arrived_slice(stored)]):
                changed.add(series.uid)
        return self._ordered(changed)

    def add_samples(self, samples: Iterable[Sample], subject: Subject) -> list[Series]:
        """Add samples of the subject, or why there are none; return the series that changed, in their order.

        One batch may announce several series and hold the first of their images: which comes first is told
        by the order of the series, not by that of the batch.
        """
        changed = set()
        for sample in samples:
            match, stored = sample.series, sample.stored
            if subject.study != match.study_uid or subject.series not in ("", match.series_uid):
                continue
            if subject.instance and (stored is None or stored.sop_uid != subject.instance):
                continue  # the row is another image
            series = self._of(match.series_uid)
            if series.slices or series.sample == sample:
                continue
            series.sample = sample
            series.number, series.modality = match.number, match.modality
            series.description = match.description
            changed.add(series.uid)
        return self._ordered(changed)

    def _ordered(self, uids: set[str]) -> list[Series]:
        """The series of these UIDs, each once, in the order in which they became known."""
        return [series for series in self if series.uid in uids]

    def _of(self, uid: str) -> Series:
        return self._by_uid.setdefault(uid, Series(uid=uid))
