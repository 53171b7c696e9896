"""What sources answer, and what becomes of the local copy, put into the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.arranging import ArrangedRows
from workstation.models.rows import LIBRARY, Fill, Row, level_of, same_person, uid_of


class FilledRows(ArrangedRows):
    """Takes in batches of answers; late ones of an old search are dropped."""

    def begin(self) -> int:
        """Empty the tree for a new search and return its generation."""
        self.beginResetModel()
        self._empty()
        self.generation += 1
        self.endResetModel()
        return self.generation

    def add_studies(self, generation: int, matches: Iterable[StudyMatch]) -> None:
        """Add what a source answered to the search of ``generation``; late answers of another are dropped."""
        if generation != self.generation:
            return
        fresh: dict[int, list[Row]] = {}
        patients: list[Row] = []
        for match in matches:
            self._add_study(self._names.read(match), patients, fresh)
        for number, studies in fresh.items():
            self._insert(self._rows[number], studies)
        if patients:
            for row in patients:
                row.fill = Fill.FULL
            self._insert(None, patients)
        self._sift_or_arrange()

    def add_patients(self, generation: int, matches: Iterable[PatientMatch]) -> None:
        """Add what a source answered to a search for patients; their studies are asked for when opened."""
        if generation != self.generation:
            return
        fresh: list[Row] = []
        for told in matches:
            match = self._names.read_patient(told)
            row = self._patients.find(match)
            if row is None:
                row = Row(next(self._numbers), Level.PATIENT, match.patient_id, None)
                self._rows[row.number] = row
                fresh.append(row)
            row.matches[match.source] = match
            self._know(row, match)
            self._tell(row)
        if fresh:
            self._insert(None, fresh)
            self._sift_or_arrange()

    def _add_study(self, match: StudyMatch, patients: list[Row], fresh: dict[int, list[Row]]) -> None:
        study = self._study_of(match)
        if study is not None:
            study.matches[match.source] = match
            assert study.parent is not None
            self._know(study.parent, match.patient)
            self._tell(study)
            return
        patient = self._patients.find(match.patient)
        if patient is None:
            patient = Row(next(self._numbers), Level.PATIENT, match.patient.patient_id, None)
            patient.matches[match.source] = match.patient
            self._rows[patient.number] = patient
            patients.append(patient)
        self._know(patient, match.patient)
        row = Row(next(self._numbers), Level.STUDY, match.study_uid, patient, {match.source: match})
        self._rows[row.number] = row
        self._studies.setdefault(match.study_uid, []).append(row)
        if patient in patients:
            patient.children.append(row)
        else:
            fresh.setdefault(patient.number, []).append(row)

    def add_below_patient(self, generation: int, number: int, matches: Iterable[StudyMatch]) -> None:
        """Add the studies a source told of one patient; those of anybody else are dropped."""
        patient = self._rows.get(number)
        if generation != self.generation or patient is None:
            return
        known = {child.uid: child for child in patient.entities}
        fresh: list[Row] = []
        for told in matches:
            match = self._names.read(told)
            if match.patient.patient_id != patient.uid or not same_person(patient.patient, match.patient):
                continue
            row = known.get(match.study_uid)
            if row is None:
                row = Row(next(self._numbers), Level.STUDY, match.study_uid, patient)
                known[row.uid] = self._rows[row.number] = row
                self._studies.setdefault(row.uid, []).append(row)
                fresh.append(row)
            row.matches[match.source] = match
            self._tell(row)
        if fresh:
            self._insert(patient, fresh)
            self._sift_or_arrange(patient)

    def _study_of(self, match: StudyMatch) -> Row | None:
        """The row of the same study, unless it is said to be of another person."""
        for row in self._studies.get(match.study_uid, []):
            other = row.patient
            if other.patient_id == match.patient.patient_id and same_person(other, match.patient):
                return row
        return None

    def _know(self, row: Row, patient: PatientMatch) -> None:
        for doubtful in self._patients.know(row, patient):
            self._tell(doubtful)

    def add_children(self, generation: int, number: int, matches: Iterable[SeriesMatch | ImageMatch]) -> None:
        """Add series to a study, or images to a series, merging what several sources answer."""
        parent = self._rows.get(number)
        if generation != self.generation or parent is None:
            return
        known = {child.uid: child for child in parent.entities}
        fresh: list[Row] = []
        for match in matches:
            row = known.get(uid_of(match))
            if row is None:
                row = Row(next(self._numbers), level_of(match), uid_of(match), parent)
                known[row.uid] = self._rows[row.number] = row
                row.matches[match.source] = match
                if row.level is Level.IMAGE:
                    row.fill = Fill.FULL
                fresh.append(row)
            else:
                row.matches[match.source] = match
                self._tell(row)
        if fresh:
            self._insert(parent, fresh)
            self._arrange(parent)

    def filled(self, generation: int, number: int, *, complete: bool, trouble: str = "") -> None:
        """All sources have answered about the children of a row, or could not.

        ``trouble`` says why one could not; it stands below the row until it is asked again.
        """
        row = self._rows.get(number)
        if generation != self.generation or row is None:
            return
        row.fill = Fill.FULL if complete or row.entities else Fill.FAILED
        if trouble and row.level.below is not None:
            sentence = Row(next(self._numbers), row.level.below, "", row, fill=Fill.FULL, trouble=trouble)
            self._rows[sentence.number] = sentence
            self._insert(row, [sentence])
        self._tell(row)

    def counted(self, generation: int, number: int, series: int | None, instances: int | None) -> None:
        """Series and instances of a row were counted from below."""
        row = self._rows.get(number)
        if generation == self.generation and row is not None:
            row.counted = (series, instances)
            self._tell(row)
            if row.parent is not None:
                self._tell(row.parent)

    def removed(self, study_uid: str, sop_uids: Iterable[str], series: Iterable[SeriesMatch]) -> None:
        """The local copy of a study, or a part of it, was deleted; ``sop_uids`` and ``series`` are left."""
        left, counted = set(sop_uids), {match.series_uid: match for match in series}
        for study in list(self._studies.get(study_uid, [])):
            below = study.entities
            for row in [*(image for one in below for image in one.entities), *below, study]:
                row.whole = False
                row.fetched &= left
                match = row.matches.get(LIBRARY)
                here = row.uid in counted or row.uid in left or (row is study and bool(left))
                if not here:
                    row.matches.pop(LIBRARY, None)
                elif isinstance(match, StudyMatch):
                    row.matches[LIBRARY] = replace(match, series=len(counted), instances=len(left))
                elif isinstance(match, SeriesMatch):
                    row.matches[LIBRARY] = counted[row.uid]
                if row.matches:
                    self._tell(row)
                else:
                    self._drop(row)
            if study.parent is not None:
                self._tell(study.parent)

    def _drop(self, row: Row) -> None:
        """Take away a row that no source knows any more, whose children are gone already."""
        parent = row.parent
        assert parent is not None
        if row in parent.hidden:
            parent.hidden.remove(row)
        elif self._shown(row):
            place = self._places[row.number]
            self.beginRemoveRows(self.index_of(parent), place, place)
            self._take(parent, row)
            self.endRemoveRows()
        else:
            self._take(parent, row)
        if row.level is Level.STUDY:
            self._studies[row.uid].remove(row)

    def arrived(self, study_uid: str, series_uid: str, sop_uids: Iterable[str]) -> None:
        """Instances of a study are in the library now."""
        uids = set(sop_uids)
        for study in self._studies.get(study_uid, []):
            study.fetched |= uids
            self._tell(study)
            if study.parent is not None:
                self._tell(study.parent)
            for series in study.entities:
                if series.uid == series_uid:
                    series.fetched |= uids
                    self._tell(series)
                    for image in series.entities:
                        if image.uid in uids:
                            image.fetched.add(image.uid)
                            self._tell(image)

    def completed(self, study_uid: str, series_uids: Iterable[str]) -> None:
        """A transfer of a study, or of these series of it, ended complete."""
        wanted = set(series_uids)
        for study in self._studies.get(study_uid, []):
            below = [one for one in study.entities if not wanted or one.uid in wanted]
            for row in below if wanted else [study, *below]:
                row.whole = True
                self._tell(row)
            if study.parent is not None:
                self._tell(study.parent)

    def holds(self, study_uid: str, sop_uids: Iterable[str], series: Iterable[SeriesMatch]) -> None:
        """The library was asked anew what it holds of a study."""
        uids, counted = set(sop_uids), {match.series_uid: match for match in series}
        for study in self._studies.get(study_uid, []):
            study.fetched |= uids
            for below in study.entities:
                if below.uid in counted:
                    below.matches[LIBRARY] = counted[below.uid]
                    self._tell(below)
            self._tell(study)
            if study.parent is not None:
                self._tell(study.parent)
