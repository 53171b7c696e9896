"""Put what sources answer to a search into rows: patients, studies, series and images, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from workstation.dicom.criteria import Criteria
from workstation.dicom.identity_claim import IdentityClaim, claim_of
from workstation.dicom.levels import Level
from workstation.dicom.matches import (
    LIBRARY,
    ImageMatch,
    Match,
    PatientMatch,
    SeriesMatch,
    StudyMatch,
    uid_of,
)
from workstation.models.columns import number_key
from workstation.models.deferred_free import DeferredFree
from workstation.models.name_charsets import M, NameCharsets
from workstation.models.patient_merging import PatientMerging
from workstation.models.row_recounts import RowCounts
from workstation.models.row_store import RowStore
from workstation.models.rows import Below, Fill, Row, in_order
from workstation.models.tree_observer import TreeChanges

_FEW = 1000
"""So many rows below one are put in order with each batch that comes."""
_SHARE = 8
"""Beyond that, once a part of this size of them is new."""


class ResultTree:
    """The rows of one search, without Qt. Answers come in batches; late ones of an old search are dropped.

    Attributes:
        generation: The number of the search.
        criteria: What was searched for.
        store: The rows.
        merging: Which patients are one.
        changes: Announces what changes.
        freeing: What is left of earlier searches, to be freed a slice at a time.
        counts: What archives counted before, and count now.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.criteria = Criteria()
        self.store = RowStore()
        self.changes = TreeChanges(self.store.layout)
        self.freeing = DeferredFree()
        self.counts = RowCounts(self.changes)
        self._names = NameCharsets()
        self.merging = PatientMerging(self.store, self.changes, self._names)
        self._clear()

    def _clear(self) -> None:
        self.store.clear()
        self.merging.clear()
        self.counts.forget_current()
        self._sources: dict[str, None] = {}
        self._order: dict[str, int] = {}
        self._unread: set[str] = set()  # sources whose texts are to be read anew
        self._unwritten = False  # names are to be written anew
        self._unshown: dict[int, int] = {}  # by number of a row, how many new ones below are not shown yet

    def begin(self, order: Sequence[str] = (), criteria: Criteria | None = None) -> int:
        """Remove all rows for a new search and return its generation.

        Args:
            order: Of the sources: what the first one tells is shown, and fetched from it.
            criteria: What is searched for.
        """
        with self.changes.resetting():
            self.criteria = criteria or Criteria()
            self.freeing.take(*self.merging.identity.containers, *self.store.containers)
            self._clear()
            self._order = {source: position for position, source in enumerate(order)}
            self.generation += 1
        self.changes.work_left()
        return self.generation

    # --- Asking -----------------------------------------------------------------------------------------

    def find(self, number: int) -> Row | None:
        """The row of a number, unless a new search has removed it."""
        return self.store.rows.get(number)

    def studies(self, uid: str) -> list[Row]:
        """The rows of a study; more than one where sources tell of two patients."""
        return self.store.studies(uid)

    @property
    def patient_count(self) -> int:
        """How many patients are listed, those apart left out."""
        return self.store.patient_count

    @property
    def study_count(self) -> int:
        """How many studies are listed, those apart left out."""
        return self.store.study_count

    @property
    def answering(self) -> list[str]:
        """The archives that answered anything."""
        return list(self._sources)

    # --- Answers ----------------------------------------------------------------------------------------

    def add_studies(
        self, generation: int, matches: Iterable[StudyMatch], line: Row | None = None
    ) -> list[Row]:
        """Add what a source answered to the search of ``generation``; with a ``line``, apart and below it.

        Returns:
            A row for each match; none if the generation is an earlier one.
        """
        apart = line is not None
        claimed = [(match, claim_of(match.patient, match.study_uid, apart=apart)) for match in matches]
        if generation != self.generation or not claimed:
            return []
        for match, claim in claimed:
            self.merging.identity.note(claim, match.study_uid)
        with self.changes.moving() as touched:
            self.merging.settle(touched)
            rows = [
                self._add_study(self._names.read(match), claim, touched, line) for match, claim in claimed
            ]
            self.merging.mark_doubts(touched)
        return rows

    def _add_study(
        self, match: StudyMatch, claim: IdentityClaim, touched: dict[int, Row], line: Row | None
    ) -> Row:
        patient = self.merging.patient_row(claim, match.patient, touched, line=line)
        if match.source not in patient.matches:
            self._take(patient, match.source, match.patient)
        study = self.store.study_of(match.study_uid, patient)
        study = study or self.store.add_child(match, patient)
        self._learn(study, match)
        return study

    def add_patients(
        self, generation: int, matches: Iterable[PatientMatch], line: Row | None = None
    ) -> list[Row]:
        """Add what a source answered to a search for patients, whose studies are asked for when opened.

        Returns:
            A row for each match, as :meth:`add_studies`.
        """
        claimed = [(match, claim_of(match, "", apart=line is not None)) for match in matches]
        if generation != self.generation or not claimed:
            return []
        for match, claim in claimed:
            if match.patient_id:
                self.merging.identity.note(claim, "")
        rows: list[Row] = []
        with self.changes.moving() as touched:
            self.merging.settle(touched)
            for match, claim in claimed:
                row = self.merging.patient_row(claim, match, touched, Fill.EMPTY, line)
                row.searched = True
                before = row.matches.get(match.source)
                if isinstance(before, PatientMatch) and before.domain != match.domain:
                    match = replace(match, studies=None, series=None, instances=None)  # each tells of its own
                self._learn(row, self._names.read(match))
                rows.append(row)
            self.merging.mark_doubts(touched)
        return rows

    def add_below_patient(self, generation: int, number: int, matches: Sequence[StudyMatch]) -> int:
        """Add the studies a source answered for one patient; how many are of another one, and left out."""
        patient = self.find(number)
        if generation != self.generation or patient is None:
            return 0
        known = [
            self.merging.claim(match, "")
            for match in patient.matches.values()
            if isinstance(match, PatientMatch)
        ]
        own = [match for match in matches if _is_of(match, patient.uid, known)]
        if not patient.uid:  # an empty Patient ID tells nothing: these are of whoever they were asked for
            for match in own:
                claim = claim_of(match.patient, match.study_uid, apart=patient.apart)
                self.merging.identity.presume(claim, patient)
        self.add_studies(generation, own, patient.parent)
        return len(matches) - len(own)

    def add_children(self, generation: int, number: int, matches: Iterable[SeriesMatch | ImageMatch]) -> None:
        """Add series to a study, or images to a series, merging what several sources answer.

        Late answers of a source that turned out to tell of another patient are left out.
        """
        parent = self.find(number)
        if generation != self.generation or parent is None:
            return
        known = self.store.children_by_uid(parent)
        for received in matches:
            if self._is_of_another(parent, received.source):
                continue
            match = self._names.read(received)
            uid = uid_of(match)
            if uid not in known:
                known[uid] = self._add_child(match, parent)
                self._unshown[parent.number] = self._unshown.get(parent.number, 0) + 1
            self._learn(known[uid], match)
        if len(parent.children) < _FEW or _SHARE * self._unshown.get(parent.number, 0) >= len(known):
            self._show_new(parent)
        else:
            self.changes.work_left()

    def _is_of_another(self, row: Row, source: str) -> bool:
        """Whether a source told of the study of a row, but as one of another patient."""
        study = row.above(Level.STUDY)
        if study is None or source in study.matches:
            return False
        return any(source in other.matches for other in self.studies(study.uid))

    def _add_child(self, match: SeriesMatch | ImageMatch, parent: Row) -> Row:
        row = self.store.add_child(match, parent)
        row.fill = Fill.FULL if row.level is Level.IMAGE else Fill.EMPTY
        row.order = number_key(row)
        self.freeing.grow()
        return row

    @property
    def has_unshown(self) -> bool:
        """Whether rows have come that are not shown until :meth:`show_late`."""
        return bool(self._unshown)

    def show_late(self) -> None:
        """Show all rows that have come, though few of many."""
        found = (self.find(number) for number in list(self._unshown))
        self._show_new(*(parent for parent in found if parent is not None))
        self._unshown.clear()

    def _show_new(self, *parents: Row) -> None:
        """Put the rows that came below these in their order, and show them."""
        with self.changes.moving(parent.top for parent in parents):
            for parent in parents:
                self._unshown.pop(parent.number, None)
                parent.children.sort(key=in_order)

    def _learn(self, row: Row, match: Match) -> None:
        self._take(row, match.source, match)
        if match.source != LIBRARY:
            self._sources[match.source] = None
            self.counts.note(row, match.source)
        self.changes.order_changed(row)

    def _take(self, row: Row, source: str, match: Match) -> None:
        """Keep what a source answered, in the order of the sources and not of their answers."""
        row.matches[source] = match
        if len(row.matches) > 1:
            last = len(self._order)
            in_order_of_sources = sorted(row.matches.items(), key=lambda one: self._order.get(one[0], last))
            row.matches = dict(in_order_of_sources)

    # --- What is known of the level below ---------------------------------------------------------------

    def begin_filling(self, row: Row) -> bool:
        """Note that the children of a row are asked for now; False if they were already."""
        asked_before = row.fill is not Fill.EMPTY and (row.fill is not Fill.FAILED or bool(row.children))
        if row.is_line or asked_before:
            return False
        row.fill = Fill.PENDING
        self.changes.changed(row)
        return True

    def filled(self, generation: int, number: int, *, complete: bool, error: str = "") -> None:
        """Note that all sources have answered about the children of a row, or could not.

        ``error`` says why one could not; it stands below the row until it is asked again.
        """
        row = self.find(number)
        if generation != self.generation or row is None:
            return
        row.fill = Fill.FULL if complete or row.entities else Fill.FAILED
        self.store.forget_children(row)
        if row.number in self._unshown:
            self._show_new(row)
        if error and row.level.below is not None:
            with self.changes.moving([row.top]):
                self.store.add_message(row, row.level.below, error)
        self.changes.changed(row)
        if complete and not error and row.children and all(series.modalities for series in row.entities):
            self.changes.modalities_known(row)

    def forget_errors(self, number: int) -> bool:
        """Let the children of a row be asked for again, if a source could not answer; whether that was so."""
        row = self.find(number)
        if row is None:
            return False
        messages = [child for child in row.children if child.error]
        if not messages and row.fill is not Fill.FAILED:
            return False
        with self.changes.moving([row.top]):
            for message in messages:
                self.store.remove(message)
            row.fill = Fill.EMPTY
        return True

    def counted(self, generation: int, number: int, below: Below, source: str = "") -> None:
        """Note the counts that a source, or all that answered, gave at the level below of a row."""
        row = self.find(number)
        if generation != self.generation or row is None or self._is_of_another(row, source):
            return
        counting = [source] if source else row.archives
        row.counted = {**row.counted, **dict.fromkeys(counting, below)}
        for one in counting:
            self.counts.note(row, one)
        self.changes.changed(row)
        if row.parent is not None:
            self.changes.changed(row.parent)
        if below.every_series:
            self.changes.modalities_known(row)

    # --- Names ------------------------------------------------------------------------------------------

    def as_received(self, match: StudyMatch) -> StudyMatch:
        """An answer as the source gave it, whatever character set its texts are shown by."""
        texts: dict[str, Any] = {raw.field: raw.received for raw in match.raw_texts}
        return replace(match, patient=self._names.as_received(match.patient), **texts)

    def as_shown(self, match: M) -> M:
        """The same answer with its texts as the rows show them."""
        return self._names.read(match)

    def charset_of(self, source: str) -> str:
        """The character set chosen for a source; empty: none."""
        return self._names.chosen.get(source, "")

    def show_names(self, source: str, charset: str) -> None:
        """Read the texts a source sent by ``charset`` (empty: as they were received), now and later."""
        if charset == self.charset_of(source):
            return
        self._names.choose(source, charset)
        self._unread.add(source)
        self.changes.names_changed()

    def write_names(self) -> None:
        """Write all names anew: the user chose another style (:mod:`workstation.models.shown_names`)."""
        self._unwritten = True
        self.changes.names_changed()

    def read_names(self, patient: Row) -> None:
        """Read the texts of a patient anew, where a character set was chosen since."""
        if not self._unread and not self._unwritten:
            return
        for row in _with_texts(patient):
            for source in self._unread & row.matches.keys():
                row.matches[source] = self._names.read(row.matches[source])
            self.changes.order_changed(row)

    def names_read(self) -> None:
        """Note that the names of all patients were read anew."""
        self._unread.clear()
        self._unwritten = False


def _with_texts(row: Row) -> Iterator[Row]:
    """Yield a row and all below it, without images, which have no texts."""
    yield row
    if row.level is not Level.SERIES:
        for child in row.entities:
            yield from _with_texts(child)


def _is_of(match: StudyMatch, patient_id: str, known: list[IdentityClaim]) -> bool:
    """Whether a study may be of the patient with this ID, of whom this is known."""
    claim = claim_of(match.patient, "")
    return match.patient.patient_id == patient_id and all(map(claim.fits, known))
