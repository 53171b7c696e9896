"""Keep the list of rows in sight true to a result tree; put it into another order a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import override

from workstation.models.columns import Column
from workstation.models.result_tree import ResultTree
from workstation.models.row_filter import matching_studies, words_of
from workstation.models.row_projection import Arrangement, RowProjection
from workstation.models.rows import Row
from workstation.models.tree_observer import TreeObserver

_AT_ONCE = 300
"""So many patients are put in order before the event loop turns; more of them, in slices."""
_BETWEEN_LOOKS = 20
"""Patients put in order between two looks at the clock."""


class VisibleRows(TreeObserver):
    """The rows of a :class:`~workstation.models.result_tree.ResultTree` that are in sight, without Qt.

    Another order or filter is made beside the one on show, a slice at a time, and then replaces it at once;
    what comes meanwhile goes into both. So what is done for each batch of answers does not grow with the
    number of rows.
    """

    def __init__(self, tree: ResultTree) -> None:
        self._tree = tree
        self._shown = RowProjection(Arrangement())
        self._next: RowProjection | None = None
        self._left: list[Row] = []  # patients not yet in the next projection
        tree.changes.add(self)

    # --- Asking -----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._shown.pages)

    def at(self, position: int) -> Row:
        """The row at a position."""
        return self._shown.pages.at(position)

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is out of sight."""
        return self._shown.pages.position(row) if self._tree.find(row.number) is not None else None

    def between(self, first: int, last: int) -> Iterator[Row]:
        """The rows from one position to another, both included."""
        return self._shown.pages.between(first, last)

    def studies_of(self, patient: Row) -> list[Row]:
        """The studies of a patient that the filter lets through, whether the patient is open or not."""
        found = matching_studies(patient, self._shown.arrangement.words) or []
        return [row for row in found if not row.error]

    @property
    def flat(self) -> bool:
        """Whether each study is shown by itself."""
        return self._shown.arrangement.flat

    @property
    def filtered_count(self) -> int | None:
        """How many studies the filter lets through, those apart left out; None: there is no filter."""
        return self._shown.shown if self._shown.arrangement.words else None

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are shown."""
        return row.opens and self._shown.is_open(row)

    def will_be_open(self, row: Row) -> bool:
        """Whether the rows below it are shown once the order being made is shown."""
        return self._latest.is_open(row)

    def was_opened(self, row: Row) -> bool:
        """Whether the user opened this row."""
        return any(projection.was_opened(row.number) for projection in self._projections)

    @property
    def opened(self) -> list[int]:
        """Numbers of the rows that were opened; patients are open without that."""
        return list(self._latest.arrangement.opened)

    @property
    def closed(self) -> list[int]:
        """Numbers of the rows that were closed."""
        return list(self._latest.arrangement.closed)

    @property
    def arranging(self) -> bool:
        """Whether another order or filter is being made, and not yet shown."""
        return self._next is not None

    # --- Opening, sorting, filtering --------------------------------------------------------------------

    def open(self, rows: Iterable[Row]) -> None:
        """Show the rows below these."""
        for row in rows:
            for projection in self._projections:
                projection.open(row)

    def close(self, row: Row) -> None:
        """Show the rows below this one no more."""
        for projection in self._projections:
            projection.close(row)

    def set_filter(self, typed: str) -> None:
        """Keep only rows in sight that hold every word of ``typed``; every patient is open then."""
        wanted, words = self._latest.arrangement, words_of(typed)
        if words != wanted.words:
            self._arrange(wanted.filtered(words))

    def sort(self, column: Column, *, descending: bool) -> None:
        """Sort by a column."""
        wanted = self._latest.arrangement
        if (column, descending) != (wanted.column, wanted.descending):
            self._arrange(wanted.sorted(column, descending=descending))

    def set_flat(self, *, flat: bool) -> None:
        """Show each study by itself, or below its patient again."""
        wanted = self._latest.arrangement
        if flat != wanted.flat:
            self._arrange(wanted.laid_out(flat=flat))

    @property
    def _latest(self) -> RowProjection:
        return self._next or self._shown

    @property
    def _projections(self) -> tuple[RowProjection, ...]:
        return (self._shown,) if self._next is None else (self._shown, self._next)

    def _arrange(self, arrangement: Arrangement) -> None:
        if self._next is not None:
            self._tree.freeing.take(*self._next.containers)
        self._next = RowProjection(arrangement)
        self._left = list(self._tree.store.patients.values())
        if len(self._left) <= _AT_ONCE:
            self._arrange_some(float("inf"))
        self._tree.changes.work_left()

    # --- Work in slices ---------------------------------------------------------------------------------

    @property
    def working(self) -> bool:
        """Whether :meth:`work` has anything to do."""
        return self.arranging or bool(self._tree.freeing)

    def work(self, until: float) -> None:
        """Do a slice of what need not be done at once, until that moment of :func:`time.perf_counter`."""
        if self._next is not None:
            self._arrange_some(until)
        self._tree.freeing.free(until)

    def _arrange_some(self, until: float) -> None:
        """Put patients in the next order until none are left, or the time has come."""
        wanted = self._next
        assert wanted is not None
        patients = self._tree.store.patients
        while self._left:
            for patient in self._left[-_BETWEEN_LOOKS:]:
                self._tree.read_names(patient)
                if patient.number in patients:
                    self._put(patient, wanted)
            del self._left[-_BETWEEN_LOOKS:]
            if time.perf_counter() > until:
                return
        with self._tree.changes.moving(every=True):
            self._tree.freeing.take(*self._shown.containers)
            self._show(wanted)
        self._tree.names_read()

    def _show(self, projection: RowProjection) -> None:
        self._shown, self._next = projection, None
        self._tree.store.layout.flat = projection.arrangement.flat

    def _put(self, patient: Row, *projections: RowProjection) -> None:
        for projection in projections:
            projection.put(patient)
        self._tree.freeing.grow()

    # --- What happens to the tree -----------------------------------------------------------------------

    @override
    def after_reset(self) -> None:
        for projection in self._projections:
            self._tree.freeing.take(*projection.containers)
        self._show(RowProjection(self._latest.arrangement.closed_again()))
        self._left = []

    @override
    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        for patient in (patients or {}).values():
            for projection in self._projections:
                projection.let_go(patient)
        for patient in (patients or {}).values():
            self._put(patient, *self._projections)

    @override
    def order_changed(self, row: Row) -> None:
        self._shown.forget(row)
        if self._next is not None:
            self._next.forget(row)

    @override
    def patient_removed(self, patient: Row) -> None:
        for projection in self._projections:
            projection.take(patient)

    @override
    def row_merged(self, gone: Row, kept: Row) -> None:
        for projection in self._projections:
            if projection.was_opened(gone.number):
                projection.open(kept)

    @override
    def names_changed(self) -> None:
        self._arrange(self._latest.arrangement)
