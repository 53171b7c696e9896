"""Keep the list of rows in sight true to a result tree; put it into another order a slice at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import override

from workstation.dicom.levels import Level
from workstation.models.arrangement import MOST_SORTS, Arrangement, Sort
from workstation.models.filter_terms import read_filter
from workstation.models.result_tree import ResultTree
from workstation.models.row_filter import matching_studies
from workstation.models.row_projection import RowProjection
from workstation.models.rows import Row
from workstation.models.study_groups import GroupKey, GroupRow, StudyGroups
from workstation.models.tree_observer import TreeObserver
from workstation.settings.list_layout import ListLayout

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
        self._groups = StudyGroups(tree.store)
        self._shown = RowProjection(Arrangement(), self._groups)
        self._next: RowProjection | None = None
        self._left: list[Row] = []  # patients not yet in the next projection
        self._ordered: list[GroupRow] | None = None
        self._places: dict[int, int] = {}  # of groups from the top, by number
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
        found = matching_studies(patient, self._shown.arrangement.terms) or []
        return [row for row in found if not row.error]

    @property
    def layout(self) -> ListLayout:
        """How studies are arranged."""
        return self._shown.arrangement.layout

    @property
    def filtered_count(self) -> int | None:
        """How many studies the filter lets through, those apart left out; None: there is no filter."""
        return self._shown.shown if self._shown.arrangement.terms else None

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
    def sorts(self) -> tuple[Sort, ...]:
        """What sorts the rows, or will once the order being made is shown."""
        return self._latest.arrangement.sorts

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
        """Keep only rows in sight that fit what is ``typed``; every patient and group is open then."""
        wanted, terms = self._latest.arrangement, read_filter(typed).terms
        if terms != wanted.terms:
            self._arrange(wanted.filtered(terms))

    def sort(self, *sorts: Sort) -> None:
        """Sort by a column, where that is equal by the second, and so on."""
        wanted = self._latest.arrangement
        if sorts and sorts[:MOST_SORTS] != wanted.sorts:
            self._arrange(wanted.sorted(sorts[:MOST_SORTS]))

    def lay_out(self, layout: ListLayout) -> None:
        """Show studies below their patients, each by itself, or in groups."""
        wanted = self._latest.arrangement
        if layout is not wanted.layout:
            self._arrange(wanted.laid_out(layout))

    # --- Groups -----------------------------------------------------------------------------------------

    def group_of(self, study: Row) -> GroupRow | None:
        """The group that a study stands in; None: it is in none."""
        members = self._shown.members
        return members.group_of.get(study.number) if members is not None else None

    def above(self, row: Row) -> Row | None:
        """The row in the list that a row stands below: its parent, or its group; None: there is none."""
        return self.group_of(row) or (None if row.stands_alone else row.parent)

    def is_within(self, row: Row, other: Row) -> bool:
        """Whether a row is another one, or stands below it."""
        one: Row | None = row
        while one is not None and one is not other:
            one = self.above(one)
        return one is other

    @property
    def groups(self) -> list[GroupRow]:
        """The groups that are shown, from the top; put in order once until rows move."""
        if self._ordered is None:
            counts = self._shown.members.counts if self._shown.members is not None else {}
            rows = [row for number in counts if isinstance(row := self._tree.find(number), GroupRow)]
            self._ordered = self._shown.ordered(rows)
            self._places = {group.number: place for place, group in enumerate(self._ordered)}
        return self._ordered

    def headers_to(self, position: int) -> int:
        """How many headers of groups there are down to a position, that one included."""
        groups, row = self.groups, self.at(position)
        study = row.above(Level.STUDY)
        group = row if row.is_group else self.group_of(study) if study is not None else None
        return len(groups) if group is None else self._places[group.number] + 1

    @property
    def in_closed_groups(self) -> list[Row]:
        """Patients of whom studies may be in a group that is closed."""
        if self._shown.members is None or not self._shown.arrangement.closed_groups:
            return []
        return [patient for patient in self._tree.store.patients.values() if patient.splits]

    @property
    def closed_groups(self) -> set[GroupKey]:
        """What the groups are of that were closed."""
        return set(self._latest.arrangement.closed_groups)

    def close_groups(self, groups: Iterable[GroupKey]) -> None:
        """Let these groups be closed, and no others."""
        wanted, closed = self._latest.arrangement, set(groups)
        if closed != wanted.closed_groups:
            self._arrange(wanted.with_closed_groups(closed))

    def fold(self, group: GroupRow, *, open_: bool) -> None:
        """Show the studies of a group, or no more: at once, or in slices if they are many."""
        patients: dict[int, Row] = {}
        for projection in self._projections:
            few = projection.members.few_of(group) if projection.members is not None else []
            if few is None:
                closed = self.closed_groups
                self.close_groups(closed - {group.key} if open_ else closed | {group.key})
                return
            patients.update((study.top.number, study.top) for study in few)
        with self._tree.changes.moving(patients.values()):
            for projection in self._projections:
                projection.fold(group.key, open_=open_)

    def take_recounted(self) -> set[int]:
        """Numbers of the groups whose counts changed since this was asked."""
        members = self._shown.members
        if members is None:
            return set()
        changed, members.changed = members.changed, set()
        return changed

    @property
    def _latest(self) -> RowProjection:
        return self._next or self._shown

    @property
    def _projections(self) -> tuple[RowProjection, ...]:
        return (self._shown,) if self._next is None else (self._shown, self._next)

    def _arrange(self, arrangement: Arrangement) -> None:
        if self._next is not None:
            self._tree.freeing.take(*self._next.containers)
        self._next = RowProjection(arrangement, self._groups)
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
        layout, members = self._tree.store.layout, projection.members
        layout.kind = projection.arrangement.layout
        layout.counts = members.counts if members is not None else {}

    def _put(self, patient: Row, *projections: RowProjection) -> None:
        for projection in projections:
            projection.put(patient)
        self._tree.freeing.grow()

    # --- What happens to the tree -----------------------------------------------------------------------

    @override
    def after_reset(self) -> None:
        for projection in self._projections:
            self._tree.freeing.take(*projection.containers)
        self._groups.clear()
        self._ordered = None
        self._show(RowProjection(self._latest.arrangement.closed_again(), self._groups))
        self._left = []

    @override
    def after_move(self, patients: Mapping[int, Row] | None) -> None:
        self._ordered = None
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
    def modalities_known(self, study: Row) -> None:
        """Put a study into the group of its modalities."""
        in_groups = [one.members for one in self._projections if one.members is not None]
        if any(one.group_of.get(study.number) not in (None, one.group_for(study)) for one in in_groups):
            with self._tree.changes.moving([study.top]):
                pass

    @override
    def names_changed(self) -> None:
        self._arrange(self._latest.arrangement)
