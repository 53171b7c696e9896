"""Sort and filter the rows of a result tree into the flat list of those in sight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from workstation.dicom.levels import Level
from workstation.models.columns import Column, cell, sort_key
from workstation.models.paged_list import Key, Page, PagedList
from workstation.models.row_filter import matching_studies
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """By what rows are sorted and filtered, and which are open.

    Attributes:
        column: By which they are sorted.
        descending: The greatest first.
        words: Rows that do not hold all of them are out of sight.
        opened: Numbers of the rows the user opened.
        closed: Numbers of the patients the user closed, which are open as soon as their studies are known.
    """

    column: Column = Column.DATE
    descending: bool = True
    words: tuple[str, ...] = ()
    opened: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)

    def filtered(self, words: tuple[str, ...]) -> Arrangement:
        """The same with another filter; every patient is open then."""
        return replace(self, words=words, closed=set())

    def sorted(self, column: Column, *, descending: bool) -> Arrangement:
        """The same in another order."""
        return replace(self, column=column, descending=descending)

    def closed_again(self) -> Arrangement:
        """The same for the rows of another search."""
        return replace(self, opened=set(), closed=set())


class _Backwards:
    """Sorts the other way round than what it holds."""

    __slots__ = ("_held",)

    def __init__(self, held: tuple[str, int]) -> None:
        self._held = held

    def __lt__(self, other: _Backwards) -> bool:
        return other._held < self._held


class RowProjection:
    """Puts patients with all that is in sight below them into pages.

    A patient is put again when something below it has come or gone; what is in the pages stays consistent
    until then, whatever is changed in the rows.

    Attributes:
        arrangement: By what rows are sorted and filtered, and which are open.
        pages: The rows in sight.
        shown: With a filter, how many studies it lets through, those that stand apart left out.
    """

    def __init__(self, arrangement: Arrangement) -> None:
        self.arrangement = arrangement
        self._column, self._descending = arrangement.column, arrangement.descending
        self._opened, self._closed = arrangement.opened, arrangement.closed
        self.pages = PagedList(descending=self._descending)
        self._keys = ShardedDict[int, Key]()
        self.shown = 0
        self._shown_of = ShardedDict[int, int]()

    def put(self, patient: Row) -> None:
        """Put a patient at its position, or keep it out of sight; what stands apart comes last."""
        self.take(patient)
        line = patient if patient.is_line else patient.parent
        if patient is line:
            self.pages.put(patient, (self._part(1),), [patient])
            return
        words = self.arrangement.words
        studies = matching_studies(patient, words) if line is None or self.is_open(line) else None
        if studies is not None and words and not patient.apart:
            found = sum(not row.error for row in studies)
            self.shown += found
            self._shown_of[patient.number] = found
        if studies is not None:
            key = self._key(patient)
            order: object = -patient.number if self._descending else patient.number
            if not key:
                order = self._name_order(patient)
            self.pages.put(
                patient, (self._part(2 if patient.apart else 0), key, order), self._block(patient, studies)
            )

    def take(self, patient: Row) -> None:
        """Take a patient out of sight, if it is there."""
        self.pages.take(patient)
        self.shown -= self._shown_of.pop(patient.number) or 0

    def _block(self, patient: Row, studies: list[Row]) -> list[Row]:
        """The rows in sight of a patient; one that is listed for a single study has no row of its own."""
        alone = patient.only_study is not None
        block = [] if alone else [patient]
        if alone or self.is_open(patient):
            self._add(block, self._sorted(studies))
        return block

    def _part(self, part: int) -> int:
        """The sort key of a part of the list: their order is the same when rows are sorted descending."""
        return -part if self._descending else part

    def _name_order(self, patient: Row) -> object:
        """The order of patients without studies to sort them by: that of names, always ascending."""
        name = cell(patient, Column.NAME).casefold(), patient.number
        return _Backwards(name) if self._descending else name

    def forget(self, row: Row) -> None:
        """Forget the sort keys of a row and of those above it: what they are made from changed."""
        one: Row | None = row
        while one is not None:
            self._keys.pop(one.number)
            one = one.parent

    @property
    def containers(self) -> tuple[list[Page] | dict[int, Page] | dict[int, Key] | dict[int, int], ...]:
        """What the rows are kept in, to be freed once another projection is shown."""
        return self.pages.pages, *self.pages.page_of.parts, *self._keys.parts, *self._shown_of.parts

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are in sight where it is."""
        if row.number in self._opened:
            return True
        if row.is_line:
            return False
        return row.level is Level.PATIENT and bool(row.children) and row.number not in self._closed

    def was_opened(self, number: int) -> bool:
        """Whether the user opened this row."""
        return number in self._opened

    def open(self, row: Row) -> None:
        """Let the rows below it be in sight."""
        self._closed.discard(row.number)
        self._opened.add(row.number)

    def close(self, row: Row) -> None:
        """Let the rows below it be out of sight."""
        self._opened.discard(row.number)
        self._closed.add(row.number)

    def _add(self, block: list[Row], rows: list[Row]) -> None:
        for row in rows:
            block.append(row)
            if row.number not in self._opened:
                continue
            if row.level is Level.SERIES:
                block += row.children  # perhaps a hundred thousand, with nothing below
            else:
                self._add(block, row.children)

    def _sorted(self, studies: list[Row]) -> list[Row]:
        if len(studies) < 2:
            return studies
        messages = [row for row in studies if row.error]
        found = sorted((row for row in studies if not row.error), key=self._key, reverse=self._descending)
        return [*found, *messages]

    def _key(self, row: Row) -> Key:
        known = self._keys.get(row.number)
        if known is None:
            known = self._keys[row.number] = self._new_key(row)
        return known

    def _new_key(self, row: Row) -> Key:
        key = sort_key(row, self._column)
        if key is not None:
            return key
        if row.searched:
            return ()  # opening it must not move it
        keys = [self._key(study) for study in row.children if not study.error]
        return (max(keys) if self._descending else min(keys)) if keys else ()
