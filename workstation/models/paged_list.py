"""Keep a sorted list in pages, so that inserting and finding cost little however many rows there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain

from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict

Key = tuple[object, ...]
Block = list[Row]
"""Rows in sight that stay together: a patient, or a study, with what is open below."""
_FULL = 128
_LOOKED_UP = 10


class Page:
    """Neighbouring blocks.

    Attributes:
        keys: By which each block is sorted; ascending.
        heads: The patient or study that each block is of.
        size: Rows in all blocks.
        rows: These rows, from the top, once they were asked for.
        positions: By number of a row, its position among them, once that was asked often.
        asked: How often it was.
    """

    __slots__ = ("asked", "blocks", "heads", "keys", "positions", "rows", "size")

    def __init__(self, keys: list[Key], heads: list[Row], blocks: list[Block]) -> None:
        self.keys = keys
        self.heads = heads
        self.blocks = blocks
        self.size = sum(map(len, blocks))
        self._forget()

    def _forget(self) -> None:
        self.rows: list[Row] | None = None
        self.positions: dict[int, int] | None = None
        self.asked = 0

    def holds(self, head: Row, key: Key, block: Block) -> bool:
        """Whether this is the block of a patient or study that has one here."""
        position = self.heads.index(head)
        return self.keys[position] == key and self.blocks[position] == block

    def put(self, head: Row, key: Key, block: Block) -> None:
        """Insert a block where its key says."""
        position = bisect_left(self.keys, key)
        self.keys.insert(position, key)
        self.heads.insert(position, head)
        self.blocks.insert(position, block)
        self.size += len(block)
        self._forget()

    def take(self, position: int) -> Block:
        """Take a block out."""
        del self.keys[position], self.heads[position]
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
        page_of: The page of the block of each patient or study, by number.
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

    def put(self, head: Row, key: Key, block: Block) -> None:
        """Put the block of a patient or study where ``key`` says, unless it is; no two keys are equal."""
        before = self.page_of.get(head.number)
        if before is not None:
            if before.holds(head, key, block):
                return
            self.take(head)
        if not self.pages:
            self.pages, self._firsts = [Page([], [], [])], [key]
        at = max(0, bisect_right(self._firsts, key) - 1)
        page = self.pages[at]
        page.put(head, key, block)
        self.page_of[head.number] = page
        self._size += len(block)
        self._starts = None
        self._firsts[at] = page.keys[0]
        if len(page.keys) > _FULL:
            self._split(at, page)

    def _split(self, at: int, page: Page) -> None:
        half = _FULL // 2
        for offset, part in enumerate((slice(None, half), slice(half, None))):
            new = Page(page.keys[part], page.heads[part], page.blocks[part])
            self.pages[at + offset : at + 1] = [new]
            self._firsts[at + offset : at + 1] = [new.keys[0]]
            for head in new.heads:
                self.page_of[head.number] = new

    def take(self, head: Row) -> None:
        """Take the block of a patient or study out, if there is one."""
        page = self.page_of.pop(head.number)
        if page is None:
            return
        position = page.heads.index(head)
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
        for nth in range(max(0, bisect_right(starts, first) - 1), len(starts)):
            if starts[nth] > last:
                return
            yield from self._rows_of(nth)[max(0, first - starts[nth]) : last + 1 - starts[nth]]

    def position(self, row: Row) -> int | None:
        """The position of a row; None if it is out of sight."""
        page = self._page_with(row)
        if page is None:
            return None
        at = bisect_right(self._firsts, page.keys[0]) - 1
        nth = len(self.pages) - 1 - at if self._descending else at
        position = page.position(row, self._rows_of(nth))
        return None if position is None else self._page_starts()[nth] + position

    def _page_with(self, row: Row) -> Page | None:
        """The page of the block that a row is in, if it is in sight."""
        above: Row | None = row
        while above is not None:
            if (page := self.page_of.get(above.number)) is not None:
                return page
            above = above.parent
        return None

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
