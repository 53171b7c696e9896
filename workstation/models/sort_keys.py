"""Work out by what rows are sorted, as keys that Python compares quickly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workstation.dicom.levels import Level
from workstation.models.arrangement import Sort
from workstation.models.columns import COLUMNS, Column, cell, newest_first, sort_key, sort_value
from workstation.models.paged_list import Key
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict
from workstation.models.study_groups import GroupRow
from workstation.settings.list_layout import ListLayout

_LAST: Final = 0x10FFFF
"""The greatest code point."""
_MADE_OF: Final = {
    ListLayout.DAY: Sort(Column.DATE, descending=True),
    ListLayout.MODALITY: Sort(Column.MODALITY, descending=False),
    ListLayout.SOURCE: Sort(Column.SOURCE, descending=False),
}
"""The column groups are made of, and their order where that column does not sort."""


def inverted(value: object) -> object:
    """Return what sorts the other way round: of a number, a text, or a tuple of them of one shape."""
    if isinstance(value, tuple):
        return tuple(map(inverted, value))
    if isinstance(value, str):
        return "".join(chr(_LAST - ord(letter)) for letter in value) + chr(_LAST)
    assert isinstance(value, int | float)
    return -value


class SortKeys:
    """The keys by which the rows of a projection are sorted, each kept until what it is made of changes.

    They are ascending or descending as the first column that sorts; what sorts the other way is inverted.

    Attributes:
        descending: The row with the greatest key is shown first.
    """

    def __init__(self, sorts: tuple[Sort, ...], layout: ListLayout) -> None:
        self._sorts, self._layout = sorts, layout
        self._flat = layout is not ListLayout.TREE
        self.descending = sorts[0].descending
        self._column = sorts[0].column
        self._one = len(sorts) == 1
        of_patient = any(COLUMNS[sort.column].of_patient for sort in sorts)
        self._of_patient = of_patient and self._one
        self._outlived = any(sort.column is Column.AGE for sort in sorts) or (of_patient and not self._one)
        self._known = ShardedDict[int, Key]()
        self._of_groups: dict[int, Key] = {}

    @property
    def parts(self) -> Sequence[dict[int, Key]]:
        """What the keys are kept in."""
        return self._known.parts

    def forget(self, row: Row) -> None:
        """Forget the keys of a row and of those above it: what they are made from changed."""
        one: Row | None = row
        while one is not None:
            self._known.pop(one.number)
            one = one.parent

    def forget_below(self, patient: Row) -> None:
        """Forget the keys of studies made of facts of the patient, of which another study may tell."""
        if self._outlived:
            for study in patient.children:
                self._known.pop(study.number)

    # --- Keys -------------------------------------------------------------------------------------------

    def of(self, row: Row) -> Key:
        """The key of a patient, or of a study below one."""
        known = self._known.get(row.number)
        if known is None:
            known = self._known[row.number] = self._new_key(row)
        return known

    def of_study_alone(self, study: Row, patient: Row) -> Key:
        """The key of a study that stands by itself; what is the patient's is kept with the patient."""
        return (*self.of(patient), *self.of(study)) if self._of_patient else self.of(study)

    def of_group(self, group: GroupRow) -> Key:
        """The key of a group: what is not told comes last, whichever way the others are sorted."""
        known = self._of_groups.get(group.number)
        if known is None:
            made_of = _MADE_OF[group.by]
            chosen = next((sort for sort in self._sorts if sort.column is made_of.column), made_of)
            value: object = group.key if group.by is ListLayout.DAY else (group.title.casefold(),)
            if chosen.descending and group.key:
                value = inverted(value)
            # the number besides: two groups may have one title
            known = self._of_groups[group.number] = self.ascending((not group.key, value, group.number))
        return known

    def ascending(self, key: Key) -> Key:
        """What makes rows ascend by ``key``, whichever way rows are sorted."""
        if not self.descending:
            return key
        found = inverted(key)
        assert isinstance(found, tuple)
        return found

    def place(self, number: int) -> int:
        """The key of a place in the list; their order is the same whichever way rows are sorted."""
        return -number if self.descending else number

    def order(self, row: Row) -> object:
        """The order of rows with equal keys: as they came."""
        return self.place(row.number)

    def patient_order(self, patient: Row) -> object:
        """The same of patients; without studies to sort them by it is that of names, always ascending."""
        if any(self.of(patient)) if not self._one else self.of(patient):
            return self.order(patient)
        return self.ascending((cell(patient, Column.NAME).casefold(), patient.number))

    def _new_key(self, row: Row) -> Key:
        if not self._one:
            return tuple(self._part(row, sort) for sort in self._sorts)
        if self._of_patient and self._flat and row.level is Level.STUDY:
            return newest_first(row, descending=self.descending)
        key = sort_key(row, self._column)
        if key is not None:
            return key
        if row.searched:
            return ()  # opening it must not move it
        keys = [self.of(study) for study in row.children if not study.error]
        return (max(keys) if self.descending else min(keys)) if keys else ()

    # --- Several columns --------------------------------------------------------------------------------

    def _part(self, row: Row, sort: Sort) -> Key:
        """What one of several columns adds to a key; empty: nothing, which sorts before everything."""
        key = self._by_column(row, sort)
        if not key:
            return ()
        if sort.descending is self.descending:
            return key
        found = inverted(key)
        assert isinstance(found, tuple)
        return found

    def _by_column(self, row: Row, sort: Sort) -> Key:
        last = sort is self._sorts[-1]
        made = sort_key if last else sort_value
        if self._flat and row.level is Level.STUDY and row.parent and COLUMNS[sort.column].of_patient:
            key = made(row.parent, sort.column) or ()
            return (*key, *newest_first(row, descending=sort.descending)) if last else key
        own = made(row, sort.column)
        if own is not None:
            return own
        if row.searched:
            return ()
        keys = [self._by_column(study, sort) for study in row.children if not study.error]
        return (max(keys) if sort.descending else min(keys)) if keys else ()
