"""The one tree: patients, studies, series, images of all sources, filled as a person opens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from itertools import count
from typing import Any, overload

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import NUMBERS, Column, cell, fixed_order, sort_key, tip
from workstation.models.names import Names
from workstation.models.rows import LIBRARY, Fill, Local, Patients, Row, level_of, same_person, uid_of
from workstation.models.sieve import sift, words_of

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS = len(Column)


class Role(IntEnum):
    """What a delegate asks a row for, besides its text."""

    LEVEL = Qt.ItemDataRole.UserRole + 1
    LOCAL = Qt.ItemDataRole.UserRole + 2
    DOUBTFUL = Qt.ItemDataRole.UserRole + 3
    FILL = Qt.ItemDataRole.UserRole + 4
    TROUBLE = Qt.ItemDataRole.UserRole + 5


class TreeModel(QAbstractItemModel):
    """The tree over plain rows.

    Rows are named in Qt's indexes by a running number and kept here, so no index outlives what it means.

    Signals:
        children_wanted: The number of a row somebody opened whose children nobody has asked for yet.
    """

    children_wanted = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._column, self._order = Column.DATE, Qt.SortOrder.DescendingOrder
        self._words: tuple[str, ...] = ()
        self._names = Names()
        self.generation = 0
        self._empty()

    def _empty(self) -> None:
        self._top: list[Row] = []
        self._out: list[Row] = []  # patients the filter keeps out of sight
        self._rows: dict[int, Row] = {}
        self._places: dict[int, int] = {}
        self._keys: dict[int, tuple[object, ...]] = {}  # by what rows sort, until they change
        self._studies: dict[str, list[Row]] = {}
        self._patients = Patients()

    # --- filling ----------------------------------------------------------------------------------------

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

    def _take(self, parent: Row, row: Row) -> None:
        parent.children.remove(row)
        del self._rows[row.number], self._places[row.number]
        for place, child in enumerate(parent.children):
            self._places[child.number] = place

    # --- showing ----------------------------------------------------------------------------------------

    def show_names(self, source: str, charset: str) -> None:
        """Read the names a source sent by ``charset`` (empty: as they were told), now and later."""
        self._names.choose(source, charset)
        for row in self._rows.values():
            match = row.matches.get(source)
            if isinstance(match, PatientMatch):
                row.matches[source] = self._names.read_patient(match)
            elif isinstance(match, StudyMatch):
                row.matches[source] = self._names.read(match)
            else:
                continue
            self._tell(row)
        self._arrange()

    def charset_of(self, source: str) -> str:
        """The character set chosen for a source; empty: as they were told."""
        return self._names.chosen.get(source, "")

    @property
    def answering(self) -> list[str]:
        """The archives that told anything here."""
        found = dict.fromkeys(source for row in (*self._top, *self._out) for source in row.matches)
        return [source for source in found if source != LIBRARY]

    def set_filter(self, typed: str) -> None:
        """Keep only rows in sight that hold every word of ``typed``."""
        words = words_of(typed)
        if words != self._words:
            self._words = words
            self._sift()

    def _sift_or_arrange(self, parent: Row | None = None) -> None:
        if self._words:
            self._sift()
        else:
            self._arrange(parent)

    def _sift(self) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        everybody = [*self._top, *self._out]
        kept = [row for row in everybody if sift(row, self._words)]
        numbers = {row.number for row in kept}
        self._top, self._out = self._sorted(kept), [row for row in everybody if row.number not in numbers]
        for row in self._out:
            self._places.pop(row.number, None)
        for place, row in enumerate(self._top):
            self._places[row.number] = place
        for row in everybody:
            row.children = self._sorted(row.children)
            for hidden in row.hidden:
                self._places.pop(hidden.number, None)
            for place, child in enumerate(row.children):
                self._places[child.number] = place
        after = [self._moved(old) for old in before]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _moved(self, old: QModelIndex) -> QModelIndex:
        row = self._rows.get(old.internalId())
        if row is None or not self._shown(row):
            return QModelIndex()
        return self.createIndex(self._places[row.number], old.column(), row.number)

    def _shown(self, row: Row) -> bool:
        """Whether neither it nor a row above it is kept out of sight."""
        one: Row | None = row
        while one is not None:
            if one.number not in self._places:
                return False
            one = one.parent
        return True

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

    # --- asking -----------------------------------------------------------------------------------------

    def row(self, index: Index) -> Row | None:
        """The row behind an index; None for the invisible root, whose number is 0."""
        return self._rows.get(index.internalId())

    def find(self, number: int) -> Row | None:
        """The row of a number, unless a new search has taken it away."""
        return self._rows.get(number)

    def index_of(self, row: Row, column: int = 0) -> QModelIndex:
        """The index of a row of this model."""
        return self.createIndex(self._places[row.number], column, row.number)

    @property
    def patient_count(self) -> int:
        """How many patients are listed."""
        return len(self._top) + len(self._out)

    @property
    def study_count(self) -> int:
        """How many studies are listed."""
        return sum(map(len, self._studies.values()))

    # --- Qt ---------------------------------------------------------------------------------------------

    @override
    def rowCount(self, parent: Index = _ROOT) -> int:
        return len(self._below(parent))

    @override
    def columnCount(self, parent: Index = _ROOT) -> int:
        return _COLUMNS

    @override
    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        number = parent.internalId()  # a view asks for tens of thousands: no detour
        if number:
            above = self._rows.get(number)
            below = above.children if above is not None and parent.column() == 0 else ()
        else:
            below = self._top
        if 0 <= row < len(below) and 0 <= column < _COLUMNS:
            return self.createIndex(row, column, below[row].number)
        return QModelIndex()

    @overload
    def parent(self) -> QObject | None: ...
    @overload
    def parent(self, child: Index) -> QModelIndex: ...
    @override
    def parent(self, child: Index | None = None) -> QObject | QModelIndex | None:
        if child is None:
            return super().parent()
        row = self.row(child)
        return QModelIndex() if row is None or row.parent is None else self.index_of(row.parent)

    @override
    def hasChildren(self, parent: Index = _ROOT) -> bool:
        row = self._rows.get(parent.internalId())
        if row is None:
            return bool(self._top) if not parent.isValid() else False
        if row.level is Level.IMAGE or row.trouble or parent.column() > 0:
            return False
        return bool(row.children) or row.fill is not Fill.FULL

    @override
    def canFetchMore(self, parent: Index) -> bool:
        row = self.row(parent)
        return row is not None and row.fill is Fill.EMPTY and parent.column() == 0

    @override
    def fetchMore(self, parent: Index) -> None:
        row = self.row(parent)
        if row is not None and self.canFetchMore(parent):  # Qt's model tester calls this unguarded
            row.fill = Fill.PENDING
            self._tell(row)
            self.children_wanted.emit(row.number)

    def ask_again(self, number: int) -> None:
        """Want the children of a row anew after nobody could say them."""
        row = self._rows.get(number)
        if row is None or not self._shown(row):
            return
        sentences = [child for child in row.children if child.trouble]
        for sentence in sentences:
            place = self._places[sentence.number]
            self.beginRemoveRows(self.index_of(row), place, place)
            self._take(row, sentence)
            self.endRemoveRows()
        if sentences or row.fill is Fill.FAILED:
            row.fill = Fill.EMPTY
            self.fetchMore(self.index_of(row))

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Role.LEVEL:
            return row.level.value
        if role == Role.LOCAL:
            return row.local.value if column is Column.NAME and not row.trouble else Local.NONE.value
        if role == Role.TROUBLE:
            return bool(row.trouble)
        if role == Role.DOUBTFUL:
            return row.doubtful
        return row.fill.value if role == Role.FILL else None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                titles = (
                    *(self.tr("Patient / Study"), self.tr("Patient ID"), self.tr("Born"), self.tr("Sex")),
                    *(self.tr("Date"), self.tr("Modality"), self.tr("Description")),
                    *(self.tr("Accession"), self.tr("Series"), self.tr("Images")),
                    *(self.tr("Local copy"), self.tr("Source")),
                )
                return titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in NUMBERS:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(Column):
            self._column, self._order = Column(column), order
            self._keys.clear()
            self._arrange()

    # --- within -----------------------------------------------------------------------------------------

    def _below(self, parent: Index) -> list[Row]:
        if parent.column() > 0:
            return []
        row = self.row(parent)
        if row is not None:
            return row.children
        return [] if parent.isValid() else self._top

    def _insert(self, parent: Row | None, rows: Sequence[Row]) -> None:
        siblings = self._top if parent is None else parent.children
        first = len(siblings)
        if parent is not None:
            self._keys.pop(parent.number, None)
        if parent is not None and not self._shown(parent):
            for place, row in enumerate(rows, first):
                self._places[row.number] = place
            siblings.extend(rows)
            return
        above = QModelIndex() if parent is None else self.index_of(parent)
        self.beginInsertRows(above, first, first + len(rows) - 1)
        for place, row in enumerate(rows, first):
            self._places[row.number] = place
            for below, child in enumerate(row.children):
                self._places[child.number] = below
        siblings.extend(rows)
        self.endInsertRows()

    def _arrange(self, parent: Row | None = None) -> None:
        """Sort the rows below ``parent``; all patients and studies if it is None."""
        lists = (
            [parent.children]
            if parent is not None
            else [self._top, *(one.children for one in self._top if len(one.children) > 1)]
        )
        wanted = [(rows, self._sorted(rows)) for rows in lists]
        moved = [(rows, ordered) for rows, ordered in wanted if rows != ordered]
        if not moved:
            return
        if parent is not None and not self._shown(parent):
            moved[0][0][:] = moved[0][1]
            for place, row in enumerate(parent.children):
                self._places[row.number] = place
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        for rows, ordered in moved:
            rows[:] = ordered
            for place, row in enumerate(ordered):
                self._places[row.number] = place
        after = [
            self.createIndex(self._places[old.internalId()], old.column(), old.internalId()) for old in before
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _sorted(self, rows: list[Row]) -> list[Row]:
        if not rows:
            return []
        fixed = fixed_order(rows[0].level)
        column = Column.NAME if fixed else self._column
        reverse = not fixed and self._order is Qt.SortOrder.DescendingOrder
        sentences = [row for row in rows if row.trouble]
        entities = [row for row in rows if not row.trouble] if sentences else rows

        def key(row: Row) -> tuple[object, ...]:
            known = self._keys.get(row.number)
            if known is None:
                known = self._keys[row.number] = sort_key(row, column, last=reverse)
            return known

        ordered = sorted(entities, key=key, reverse=reverse)
        return [*ordered, *sentences]

    def _tell(self, row: Row) -> None:
        self._keys.pop(row.number, None)
        row.text = ""
        if row.parent is not None:
            self._keys.pop(row.parent.number, None)
        if self._shown(row):
            self.dataChanged.emit(self.index_of(row), self.index_of(row, len(Column) - 1))
