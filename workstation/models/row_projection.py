"""Sort and filter the rows of a result tree into the flat list of those in sight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from workstation.dicom.levels import Level
from workstation.models.columns import COLUMNS, Column, cell, newest_first, sort_key
from workstation.models.paged_list import Block, Key, PagedList
from workstation.models.row_filter import matching_studies
from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How studies are shown, by what rows are sorted and filtered, and which are open.

    Attributes:
        flat: See :class:`~workstation.models.layout.Layout`.
        column: By which they are sorted.
        descending: The greatest first.
        words: Rows that do not hold all of them are out of sight.
        opened: Numbers of the rows the user opened.
        closed: Numbers of the patients the user closed, which are open as soon as their studies are known.
    """

    flat: bool = False
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

    def laid_out(self, *, flat: bool) -> Arrangement:
        """The same with studies shown by themselves, or below their patients."""
        return replace(self, flat=flat)

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
    """Puts patients with all that is in sight below them into pages; in a flat list, each of their studies.

    A patient is put again when something below it has come or gone; what is in the pages stays consistent
    until then, whatever is changed in the rows.

    Attributes:
        arrangement: How studies are shown, by what rows are sorted and filtered, and which are open.
        pages: The rows in sight.
        shown: With a filter, how many studies it lets through, those that stand apart left out.
    """

    def __init__(self, arrangement: Arrangement) -> None:
        self.arrangement = arrangement
        self._column, self._descending = arrangement.column, arrangement.descending
        self._opened, self._closed = arrangement.opened, arrangement.closed
        self._flat = arrangement.flat
        self._of_patient = COLUMNS[arrangement.column].of_patient
        self.pages = PagedList(descending=self._descending)
        self._keys = ShardedDict[int, Key]()
        self.shown = 0
        self._shown_of = ShardedDict[int, int]()
        self._heads = ShardedDict[int, list[Row]]()  # by number of a patient, its studies in a flat list

    def put(self, patient: Row) -> None:
        """Put a patient at its position, or keep it out of sight; what stands apart comes last."""
        line = patient if patient.is_line else patient.parent
        if patient is line:
            self._place(patient, [(patient, (self._part(1),), [patient])])
            return
        words = self.arrangement.words
        studies = matching_studies(patient, words) if line is None or self.is_open(line) else None
        if self.arrangement.column is Column.AGE:
            for study in patient.children:  # another study may have told the date of birth
                self._keys.pop(study.number)
        self.shown -= self._shown_of.pop(patient.number) or 0
        if studies is not None and words and not patient.apart:
            found = sum(not row.error for row in studies)
            self.shown += found
            self._shown_of[patient.number] = found
        self._place(patient, [] if studies is None else self._blocks(patient, studies))

    def take(self, patient: Row) -> None:
        """Take a patient out of sight, if it is there."""
        self._place(patient, [])
        self.shown -= self._shown_of.pop(patient.number) or 0

    def let_go(self, patient: Row) -> None:
        """Take those studies out of sight that are of another patient now, which is put later."""
        heads = self._heads.get(patient.number)
        if heads is not None:
            gone = [study for study in heads if study.parent is not patient]
            for study in gone:
                self.pages.take(study)
                heads.remove(study)

    def _place(self, patient: Row, blocks: list[tuple[Row, Key, Block]]) -> None:
        """Show these blocks of a patient, each with its first row and its key, and no others."""
        before = self._heads.pop(patient.number) or [patient]
        heads = [head for head, _, _ in blocks]
        numbers = {head.number for head in heads}
        for head in before:
            if head.number not in numbers:
                self.pages.take(head)
        for head, key, block in blocks:
            self.pages.put(head, key, block)
        if heads and heads != [patient]:
            self._heads[patient.number] = heads

    def _blocks(self, patient: Row, studies: list[Row]) -> list[tuple[Row, Key, Block]]:
        """The rows in sight of a patient: one block, or in a flat list one for each study."""
        part = self._part(2 if patient.apart else 0)
        if self._flat and patient.splits:
            return [
                (study, (part, self._flat_key(study, patient), self._order(study)), self._below([study]))
                for study in studies
            ]
        key = self._key(patient)
        order = self._order(patient) if key else self._name_order(patient)
        return [(patient, (part, key, order), self._block(patient, studies))]

    def _block(self, patient: Row, studies: list[Row]) -> Block:
        """The rows in sight of a patient; one that is listed for a single study has no row of its own."""
        if patient.only_study is not None:
            return self._below(studies)
        return [patient, *(self._below(self._sorted(studies)) if self.is_open(patient) else [])]

    def _order(self, row: Row) -> int:
        """The order of rows with equal keys: as they came."""
        return -row.number if self._descending else row.number

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
    def containers(self) -> tuple[list[Any] | dict[int, Any], ...]:
        """What the rows are kept in, to be freed once another projection is shown."""
        return (
            self.pages.pages,
            *(part for kept in (self.pages.page_of, self._keys, self._shown_of) for part in kept.parts),
            *self._heads.parts,
        )

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

    def _below(self, rows: list[Row]) -> Block:
        """These rows, each with those in sight below it."""
        block: Block = []
        for row in rows:
            block.append(row)
            if row.number not in self._opened:
                continue
            # of a series perhaps a hundred thousand, with nothing below
            block += row.children if row.level is Level.SERIES else self._below(row.children)
        return block

    def _sorted(self, studies: list[Row]) -> list[Row]:
        if len(studies) < 2:
            return studies
        messages = [row for row in studies if row.error]
        found = sorted((row for row in studies if not row.error), key=self._key, reverse=self._descending)
        return [*found, *messages]

    def _flat_key(self, study: Row, patient: Row) -> Key:
        """The sort key of a study in a flat list; what it takes from its patient is kept with the patient."""
        return (*self._key(patient), *self._key(study)) if self._of_patient else self._key(study)

    def _key(self, row: Row) -> Key:
        known = self._keys.get(row.number)
        if known is None:
            known = self._keys[row.number] = self._new_key(row)
        return known

    def _new_key(self, row: Row) -> Key:
        if self._flat and self._of_patient and row.level is Level.STUDY:
            return newest_first(row, descending=self._descending)
        key = sort_key(row, self._column)
        if key is not None:
            return key
        if row.searched:
            return ()  # opening it must not move it
        keys = [self._key(study) for study in row.children if not study.error]
        return (max(keys) if self._descending else min(keys)) if keys else ()
