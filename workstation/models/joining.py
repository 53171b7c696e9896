"""Patients that turn out to be one, or not to be: their studies move, and keep all that is known of them."""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.arranging import ArrangedRows
from workstation.models.patients import Claim, claim_of
from workstation.models.rows import Fill, Row, in_order


class JoinedRows(ArrangedRows):
    """Puts each study under the patient it belongs to by what is known now.

    A row that joins another one leaves its number to it: whatever was selected or open, and answers still to
    come, find the other by it.
    """

    @override
    def _empty(self) -> None:
        super()._empty()
        self._below: dict[int, dict[str, Row]] = {}  # by number of one being filled, those below by UID
        self._left_to: dict[int, list[int]] = {}  # by number of a row, those of the rows it took in

    def join_pushes(self, join: bool) -> None:
        """Whether the same person pushed by two modalities is one row; in what is shown only."""
        if join != self._pushes:
            self._pushes = join
            self._patients.join_pushes(join)
            with self._moving() as touched:
                self._settle(touched)
                self._say_doubts(touched)

    def _claim(self, patient: PatientMatch, study_uid: str, *, apart: bool = False) -> Claim:
        """Who an answer says it is about, however its name is shown."""
        return claim_of(self._names.told(patient), study_uid, apart=apart)

    def _settle(self, touched: dict[int, Row]) -> None:
        """Draw the conclusions from what was heard of patients."""
        for old, claim in self._patients.settle().values():
            touched[old.number] = old
            for study in old.entities:
                self._part(study, old, touched)
            for source, match in list(old.matches.items()):
                assert isinstance(match, PatientMatch)
                claimed = self._claim(match, "", apart=old.apart)
                home = self._home(claimed, match, touched, line=old.parent) if old.uid else old
                if home is not old:
                    home.matches.setdefault(source, match)
                    del old.matches[source]
            if old.children and not old.matches:
                old.matches = {source: one.patient for source, one in _told_of(old.entities)}
            if not old.children and (not old.matches or not old.uid):
                self._vanish(old, self._patients.row(claim), touched)

    def _say_doubts(self, touched: dict[int, Row]) -> None:
        for row, doubtful in self._patients.doubts():
            if row.doubtful != doubtful:
                row.doubtful = doubtful
                touched[row.number] = row

    def _home(
        self,
        claim: Claim,
        patient: PatientMatch,
        touched: dict[int, Row],
        fill: Fill = Fill.FULL,
        line: Row | None = None,
    ) -> Row:
        """The patient of a claim; one nobody knew until now gets a row, below the ``line`` if it is apart."""
        home = self._patients.row(claim)
        if home is None:
            home = Row(next(self._numbers), Level.PATIENT, patient.patient_id, line, fill=fill)
            if line is not None:
                home.apart = True
                line.children.append(home)
            home.matches[patient.source] = patient
            self._rows[home.number] = self._tops[home.number] = home
            self._patients.give(claim, home)
        self._forget(home)
        touched[home.number] = home
        return home

    def _part(self, study: Row, old: Row, touched: dict[int, Row]) -> None:
        """Move a study to its patient; where its sources tell of two, each of them gets a row of it."""
        homes: dict[int, Row] = {}
        sources: dict[int, list[str]] = {}
        for source, match in _told_of([study]):
            claim = self._claim(match.patient, study.uid, apart=study.apart)
            home = self._home(claim, match.patient, touched, line=old.parent)
            homes[home.number] = home
            sources.setdefault(home.number, []).append(source)
        stays = old.number if old.number in homes else next(iter(homes))
        for number, home in homes.items():
            if number != stays:
                part = Row(next(self._numbers), Level.STUDY, study.uid, home, apart=study.apart)
                part.differs = study.differs
                part.matches = {source: study.matches.pop(source) for source in sources[number]}
                self._rows[part.number] = part
                self._studies[part.uid].append(part)
                self._study_count += not part.apart
                self._move_in(part, home)
        if stays != old.number:
            old.children.remove(study)
            self._move_in(study, homes[stays])

    def _move_in(self, study: Row, home: Row) -> None:
        self._forget(study)
        twin = next(
            (row for row in self._studies[study.uid] if row.parent is home and row is not study), None
        )
        if twin is not None:
            self._studies[study.uid].remove(study)
            self._study_count -= not study.apart
            self._fold(study, twin)
            return
        study.parent = home
        home.children.append(study)

    def _fold(self, gone: Row, kept: Row) -> None:
        """Make one row of two; what is known below them stays known."""
        self._forget(kept)
        for row in (gone, kept):
            self._below.pop(row.number, None)
        kept.matches = gone.matches | kept.matches
        kept.fetched |= gone.fetched
        if kept.known is None:
            kept.known, kept.asked = gone.known, gone.asked
        kept.fill = _fill(gone.fill, kept.fill)
        kept.differs = {**kept.differs, **gone.differs}
        twins = {row.uid: row for row in kept.entities}
        for child in gone.entities:
            twin = twins.get(child.uid)
            if twin is not None:
                self._fold(child, twin)
            else:
                child.parent = kept
                kept.children.append(child)
        kept.children.sort(key=in_order)
        self._leave_number(gone, kept)

    def _vanish(self, patient: Row, home: Row | None, touched: dict[int, Row]) -> None:
        """Take away a patient none of whose answers are left."""
        for arrangement in self._arrangements:
            arrangement.pages.take(patient)
        self._patients.forget(patient)
        touched.pop(patient.number, None)
        del self._tops[patient.number]
        if patient.parent is not None:
            patient.parent.children.remove(patient)
        if home is None:
            del self._rows[patient.number]
            return
        home.fill = _fill(patient.fill, home.fill)
        self._leave_number(patient, home)

    def _leave_number(self, gone: Row, kept: Row) -> None:
        self._forget(gone)
        numbers = [gone.number, *self._left_to.pop(gone.number, ())]
        self._rows.update(dict.fromkeys(numbers, kept))
        self._left_to.setdefault(kept.number, []).extend(numbers)
        for arrangement in self._arrangements:
            if gone.number in arrangement.opened:
                arrangement.open(kept)


def _told_of(studies: Iterable[Row]) -> list[tuple[str, StudyMatch]]:
    """What each source told of studies."""
    found = [(source, match) for study in studies for source, match in study.matches.items()]
    return [(source, match) for source, match in found if isinstance(match, StudyMatch)]


def _fill(one: Fill, other: Fill) -> Fill:
    """What is known below two rows that are one: asked is asked, and nobody asked is nobody asked."""
    for fill in (Fill.PENDING, Fill.EMPTY, Fill.FAILED):
        if fill in (one, other):
            return fill
    return Fill.FULL
