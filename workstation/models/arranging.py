"""Rows in their order and in sight: the state of the tree, sorted, filtered, kept by number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.columns import Column, fixed_order, sort_key
from workstation.models.names import Names
from workstation.models.rows import LIBRARY, Patients, Row
from workstation.models.sieve import sift, words_of

Index = QModelIndex | QPersistentModelIndex


class ArrangedRows(QAbstractItemModel):
    """Patients, studies, series and images, named in Qt's indexes by a running number."""

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

    # --- within -----------------------------------------------------------------------------------------

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

    def _take(self, parent: Row, row: Row) -> None:
        parent.children.remove(row)
        del self._rows[row.number], self._places[row.number]
        for place, child in enumerate(parent.children):
            self._places[child.number] = place
