"""Show what was found of each entry of a list to Qt; below it the studies, if they are several."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QSortFilterProxyModel, Qt, QTimer, Signal
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.list_entries import ListEntries
from workstation.dicom.list_results import (
    Check,
    EntryResult,
    EntryState,
    FoundStudy,
    ValueAnswer,
    checked,
    entry_result,
)
from workstation.dicom.pasted_list import ColumnUse
from workstation.models.list_search_texts import check_words, found_words, source_name
from workstation.models.model_index import ModelIndex
from workstation.models.shown_names import SHOWN_NAMES

_ROOT = QModelIndex()
_SLICE_SECONDS = 0.006
"""What a slice of work may take."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ListColumn(IntEnum):
    """The columns."""

    ENTRY = 0
    FOUND = 1
    PATIENT = 2
    ID = 3
    BORN = 4
    DATE = 5
    DESCRIPTION = 6
    MODALITY = 7
    IMAGES = 8
    ACCESSION = 9
    SOURCES = 10


class ListRole(IntEnum):
    """What view and filter ask for."""

    STATE = Qt.ItemDataRole.UserRole + 1
    """The :class:`EntryState` of an entry."""
    CONTRADICTED = Qt.ItemDataRole.UserRole + 2
    """The list says something else than the answer, in this column."""


_CHECKED = {
    ListColumn.PATIENT: ColumnUse.NAME,
    ListColumn.ID: ColumnUse.PATIENT_ID,
    ListColumn.BORN: ColumnUse.BIRTH_DATE,
    ListColumn.ACCESSION: ColumnUse.ACCESSION,
}


class ListSearchModel(QAbstractItemModel):
    """The entries in the order of the list. Each is judged when an answer about its value comes.

    Signals:
        counted: How many entries are of which state has changed.

    Attributes:
        key: What the values are.
        counts: How many entries are of each state.
        by_patient: A patient counts as one, with all studies.
    """

    counted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.key = ColumnUse.PATIENT_ID
        self.counts: Counter[EntryState] = Counter()
        self.by_patient = False
        self._sources: tuple[str, ...] = ()
        self._results: list[EntryResult] = []
        self._answers: dict[str, dict[str, ValueAnswer]] = {}
        self._places: dict[str, list[int]] = {}
        self._late: deque[int] = deque()  # to be judged anew
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._work)

    def begin(self, wanted: ListEntries, sources: Sequence[str]) -> None:
        """Show another list, of which nothing is asked yet."""
        self.beginResetModel()
        self.key, self._sources = wanted.key, tuple(sources)
        self._answers, self._places = {}, {}
        self._late.clear()
        for place, entry in enumerate(wanted.entries):
            self._places.setdefault(entry.value, []).append(place)
        self._results = [entry_result(entry, self._sources, {}) for entry in wanted.entries]
        self._count()
        self.endResetModel()
        self.counted.emit()

    def take(self, answers: Sequence[ValueAnswer]) -> None:
        """Take what a source answered; it replaces what that answered of the value before."""
        for answer in answers:
            self._answers.setdefault(answer.value, {})[answer.source] = answer
        for value in dict.fromkeys(answer.value for answer in answers):
            for place in self._places.get(value, ()):
                self._judge(place)
        self.counted.emit()

    def count_patients(self, by_patient: bool) -> None:
        """Let one patient, or one study, count as one."""
        self.by_patient = by_patient
        self._late = deque(place for place, one in enumerate(self._results) if len(one.studies) > 1)
        self._work()

    def _work(self, seconds: float = _SLICE_SECONDS) -> None:
        """Judge anew, for the length of a time slice."""
        end = time.perf_counter() + seconds
        while self._late and time.perf_counter() < end:
            self._judge(self._late.popleft())
        if self._late:
            self._slices.start()
        else:
            self._slices.stop()
        self.counted.emit()

    @property
    def results(self) -> tuple[EntryResult, ...]:
        """What is known of each entry."""
        if self._late:
            self._work(float("inf"))
        return tuple(self._results)

    @property
    def answered(self) -> int:
        """How many entries something is known of."""
        unknown = (EntryState.NOT_ASKED, EntryState.INVALID)
        return sum(count for state, count in self.counts.items() if state not in unknown)

    def state_at(self, place: int) -> EntryState:
        """The state of an entry."""
        return self._results[place].state

    def _count(self) -> None:
        self.counts = Counter(result.state for result in self._results)

    def _judged(self, result: EntryResult) -> EntryResult:
        answers = self._answers.get(result.entry.value, {})
        by_patient = self.by_patient and self.key is ColumnUse.PATIENT_ID
        return entry_result(result.entry, self._sources, answers, by_patient=by_patient)

    def _judge(self, place: int) -> None:
        before = self._results[place]
        now = self._judged(before)
        self.counts[before.state] -= 1
        self.counts[now.state] += 1
        parent = self.index(place, 0)
        if (had := len(_below(before))) and _below(before) != _below(now):
            self.beginRemoveRows(parent, 0, had - 1)
            self._results[place] = EntryResult(entry=before.entry, state=before.state)
            self.endRemoveRows()
            had = 0
        if (has := len(_below(now))) and not had:
            self.beginInsertRows(parent, 0, has - 1)
            self._results[place] = now
            self.endInsertRows()
        self._results[place] = now
        self.dataChanged.emit(parent, self.index(place, len(ListColumn) - 1))

    def write_names(self) -> None:
        """Write all names anew: the user chose another style (:mod:`workstation.models.shown_names`)."""
        column = ListColumn.PATIENT
        if self._results:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._results) - 1, column))
        for place, result in enumerate(self._results):
            if below := len(_below(result)):
                parent = self.index(place, 0)
                first, last = self.index(0, column, parent), self.index(below - 1, column, parent)
                self.dataChanged.emit(first, last)

    # --- For the view -----------------------------------------------------------------------------------

    def result(self, index: ModelIndex) -> EntryResult | None:
        """The entry of an index, or of the one above it."""
        if not index.isValid():
            return None
        return self._results[(index.internalId() - 1) if index.internalId() else index.row()]

    def study(self, index: ModelIndex) -> FoundStudy | None:
        """The study a row stands for; None: there is none, or they are several."""
        result = self.result(index)
        if result is None:
            return None
        if index.internalId():
            return result.studies[index.row()]
        return result.studies[0] if len(result.studies) == 1 else None

    # --- For Qt -----------------------------------------------------------------------------------------

    @override
    def index(self, row: int, column: int, parent: ModelIndex = _ROOT) -> QModelIndex:
        if not (0 <= row < self.rowCount(parent) and 0 <= column < len(ListColumn)):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    @override
    def parent(self, index: ModelIndex = _ROOT) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or not index.internalId():
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    @override
    def rowCount(self, parent: ModelIndex = _ROOT) -> int:
        if not parent.isValid():
            return len(self._results)
        if parent.internalId() or parent.column() != 0:
            return 0
        return len(_below(self._results[parent.row()]))

    @override
    def columnCount(self, parent: ModelIndex = _ROOT) -> int:
        return len(ListColumn)

    @override
    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        result, column = self.result(index), ListColumn(max(index.column(), 0))
        if result is None:
            return None
        study = self.study(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = self._entry_text(result, column) if not index.internalId() else ""
            if study is not None and not text:
                text = _study_text(study, column)
            return text if role == Qt.ItemDataRole.DisplayRole else display.tool_tip(text)
        if role == Qt.ItemDataRole.TextAlignmentRole and column is ListColumn.IMAGES:
            return _RIGHT
        if role == ListRole.STATE:
            return result.state.value
        if role == ListRole.CONTRADICTED:
            return self._is_contradicted(result, study, column, child=bool(index.internalId()))
        return None

    def _entry_text(self, result: EntryResult, column: ListColumn) -> str:
        if column is ListColumn.ENTRY:
            return display.plain(result.entry.value)
        if column is not ListColumn.FOUND:
            return ""
        words = found_words(result, by_patient=self.by_patient and self.key is ColumnUse.PATIENT_ID)
        return "  ·  ".join(part for part in (words, check_words(result)) if part)

    def _is_contradicted(
        self, result: EntryResult, study: FoundStudy | None, column: ListColumn, *, child: bool
    ) -> bool:
        if column is ListColumn.FOUND:
            return not child and result.check is Check.DIFFERS
        if study is None or _CHECKED.get(column) not in result.differing:
            return False
        return _CHECKED[column] in checked(result.entry, [study])[1]

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(ListColumn):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == ListColumn.IMAGES:
            return _RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            *(self.tr("Entry"), self.tr("Found"), self.tr("Patient"), self.tr("Patient ID"), self.tr("Born")),
            *(self.tr("Date"), self.tr("Description"), self.tr("Mod."), self.tr("Images")),
            *(self.tr("Accession"), self.tr("Source")),
        )[section]


class StateFilter(QSortFilterProxyModel):
    """Shows the entries of some states only, all if there are none."""

    def __init__(self, source: ListSearchModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: frozenset[EntryState] = frozenset()
        self._entries = source
        self.setSourceModel(source)

    def show_only(self, states: Sequence[EntryState]) -> None:
        """Show these states; none: all."""
        self.beginFilterChange()
        self._wanted = frozenset(states)
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    @override
    def filterAcceptsRow(self, row: int, parent: ModelIndex) -> bool:
        return not self._wanted or parent.isValid() or self._entries.state_at(row) in self._wanted


def _below(result: EntryResult) -> tuple[FoundStudy, ...]:
    """The studies that have rows of their own."""
    return result.studies if len(result.studies) > 1 else ()


def _study_text(study: FoundStudy, column: ListColumn) -> str:
    best = study.best
    if column is ListColumn.PATIENT:
        return display.isolated(SHOWN_NAMES.written(best.patient.name))
    if column is ListColumn.IMAGES:
        return display.count(study.images)
    texts = {
        ListColumn.ID: display.plain(best.patient.patient_id),
        ListColumn.BORN: display.day(best.patient.birth_date),
        ListColumn.DATE: display.moment(best.date, best.time),
        ListColumn.DESCRIPTION: display.isolated(display.plain(best.description)),
        ListColumn.MODALITY: display.plain(" ".join(best.modalities)),
        ListColumn.ACCESSION: display.plain(best.accession),
        ListColumn.SOURCES: ", ".join(map(source_name, study.sources)),
    }
    return texts.get(column, "")
