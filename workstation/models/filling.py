"""What sources answer, and what becomes of the local copy, put into the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer
from typing_extensions import override

from workstation.dicom.completeness import Completeness, presumed
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY, ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import number_key
from workstation.models.joining import JoinedRows
from workstation.models.patients import Claim, claim_of
from workstation.models.rows import Below, Fill, Row, in_order, level_of, uid_of

if TYPE_CHECKING:
    from workstation.operations.local_copy import LocalCopy


class Remains(NamedTuple):
    """What the library has of a study after something of it was deleted; ``instances`` by UID."""

    study: str
    instances: frozenset[str]
    series: Sequence[SeriesMatch]


_HERE, _ABSENT = presumed(1, [1]), presumed(0, [1])
"""What can be said of one image."""


_FEW = 1000
"""So many rows below one are put in order with each lot that comes."""
_SHARE = 8
"""Beyond that, once a part of this size of them is new."""
_LATE_MS = 250
"""Or else after so long."""


class FilledRows(JoinedRows):
    """Takes in batches of answers; late ones of an old search are dropped."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_LATE_MS)
        self._late.timeout.connect(self._show_late)

    @override
    def _empty(self) -> None:
        super()._empty()
        self._unshown: dict[int, int] = {}  # by number of a row, how many new ones below are not shown yet

    def add_studies(self, generation: int, matches: Iterable[StudyMatch]) -> None:
        """Add what a source answered to the search of ``generation``; late answers of another are dropped."""
        self._add_studies(generation, matches)

    def _add_studies(
        self, generation: int, matches: Iterable[StudyMatch], line: Row | None = None
    ) -> list[Row]:
        """The rows of studies; with a ``line`` they stand apart, below it."""
        apart = line is not None
        told = [(match, claim_of(match.patient, match.study_uid, apart=apart)) for match in matches]
        if generation != self.generation or not told:
            return []
        for match, claim in told:
            self._patients.hear(claim, match.study_uid)
        with self._moving() as touched:
            self._settle(touched)
            rows = [self._add_study(self._names.read(match), claim, touched, line) for match, claim in told]
            self._say_doubts(touched)
        return rows

    def _add_study(self, match: StudyMatch, claim: Claim, touched: dict[int, Row], line: Row | None) -> Row:
        patient = self._home(claim, match.patient, touched, line=line)
        if match.source not in patient.matches:
            self._take(patient, match.source, match.patient)
        study = next((row for row in self._studies.get(match.study_uid) or () if row.parent is patient), None)
        study = study or self._new(Level.STUDY, match, patient)
        self._learn(study, match)
        return study

    def add_patients(self, generation: int, matches: Iterable[PatientMatch]) -> None:
        """Add what a source answered to a search for patients; their studies are asked for when opened."""
        self._add_patients(generation, matches)

    def _add_patients(
        self, generation: int, matches: Iterable[PatientMatch], line: Row | None = None
    ) -> list[Row]:
        """The rows of patients, as :meth:`_add_studies`."""
        told = [(match, claim_of(match, "", apart=line is not None)) for match in matches]
        if generation != self.generation or not told:
            return []
        for match, claim in told:
            if match.patient_id:
                self._patients.hear(claim, "")
        rows: list[Row] = []
        with self._moving() as touched:
            self._settle(touched)
            for match, claim in told:
                home = self._home(claim, match, touched, Fill.EMPTY, line)
                home.itself = True
                before = home.matches.get(match.source)
                if isinstance(before, PatientMatch) and before.domain != match.domain:
                    match = replace(match, studies=None, series=None, instances=None)  # each tells of its own
                self._learn(home, self._names.read_patient(match))
                rows.append(home)
            self._say_doubts(touched)
        return rows

    def add_below_patient(self, generation: int, number: int, matches: Sequence[StudyMatch]) -> int:
        """Add the studies a source told of one patient; how many are of somebody else, and left out."""
        patient = self._rows.get(number)
        if generation != self.generation or patient is None:
            return 0
        told = [
            self._claim(match, "") for match in patient.matches.values() if isinstance(match, PatientMatch)
        ]
        own = [match for match in matches if _is_of(match, patient.uid, told)]
        if not patient.uid:  # nobody is known by no ID: these are of whoever they were asked for
            for match in own:
                claim = claim_of(match.patient, match.study_uid, apart=patient.apart)
                self._patients.presume(claim, patient)
        self._add_studies(generation, own, patient.parent)
        return len(matches) - len(own)

    def add_children(self, generation: int, number: int, matches: Iterable[SeriesMatch | ImageMatch]) -> None:
        """Add series to a study, or images to a series, merging what several sources answer."""
        parent = self._rows.get(number)
        if generation != self.generation or parent is None:
            return
        known = self._below.get(parent.number)
        if known is None:
            known = self._below[parent.number] = {child.uid: child for child in parent.entities}
        for match in matches:
            uid = uid_of(match)
            if uid not in known:
                known[uid] = self._new(level_of(match), match, parent)
                self._unshown[parent.number] = self._unshown.get(parent.number, 0) + 1
            self._learn(known[uid], match)
        if len(parent.children) < _FEW or _SHARE * self._unshown.get(parent.number, 0) >= len(known):
            self._show_new(parent)
        elif not self._late.isActive():
            self._late.start()

    def _show_new(self, *parents: Row) -> None:
        """Put the rows that came below these in their order, and show them."""
        with self._moving(parent.top for parent in parents):
            for parent in parents:
                self._unshown.pop(parent.number, None)
                parent.children.sort(key=in_order)

    def _show_late(self) -> None:
        found = (self._rows.get(number) for number in list(self._unshown))
        self._show_new(*(parent for parent in found if parent is not None))
        self._unshown.clear()

    def _new(self, level: Level, match: Match, parent: Row) -> Row:
        """A row below ``parent``, as its last one."""
        row = Row(
            next(self._numbers), level, uid_of(match), parent, {match.source: match}, apart=parent.apart
        )
        self._rows[row.number] = row
        parent.children.append(row)
        if level is Level.STUDY:
            self._studies.setdefault(row.uid, []).append(row)
            self._study_count += not parent.apart
            return row
        row.fill = Fill.FULL if level is Level.IMAGE else Fill.EMPTY
        row.order = number_key(row)
        self._grow()
        return row

    def _learn(self, row: Row, match: Match) -> None:
        self._take(row, match.source, match)
        if match.source != LIBRARY:
            self._sources[match.source] = None
        self._forget(row)

    def _take(self, row: Row, source: str, match: Match) -> None:
        """Keep what a source told, in the order of the sources and not of their answers."""
        row.matches[source] = match
        if len(row.matches) > 1:
            last = len(self._order)
            told = sorted(row.matches.items(), key=lambda one: self._order.get(one[0], last))
            row.matches = dict(told)

    def filled(self, generation: int, number: int, *, complete: bool, trouble: str = "") -> None:
        """All sources have answered about the children of a row, or could not.

        ``trouble`` says why one could not; it stands below the row until it is asked again.
        """
        row = self._rows.get(number)
        if generation != self.generation or row is None:
            return
        row.fill = Fill.FULL if complete or row.entities else Fill.FAILED
        self._below.pop(row.number, None)
        if row.number in self._unshown:
            self._show_new(row)
        if trouble and row.level.below is not None:
            with self._moving([row.top]):
                sentence = Row(next(self._numbers), row.level.below, "", row, fill=Fill.FULL, trouble=trouble)
                self._rows[sentence.number] = sentence
                row.children.append(sentence)
        self._tell(row)

    def counted(self, generation: int, number: int, below: Below, source: str = "") -> None:
        """A source, or all that answered, was asked at the level below for what it did not tell of a row."""
        row = self._rows.get(number)
        if generation == self.generation and row is not None:
            row.counted = {**row.counted, **dict.fromkeys([source] if source else row.archives, below)}
            self._tell(row)
            if row.parent is not None:
                self._tell(row.parent)

    def removed(self, lot: Iterable[Remains]) -> None:
        """The local copies of studies, or parts of them, were deleted."""
        found = [(study, remains) for remains in lot for study in self.studies(remains.study)]
        with self._moving(study.top for study, _ in found):
            for study, remains in found:
                self._reduce(study, remains)

    def _reduce(self, study: Row, remains: Remains) -> None:
        left, counted = remains.instances, {match.series_uid: match for match in remains.series}
        below = study.entities
        rows = [*(image for one in below for image in one.entities), *below, study]
        for row in rows:
            here = row.uid in counted or row.uid in left or (row is study and bool(left))
            self._keep(row, left, counted, here=here)
        self._forget(study)
        self._drop(*(row for row in rows if not row.matches))

    def _keep(self, row: Row, left: frozenset[str], counted: dict[str, SeriesMatch], *, here: bool) -> None:
        """What the library still has of a row, if anything."""
        row.known = None
        row.fetched &= left
        match = row.matches.get(LIBRARY)
        if not here:
            row.matches.pop(LIBRARY, None)
        elif isinstance(match, StudyMatch):
            row.matches[LIBRARY] = replace(match, series=len(counted), instances=len(left))
        elif isinstance(match, SeriesMatch):
            row.matches[LIBRARY] = counted[row.uid]

    def _drop(self, *rows: Row) -> None:
        """Take away rows together with all that stand below them."""
        gone = {row.number for row in rows}
        for parent in {row.parent.number: row.parent for row in rows if row.parent is not None}.values():
            parent.children = [child for child in parent.children if child.number not in gone]
            self._below.pop(parent.number, None)
        for row in rows:
            del self._rows[row.number]
            if row.level is Level.STUDY and not row.trouble:
                self._studies[row.uid].remove(row)
                self._study_count -= not row.apart

    def arrived(self, study_uid: str, series_uid: str, sop_uids: Iterable[str]) -> None:
        """Instances of a study are in the library now."""
        uids = set(sop_uids)
        for study in self._studies.get(study_uid) or []:
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
                            image.fetched |= {image.uid}
                            self._tell(image)

    def completed(self, study_uid: str, series_uids: Iterable[str], source: str, state: Completeness) -> None:
        """A transfer of a study, or of these series of it, from ``source`` found it so."""
        wanted = set(series_uids)
        for study in self.studies(study_uid):
            rows = [one for one in study.entities if one.uid in wanted] if wanted else [study]
            for row in rows:
                if _judge(row, state, row.asked | {source}):
                    self._tell(row)
            if study.parent is not None:
                self._tell(study.parent)

    def judged(self, copy: LocalCopy) -> None:
        """The local copy of a study was looked at."""
        indexed = {match.series_uid: match for match in copy.indexed}
        here = copy.uids
        for study in self.studies(copy.study):
            if LIBRARY in study.matches and study.fill is Fill.FULL:
                listed = {series.uid for series in study.entities}
                new = [match for uid, match in indexed.items() if uid not in listed]
                self.add_children(self.generation, study.number, new)
            changed = _judge(study, copy.whole, copy.asked)
            match = study.matches.get(LIBRARY)
            if isinstance(match, StudyMatch) and here:
                study.matches[LIBRARY] = replace(match, series=len(indexed), instances=len(here))
            for series in study.entities:
                changed = self._judge_series(series, copy, indexed.get(series.uid), here) or changed
            if changed or study.matches.get(LIBRARY) != match:
                self._tell(study)
                if study.parent is not None:
                    self._tell(study.parent)

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
        self._tell_all(moved)
        if changed:
            self._tell(series)
        return changed


def _judge(row: Row, state: Completeness, asked: frozenset[str]) -> bool:
    """Note how complete a row was found; whether it looks different now."""
    before = row.state, row.instances
    row.known, row.asked, row.fetched = state, asked, frozenset()
    return before != (row.state, row.instances)


def _is_of(match: StudyMatch, patient_id: str, told: list[Claim]) -> bool:
    """Whether a study may be of the patient who goes by this ID, and of whom this was told."""
    claim = claim_of(match.patient, "")
    return match.patient.patient_id == patient_id and all(map(claim.fits, told))
