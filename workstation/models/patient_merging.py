"""Move studies below the patient they belong to, as answers tell who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workstation.dicom.identity_claim import IdentityClaim, claim_of
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.name_charsets import NameCharsets
from workstation.models.patient_identity import Patients
from workstation.models.row_store import RowStore
from workstation.models.rows import Fill, Row, in_order
from workstation.models.tree_observer import TreeChanges


class PatientMerging:
    """Puts each study below the patient it belongs to by what is known now; nothing known of it is lost.

    Attributes:
        identity: Which claims are about one patient.
    """

    def __init__(self, store: RowStore, changes: TreeChanges, names: NameCharsets) -> None:
        self._store, self._changes, self._names = store, changes, names
        self._pushes = True
        self.clear()

    def clear(self) -> None:
        """Forget all patients."""
        self.identity = Patients(pushes=self._pushes)

    def join_pushes(self, join: bool) -> None:
        """Set whether the same person pushed by two modalities is one row; in what is shown only."""
        if join != self._pushes:
            self._pushes = join
            self.identity.join_pushes(join)
            with self._changes.moving() as touched:
                self.settle(touched)
                self.mark_doubts(touched)

    def claim(self, patient: PatientMatch, study_uid: str, *, apart: bool = False) -> IdentityClaim:
        """Return who an answer says it is about, whatever character set its name is shown by."""
        return claim_of(self._names.as_received(patient), study_uid, apart=apart)

    def settle(self, touched: dict[int, Row]) -> None:
        """Move studies and answers to the patients that the identity finds now; note these in ``touched``."""
        for old, claim in self.identity.settle().values():
            touched[old.number] = old
            for study in old.entities:
                self._divide(study, old, touched)
            for source, match in list(old.matches.items()):
                assert isinstance(match, PatientMatch)
                claimed = self.claim(match, "", apart=old.apart)
                owner = self.patient_row(claimed, match, touched, line=old.parent) if old.uid else old
                if owner is not old:
                    owner.matches.setdefault(source, match)
                    del old.matches[source]
            if old.children and not old.matches:
                old.matches = {source: one.patient for source, one in _study_answers(old.entities)}
            if not old.children and (not old.matches or not old.uid):
                self.remove_patient(old, self.identity.row(claim), touched)

    def mark_doubts(self, touched: dict[int, Row]) -> None:
        """Mark patients of one Patient ID that differ; note those whose mark changed in ``touched``."""
        for row, doubtful in self.identity.doubts():
            if row.doubtful != doubtful:
                row.doubtful = doubtful
                touched[row.number] = row

    def patient_row(
        self,
        claim: IdentityClaim,
        patient: PatientMatch,
        touched: dict[int, Row],
        fill: Fill = Fill.FULL,
        line: Row | None = None,
    ) -> Row:
        """Return the patient of a claim; one that is new gets a row, below the ``line`` if it is apart."""
        owner = self.identity.row(claim)
        if owner is None:
            owner = self._store.add_patient(patient, fill, line)
            self.identity.give(claim, owner)
        self._changes.order_changed(owner)
        touched[owner.number] = owner
        return owner

    def remove_patient(self, patient: Row, owner: Row | None, touched: dict[int, Row]) -> None:
        """Remove a patient without answers; its number then stands for ``owner``, if given."""
        self._changes.patient_removed(patient)
        self.identity.forget(patient)
        touched.pop(patient.number, None)
        self._store.remove_patient(patient)
        if owner is None:
            self._store.drop_number(patient)
            return
        owner.fill = _fill_of_both(patient.fill, owner.fill)
        owner.searched = owner.searched or patient.searched
        self._leave_number(patient, owner)

    def _divide(self, study: Row, old: Row, touched: dict[int, Row]) -> None:
        """Move a study to its patient; where its sources tell of two, each patient gets a row of it."""
        owners: dict[int, Row] = {}
        sources: dict[int, list[str]] = {}
        for source, match in _study_answers([study]):
            claim = self.claim(match.patient, study.uid, apart=study.apart)
            owner = self.patient_row(claim, match.patient, touched, line=old.parent)
            owners[owner.number] = owner
            sources.setdefault(owner.number, []).append(source)
        stays = old.number if old.number in owners else next(iter(owners))
        for number, owner in owners.items():
            if number != stays:
                part = self._store.split_study(study, owner, sources[number])
                self._forget(study, sources[number])
                self._move_study(part, owner)
        if stays != old.number:
            old.children.remove(study)
            self._move_study(study, owners[stays])

    def _forget(self, study: Row, sources: Sequence[str]) -> None:
        """Forget what these sources told below a study, and counted: theirs is of another patient."""
        series = study.entities
        below = [*series, *(image for one in series for image in one.entities)]
        for row in below:
            for source in sources:
                row.matches.pop(source, None)
        for row in (study, *series):
            row.counted = {source: told for source, told in row.counted.items() if source not in sources}
            row.recounts = {source: told for source, told in row.recounts.items() if source not in sources}
            self._changes.order_changed(row)
        self._store.remove(*(row for row in below if not row.matches))

    def _move_study(self, study: Row, owner: Row) -> None:
        self._changes.order_changed(study)
        twin = self._store.study_of(study.uid, owner, but=study)
        if twin is not None:
            self._store.forget_study(study)
            self._merge(study, twin)
            return
        study.parent = owner
        owner.children.append(study)

    def _merge(self, gone: Row, kept: Row) -> None:
        """Make one row of two; what is known below them stays known."""
        self._changes.order_changed(kept)
        for row in (gone, kept):
            self._store.forget_children(row)
        kept.matches = gone.matches | kept.matches
        kept.fetched |= gone.fetched
        if kept.known is None:
            kept.known, kept.asked = gone.known, gone.asked
        kept.fill = _fill_of_both(gone.fill, kept.fill)
        kept.differs = {**kept.differs, **gone.differs}
        twins = {row.uid: row for row in kept.entities}
        for child in gone.entities:
            twin = twins.get(child.uid)
            if twin is not None:
                self._merge(child, twin)
            else:
                child.parent = kept
                kept.children.append(child)
        kept.children.sort(key=in_order)
        self._leave_number(gone, kept)

    def _leave_number(self, gone: Row, kept: Row) -> None:
        self._changes.order_changed(gone)
        self._store.leave_number(gone, kept)
        self._changes.row_merged(gone, kept)


def _study_answers(studies: Iterable[Row]) -> list[tuple[str, StudyMatch]]:
    """Return what each source answered about studies."""
    found = [(source, match) for study in studies for source, match in study.matches.items()]
    return [(source, match) for source, match in found if isinstance(match, StudyMatch)]


def _fill_of_both(one: Fill, other: Fill) -> Fill:
    """Merge what is known below two rows: PENDING wins over EMPTY, EMPTY over FAILED, FAILED over FULL."""
    for fill in (Fill.PENDING, Fill.EMPTY, Fill.FAILED):
        if fill in (one, other):
            return fill
    return Fill.FULL
