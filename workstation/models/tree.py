"""The one tree: patients, studies, series, images of all sources, filled as a person opens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import count
from typing import Any, overload

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, PatientMatch, SeriesMatch, StudyMatch
from workstation.models.columns import Column, cell, fixed_order, sort_key, tip
from workstation.models.rows import LIBRARY, Fill, Local, Patients, Row, level_of, same_person, uid_of

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS = len(Column)
_BRANCH = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_LEAF = _BRANCH | Qt.ItemFlag.ItemNeverHasChildren


class Role(IntEnum):
    """What a delegate asks a row for, besides its text."""

    LEVEL = Qt.ItemDataRole.UserRole + 1
    LOCAL = Qt.ItemDataRole.UserRole + 2
    DOUBTFUL = Qt.ItemDataRole.UserRole + 3
    FILL = Qt.ItemDataRole.UserRole + 4


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
        self.generation = 0
        self._empty()

    def _empty(self) -> None:
        self._top: list[Row] = []
        self._rows: dict[int, Row] = {}
        self._places: dict[int, int] = {}
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
            self._add_study(match, patients, fresh)
        for number, studies in fresh.items():
            self._insert(self._rows[number], studies)
        if patients:
            for row in patients:
                row.fill = Fill.FULL
            self._insert(None, patients)
        self._arrange()

    def add_patients(self, generation: int, matches: Iterable[PatientMatch]) -> None:
        """Add what a source answered to a search for patients; their studies are asked for when opened."""
        if generation != self.generation:
            return
        fresh: list[Row] = []
        for match in matches:
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
            self._arrange()

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
        known = {child.uid: child for child in patient.children}
        fresh: list[Row] = []
        for match in matches:
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
            self._arrange(patient)

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
        known = {child.uid: child for child in parent.children}
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

    def filled(self, generation: int, number: int, *, complete: bool) -> None:
        """All sources have answered about the children of a row, or could not."""
        row = self._rows.get(number)
        if generation == self.generation and row is not None:
            row.fill = Fill.FULL if complete or row.children else Fill.FAILED
            self._tell(row)

    def arrived(self, study_uid: str, series_uid: str, sop_uids: Iterable[str]) -> None:
        """Instances of a study are in the library now."""
        uids = set(sop_uids)
        for study in self._studies.get(study_uid, []):
            study.fetched |= uids
            self._tell(study)
            if study.parent is not None:
                self._tell(study.parent)
            for series in study.children:
                if series.uid == series_uid:
                    series.fetched |= uids
                    self._tell(series)
                    for image in series.children:
                        if image.uid in uids:
                            image.fetched.add(image.uid)
                            self._tell(image)

    def completed(self, study_uid: str, series_uids: Iterable[str]) -> None:
        """A transfer of a study, or of these series of it, ended complete."""
        wanted = set(series_uids)
        for study in self._studies.get(study_uid, []):
            below = [one for one in study.children if not wanted or one.uid in wanted]
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
            for below in study.children:
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
        return len(self._top)

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
        below = self._below(parent)  # a view asks for tens of thousands: no detour through hasIndex
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
        row = self.row(parent)
        if row is None:
            return bool(self._top) if not parent.isValid() else False
        if parent.column() > 0 or row.level is Level.IMAGE:
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
        if row is not None and row.fill is Fill.FAILED:
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
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (Column.SERIES, Column.IMAGES):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Role.LEVEL:
            return row.level.value
        if role == Role.LOCAL:
            return row.local.value if column is Column.NAME else Local.NONE.value
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
                    *(self.tr("Patient / Study"), self.tr("ID / Accession"), self.tr("Date")),
                    *(self.tr("Modality"), self.tr("Series"), self.tr("Images"), self.tr("Source")),
                )
                return titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in (Column.SERIES, Column.IMAGES):
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index)
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        return _LEAF if row.level is Level.IMAGE else _BRANCH

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(Column):
            self._column, self._order = Column(column), order
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
        lists = [parent.children] if parent is not None else [self._top, *(one.children for one in self._top)]
        wanted = [(rows, self._sorted(rows)) for rows in lists]
        moved = [(rows, ordered) for rows, ordered in wanted if rows != ordered]
        if not moved:
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
        return sorted(rows, key=lambda row: sort_key(row, column), reverse=reverse)

    def _tell(self, row: Row) -> None:
        if row.number in self._places:
            self.dataChanged.emit(self.index_of(row), self.index_of(row, len(Column) - 1))
