"""Put what becomes of local copies into the rows: what arrives, is judged, is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from workstation.dicom.completeness import Completeness, presumed
from workstation.dicom.matches import LIBRARY, SeriesMatch, StudyMatch
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Fill, Row

if TYPE_CHECKING:
    from workstation.operations.local_copy import LocalCopy

_HERE, _ABSENT = presumed(1, [1]), presumed(0, [1])
"""What can be said of one image."""


class Remains(NamedTuple):
    """What the library has of a study after something of it was deleted; ``instances`` by UID."""

    study: str
    instances: frozenset[str]
    series: Sequence[SeriesMatch]


class LocalCopyUpdates:
    """Keeps the rows of a :class:`~workstation.models.result_tree.ResultTree` true to the library."""

    def __init__(self, tree: ResultTree) -> None:
        self._tree, self._changes = tree, tree.changes

    def arrived(self, study_uid: str, series_uid: str, sop_uids: Iterable[str]) -> None:
        """Note that instances of a study are in the library now."""
        uids = set(sop_uids)
        for study in self._tree.studies(study_uid):
            study.fetched |= uids
            self._changed(study)
            for series in study.entities:
                if series.uid == series_uid:
                    series.fetched |= uids
                    self._changes.changed(series)
                    for image in series.entities:
                        if image.uid in uids:
                            image.fetched |= {image.uid}
                            self._changes.changed(image)

    def completed(self, study_uid: str, series_uids: Iterable[str], source: str, state: Completeness) -> None:
        """Note how complete a transfer from ``source`` found a study, or these series of it."""
        wanted = set(series_uids)
        for study in self._tree.studies(study_uid):
            rows = [one for one in study.entities if one.uid in wanted] if wanted else [study]
            for row in rows:
                if _judge(row, state, row.asked | {source}):
                    self._changes.changed(row)
            if study.parent is not None:
                self._changes.changed(study.parent)

    def judged(self, copy: LocalCopy) -> None:
        """Note how complete the local copy of a study was found."""
        indexed = {match.series_uid: match for match in copy.indexed}
        here = copy.uids
        for study in self._tree.studies(copy.study):
            if LIBRARY in study.matches and study.fill is Fill.FULL:
                listed = {series.uid for series in study.entities}
                new = [match for uid, match in indexed.items() if uid not in listed]
                self._tree.add_children(self._tree.generation, study.number, new)
            changed = _judge(study, copy.whole, copy.asked)
            match = study.matches.get(LIBRARY)
            if isinstance(match, StudyMatch) and here:
                study.matches[LIBRARY] = replace(match, series=len(indexed), instances=len(here))
            for series in study.entities:
                changed = self._judge_series(series, copy, indexed.get(series.uid), here) or changed
            if changed or study.matches.get(LIBRARY) != match:
                self._changed(study)

    def _judge_series(
        self, series: Row, copy: LocalCopy, indexed: SeriesMatch | None, here: frozenset[str]
    ) -> bool:
        changed = _judge(series, copy.series.get(series.uid, Completeness()), copy.asked)
        if indexed is not None and series.matches.get(LIBRARY) != indexed:
            series.matches[LIBRARY] = indexed
            changed = True
        moved: list[Row] = []
        for image in series.entities:
            state = _HERE if image.uid in here else _ABSENT
            if image.known is state and not image.fetched:
                continue  # there may be a hundred thousand
            before = image.held
            image.known, image.asked, image.fetched = state, copy.asked, frozenset()
            image.text = ""
            if before != state.here:
                moved.append(image)
        if moved:
            self._changes.rows_changed(moved[0], moved[-1])
        if changed:
            self._changes.changed(series)
        return changed

    def removed(self, batch: Iterable[Remains]) -> None:
        """Note that the local copies of studies, or parts of them, were deleted."""
        found = [(study, remains) for remains in batch for study in self._tree.studies(remains.study)]
        with self._changes.moving(study.top for study, _ in found):
            for study, remains in found:
                self._reduce(study, remains)

    def _reduce(self, study: Row, remains: Remains) -> None:
        left, counted = remains.instances, {match.series_uid: match for match in remains.series}
        below = study.entities
        rows = [*(image for one in below for image in one.entities), *below, study]
        for row in rows:
            here = row.uid in counted or row.uid in left or (row is study and bool(left))
            _reduce_row(row, left, counted, here=here)
        self._changes.order_changed(study)
        self._tree.store.remove(*(row for row in rows if not row.matches))

    def _changed(self, study: Row) -> None:
        self._changes.changed(study)
        if study.parent is not None:
            self._changes.changed(study.parent)


def _reduce_row(row: Row, left: frozenset[str], counted: dict[str, SeriesMatch], *, here: bool) -> None:
    """Keep what the library still has of a row, if anything."""
    row.known = None
    row.fetched &= left
    match = row.matches.get(LIBRARY)
    if not here:
        row.matches.pop(LIBRARY, None)
    elif isinstance(match, StudyMatch):
        row.matches[LIBRARY] = replace(match, series=len(counted), instances=len(left))
    elif isinstance(match, SeriesMatch):
        row.matches[LIBRARY] = counted[row.uid]


def _judge(row: Row, state: Completeness, asked: frozenset[str]) -> bool:
    """Note how complete a row was found; whether it looks different now."""
    before = row.state, row.instances
    row.known, row.asked, row.fetched = state, asked, frozenset()
    return before != (row.state, row.instances)
