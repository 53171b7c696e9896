"""The rows behind the tree, as a flat list of those in sight; put in order a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from itertools import count

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QTimer,
)

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.columns import Column
from workstation.models.deferred_free import DeferredFree, freeze_objects
from workstation.models.name_charsets import NameCharsets
from workstation.models.patient_identity import Patients
from workstation.models.row_filter import words_of
from workstation.models.row_projection import RowProjection
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict

Index = QModelIndex | QPersistentModelIndex
_AT_ONCE = 300
"""Patients arranged before the event loop turns."""
_SLICE_SECONDS = 0.006
"""What a slice of later ones may take."""
_MADE_BETWEEN = 300
_HINTED = "QList<QPersistentModelIndex>,QAbstractItemModel::LayoutChangeHint"
_ONLY_ROWS = QAbstractItemModel.LayoutChangeHint.VerticalSortHint
"""Columns stay as they are: a selection then keeps an index for each row, else for each cell."""


class ArrangedRows(QAbstractTableModel):
    """Patients, studies, series and images, named in Qt's indexes by a running number.

    The views see one flat list: only the rows in sight, whose depth and openness are roles. So what is asked
    for each time does not grow with the number of rows. Another order or filter is made beside the one on
    show, a slice at a time, and then takes its place at once; what comes meanwhile goes into both.

    Attributes:
        touched: Numbers of the patients of which something came, went or changed when rows moved last; None:
            of all.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._names = NameCharsets()
        self._shown = RowProjection(Column.DATE, True, (), set(), set())
        self._criteria = Criteria()
        self.generation = 0
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._work)
        self._leaving = DeferredFree()
        self._made = 0
        self._pushes = True
        self.touched: AbstractSet[int] | None = frozenset()
        self._empty()

    def _empty(self) -> None:
        self._next: RowProjection | None = None
        self._left: list[Row] = []  # patients not yet in the next arrangement
        self._unread: set[str] = set()  # sources whose names are to be read anew
        self._rows = ShardedDict[int, Row]()
        self._tops = ShardedDict[int, Row]()
        self._studies = ShardedDict[str, list[Row]]()
        self._study_count = 0
        self._sources: dict[str, None] = {}
        self._order: dict[str, int] = {}
        self._patients = Patients(pushes=self._pushes)
        self._line: Row | None = None  # behind which stands what does not fit what was asked for

    def begin(self, order: Sequence[str] = (), criteria: Criteria | None = None) -> int:
        """Empty the tree for a new search and return its generation.

        Args:
            order: Of the sources: what the first one tells is shown, and fetched from it.
            criteria: What was asked for.
        """
        self._criteria = criteria or Criteria()
        self.beginResetModel()
        wanted = self._wanted
        self._leaving.take(
            *self._tops.parts, *self._studies.parts, *self._patients.holdings, *self._rows.parts
        )
        self._let_go(*self._arrangements)
        self._empty()
        self._order = {source: place for place, source in enumerate(order)}
        self._shown = RowProjection(wanted.column, wanted.descending, wanted.words, set(), set())
        self.generation += 1
        self.endResetModel()
        return self.generation

    # --- asking -----------------------------------------------------------------------------------------

    def row(self, index: Index) -> Row | None:
        """The row behind an index; None for the invisible root, whose number is 0."""
        return self._rows.get(index.internalId())

    def find(self, number: int) -> Row | None:
        """The row of a number, unless a new search has taken it away."""
        return self._rows.get(number)

    def studies(self, uid: str) -> list[Row]:
        """The rows of a study; more than one where sources tell of two patients."""
        return list(self._studies.get(uid) or ())

    def index_of(self, row: Row, column: int = 0) -> QModelIndex:
        """The index of a row of this model; none if it is out of sight."""
        place = self._shown.pages.place(row) if row.number in self._rows else None
        return QModelIndex() if place is None else self.createIndex(place, column, row.number)

    def between(self, first: int, last: int) -> Iterator[Row]:
        """The rows of these places, both included."""
        return self._shown.pages.between(first, last)

    def charset_of(self, source: str) -> str:
        """The character set chosen for a source; empty: as they were told."""
        return self._names.chosen.get(source, "")

    @property
    def answering(self) -> list[str]:
        """The archives that told anything here."""
        return list(self._sources)

    @property
    def arranging(self) -> bool:
        """Another order or filter is being made, and not yet on show."""
        return self._next is not None

    @property
    def patient_count(self) -> int:
        """How many patients are listed, those apart left out."""
        return len(self._tops) - (0 if self._line is None else 1 + len(self._line.children))

    @property
    def study_count(self) -> int:
        """How many studies are listed, those apart left out."""
        return self._study_count

    # --- arranging anew ---------------------------------------------------------------------------------

    def set_filter(self, typed: str) -> None:
        """Keep only rows in sight that hold every word of ``typed``; every patient is open then."""
        wanted, words = self._wanted, words_of(typed)
        if words != wanted.words:
            self._arrange(RowProjection(wanted.column, wanted.descending, words, wanted.opened, set()))

    def _sort(self, column: Column, *, descending: bool) -> None:
        wanted = self._wanted
        if (column, descending) != (wanted.column, wanted.descending):
            self._arrange(RowProjection(column, descending, wanted.words, wanted.opened, wanted.closed))

    def show_names(self, source: str, charset: str) -> None:
        """Read the names a source sent by ``charset`` (empty: as they were told), now and later."""
        self._names.choose(source, charset)
        self._unread.add(source)
        wanted = self._wanted
        self._arrange(
            RowProjection(wanted.column, wanted.descending, wanted.words, wanted.opened, wanted.closed)
        )

    @property
    def _wanted(self) -> RowProjection:
        return self._next or self._shown

    @property
    def _arrangements(self) -> list[RowProjection]:
        return [self._shown] if self._next is None else [self._shown, self._next]

    def _arrange(self, wanted: RowProjection) -> None:
        if self._next is not None:
            self._let_go(self._next)
        self._next = wanted
        self._left = list(self._tops.values())
        self._slices.start()
        self._arrange_some(len(self._left) - _AT_ONCE, float("inf"))

    def _let_go(self, *arrangements: RowProjection) -> None:
        for arrangement in arrangements:
            self._leaving.take(*arrangement.holdings)
        self._slices.start()

    def _work(self) -> None:
        """One slice of what need not be done at once."""
        end = time.perf_counter() + _SLICE_SECONDS
        if self._next is not None:
            self._arrange_some(0, end)
        self._leaving.let_go(end)
        if self._next is None and not self._leaving:
            self._slices.stop()

    def _arrange_some(self, down_to: int, end: float) -> None:
        """Arrange patients until so many are left, or the time has come."""
        wanted = self._next
        assert wanted is not None
        while len(self._left) > max(0, down_to):
            for patient in self._left[-20:]:
                if self._unread:
                    self._read_names(patient)
                if patient.number in self._tops:
                    self._put(patient, wanted)
            del self._left[-20:]
            if time.perf_counter() > end:
                return
        if not self._left:
            with self._moving(every=True):
                self._let_go(self._shown)
                self._shown, self._next = wanted, None
            self._unread.clear()

    def _read_names(self, patient: Row) -> None:
        for row in (patient, *patient.entities):
            for source in self._unread & row.matches.keys():
                match = row.matches[source]
                if isinstance(match, PatientMatch):
                    row.matches[source] = self._names.read_patient(match)
                elif isinstance(match, StudyMatch):
                    row.matches[source] = self._names.read(match)
            self._forget(row)

    # --- within -----------------------------------------------------------------------------------------

    @contextmanager
    def _moving(self, patients: Iterable[Row] = (), *, every: bool = False) -> Iterator[dict[int, Row]]:
        """Rows come, go or change places within; afterwards these patients are put anew.

        What is held of rows from outside goes with them. With ``every``, all rows may look different.
        """
        touched = {patient.number: patient for patient in patients}
        self.layoutAboutToBeChanged[_HINTED].emit([], _ONLY_ROWS)  # type: ignore[index]
        before = self.persistentIndexList()
        yield touched
        for patient in touched.values():
            self._put(patient, *self._arrangements)
        self.touched = None if every else touched.keys()
        after = [self._moved(old) for old in before]
        self.changePersistentIndexList(before, after)
        self.layoutChanged[_HINTED].emit([], _ONLY_ROWS)  # type: ignore[index]

    def _put(self, patient: Row, *arrangements: RowProjection) -> None:
        for arrangement in arrangements:
            arrangement.put(patient)
        self._grow()

    def _grow(self) -> None:
        """A row was made or put: from time to time what is there is kept out of the search for garbage."""
        self._made += 1
        if self._made % _MADE_BETWEEN == 0:
            freeze_objects()

    def _moved(self, old: QModelIndex) -> QModelIndex:
        row = self._rows.get(old.internalId())
        return QModelIndex() if row is None else self.index_of(row, old.column())

    def _forget(self, row: Row) -> None:
        row.text = ""
        for arrangement in self._arrangements:
            arrangement.forget(row)

    def _tell_all(self, rows: Sequence[Row]) -> None:
        """Facts of images of one series, in their order, are others."""
        if not rows:
            return
        first, last = self.index_of(rows[0]), self.index_of(rows[-1], len(Column) - 1)
        if first.isValid() and last.isValid():
            self.dataChanged.emit(first, last)

    def _tell(self, row: Row) -> None:
        """Facts of a row are others; the rows on show stay where they are until something moves."""
        self._forget(row)
        first = self.index_of(row)
        if first.isValid():
            self.dataChanged.emit(first, first.siblingAtColumn(len(Column) - 1))
