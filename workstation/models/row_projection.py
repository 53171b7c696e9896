"""One way to show the rows: sorted by a column, sifted by words, some open and some closed."""

from __future__ import annotations

from workstation.dicom.levels import Level
from workstation.models.columns import Column, cell, sort_key
from workstation.models.paged_list import Key, Page, PagedList
from workstation.models.row_filter import sift
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict


class _Backwards:
    """Sorts the other way round than what it holds."""

    __slots__ = ("_held",)

    def __init__(self, held: tuple[str, int]) -> None:
        self._held = held

    def __lt__(self, other: _Backwards) -> bool:
        return other._held < self._held


class RowProjection:
    """Puts patients with all that is in sight below them into pages.

    A row is put again when something below it has come or gone; what is in the pages stays consistent until
    then, whatever is changed in the rows.

    Attributes:
        opened: Numbers of the rows a person opened.
        closed: Numbers of the patients a person closed, which are open as soon as their studies are known.
    """

    def __init__(
        self,
        column: Column,
        descending: bool,
        words: tuple[str, ...],
        opened: set[int],
        closed: set[int],
    ) -> None:
        self.column, self.descending, self.words = column, descending, words
        self.opened, self.closed = opened, closed
        self.pages = PagedList(descending=descending)
        self._keys = ShardedDict[int, Key]()

    def put(self, patient: Row) -> None:
        """Put a patient in its place, or keep it out of sight; last of all what stands apart."""
        self.pages.take(patient)
        line = patient if patient.is_line else patient.parent
        if patient is line:
            self.pages.put((self._part(1),), [patient])
            return
        studies = sift(patient, self.words) if line is None or self.is_open(line) else None
        if studies is not None:
            key = self._key(patient)
            order: object = -patient.number if self.descending else patient.number
            if not key:
                order = self._by_name(patient)
            block = [patient]
            if self.is_open(patient):
                self._add(block, self._sorted(studies))
            self.pages.put((self._part(2 if patient.apart else 0), key, order), block)

    def _part(self, part: int) -> int:
        """The parts of the list stand one below the other whichever way each is sorted."""
        return -part if self.descending else part

    def _by_name(self, patient: Row) -> object:
        """The order of patients whose studies do not say where they stand: that of names, always."""
        name = cell(patient, Column.NAME).casefold(), patient.number
        return _Backwards(name) if self.descending else name

    def forget(self, row: Row) -> None:
        """The facts by which a row is sorted are others."""
        one: Row | None = row
        while one is not None:
            self._keys.pop(one.number)
            one = one.parent

    @property
    def holdings(self) -> tuple[list[Page] | dict[int, Page] | dict[int, Key], ...]:
        """What it is made of; for nobody once another one is shown."""
        return self.pages.pages, *self.pages.homes.parts, *self._keys.parts

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are in sight where it is."""
        if row.number in self.opened:
            return True
        if row.is_line:
            return False
        return row.level is Level.PATIENT and bool(row.children) and row.number not in self.closed

    def open(self, row: Row) -> None:
        """Let the rows below it be seen."""
        self.closed.discard(row.number)
        self.opened.add(row.number)

    def close(self, row: Row) -> None:
        """Let the rows below it be seen no more."""
        self.opened.discard(row.number)
        self.closed.add(row.number)

    def _add(self, block: list[Row], rows: list[Row]) -> None:
        for row in rows:
            block.append(row)
            if row.number not in self.opened:
                continue
            if row.level is Level.SERIES:
                block += row.children  # perhaps a hundred thousand, with nothing below
            else:
                self._add(block, row.children)

    def _sorted(self, studies: list[Row]) -> list[Row]:
        if len(studies) < 2:
            return studies
        messages = [row for row in studies if row.error]
        found = sorted((row for row in studies if not row.error), key=self._key, reverse=self.descending)
        return [*found, *messages]

    def _key(self, row: Row) -> Key:
        known = self._keys.get(row.number)
        if known is None:
            known = self._keys[row.number] = self._told(row)
        return known

    def _told(self, row: Row) -> Key:
        key = sort_key(row, self.column)
        if key is not None:
            return key
        if row.itself:
            return ()  # opening it must not move it
        keys = [self._key(study) for study in row.children if not study.error]
        return (max(keys) if self.descending else min(keys)) if keys else ()
