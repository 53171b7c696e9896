"""Keep a sorted list in pages, so that inserting and finding cost little however many rows there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain

from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict

Key = tuple[object, ...]
Block = list[Row]
"""The rows in sight of a patient."""
_FULL = 128
_LOOKED_UP = 10


class Page:
    """Neighbouring patients.

    Attributes:
        keys: By which each block is sorted; ascending.
        patients: Of whom each block is.
        size: Rows in all blocks.
        rows: These rows, from the top, once they were asked for.
        positions: By number of a row, its position among them, once that was asked often.
        asked: How often it was.
    """

    __slots__ = ("asked", "blocks", "keys", "patients", "positions", "rows", "size")

    def __init__(self, keys: list[Key], patients: list[Row], blocks: list[Block]) -> None:
        self.keys = keys
        self.patients = patients
        self.blocks = blocks
        self.size = sum(map(len, blocks))
        self._forget()

    def _forget(self) -> None:
        self.rows: list[Row] | None = None
        self.positions: dict[int, int] | None = None
        self.asked = 0

    def put(self, patient: Row, key: Key, block: Block) -> None:
        """Insert a block where its key says."""
        position = bisect_left(self.keys, key)
        self.keys.insert(position, key)
        self.patients.insert(position, patient)
        self.blocks.insert(position, block)
        self.size += len(block)
        self._forget()

    def take(self, position: int) -> Block:
        """Take a block out."""
        del self.keys[position], self.patients[position]
        block = self.blocks.pop(position)
        self.size -= len(block)
        self._forget()
        return block

    def position(self, row: Row, rows: list[Row]) -> int | None:
        """The position of a row among the ``rows`` of this page; a table is made when it is asked often."""
        self.asked += 1
        if self.asked > _LOOKED_UP and self.positions is None:
            self.positions = {one.number: position for position, one in enumerate(rows)}
        if self.positions is not None:
            return self.positions.get(row.number)
        try:
            return rows.index(row)
        except ValueError:
            return None


class PagedList:
    """All rows in sight by their position, and the position of each.

    Attributes:
        pages: By ascending keys.
        page_of: The page of each patient, by number.
    """

    def __init__(self, *, descending: bool = False) -> None:
        """Nothing yet; ``descending`` shows the block with the greatest key first."""
        self._descending = descending
        self.pages: list[Page] = []
        self._firsts: list[Key] = []
        self.page_of = ShardedDict[int, Page]()
        self._starts: list[int] | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, patient: Row, key: Key, block: Block) -> None:
        """Insert a patient's block where ``key`` says; no two keys are equal."""
        if not self.pages:
            self.pages, self._firsts = [Page([], [], [])], [key]
        at = max(0, bisect_right(self._firsts, key) - 1)
        page = self.pages[at]
        page.put(patient, key, block)
        self.page_of[patient.number] = page
        self._size += len(block)
        self._starts = None
        self._firsts[at] = page.keys[0]
        if len(page.keys) > _FULL:
            self._split(at, page)

    def _split(self, at: int, page: Page) -> None:
        half = _FULL // 2
        for offset, part in enumerate((slice(None, half), slice(half, None))):
            new = Page(page.keys[part], page.patients[part], page.blocks[part])
            self.pages[at + offset : at + 1] = [new]
            self._firsts[at + offset : at + 1] = [new.keys[0]]
            for patient in new.patients:
                self.page_of[patient.number] = new

    def take(self, patient: Row) -> None:
        """Take a patient out, if it is there."""
        page = self.page_of.pop(patient.number)
        if page is None:
            return
        position = page.patients.index(patient)
        at = bisect_right(self._firsts, page.keys[position]) - 1
        self._size -= len(page.take(position))
        self._starts = None
        if page.keys:
            self._firsts[at] = page.keys[0]
        else:
            del self.pages[at], self._firsts[at]

    def at(self, position: int) -> Row:
        """The row at a position."""
        starts = self._page_starts()
        nth = bisect_right(starts, position) - 1
        return self._rows_of(nth)[position - starts[nth]]

    def between(self, first: int, last: int) -> Iterator[Row]:
        """The rows from one position to another, both included."""
        starts = self._page_starts()
        for nth in range(bisect_right(starts, first) - 1, len(starts)):
            if starts[nth] > last:
                return
            yield from self._rows_of(nth)[max(0, first - starts[nth]) : last + 1 - starts[nth]]

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is out of sight."""
        page = self.page_of.get(row.top.number)
        if page is None:
            return None
        at = bisect_right(self._firsts, page.keys[0]) - 1
        nth = len(self.pages) - 1 - at if self._descending else at
        position = page.position(row, self._rows_of(nth))
        return None if position is None else self._page_starts()[nth] + position

    def _page_starts(self) -> list[int]:
        """The position of the first row of each page, from the top."""
        if self._starts is None:
            sizes = [page.size for page in self.pages]
            self._starts = list(accumulate(reversed(sizes) if self._descending else sizes, initial=0))[:-1]
        return self._starts

    def _rows_of(self, nth: int) -> list[Row]:
        """The rows of the nth page from the top."""
        page = self.pages[-1 - nth] if self._descending else self.pages[nth]
        if page.rows is None:
            blocks = reversed(page.blocks) if self._descending else page.blocks
            page.rows = list(chain.from_iterable(blocks))
        return page.rows
