"""Patients in their order, cut into pages, so that one more costs little however many there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain

from workstation.models.rows import Row
from workstation.models.sharded_dict import ShardedDict

Key = tuple[object, ...]
Block = list[Row]
"""A patient and the rows in sight below it."""
_FULL = 128
_LOOKED_UP = 10


class Page:
    """Neighbouring patients.

    Attributes:
        keys: By what each block is in its place; ascending.
        size: Rows in all blocks.
        lines: These rows, from the top, once somebody looked.
        places: By number of a row, its place among them, once that was asked often.
        asked: How often it was.
    """

    __slots__ = ("asked", "blocks", "keys", "lines", "places", "size")

    def __init__(self, keys: list[Key], blocks: list[Block]) -> None:
        self.keys = keys
        self.blocks = blocks
        self.size = sum(map(len, blocks))
        self._forget()

    def _forget(self) -> None:
        self.lines: list[Row] | None = None
        self.places: dict[int, int] | None = None
        self.asked = 0

    def put(self, key: Key, block: Block) -> None:
        """Put a block in its place."""
        place = bisect_left(self.keys, key)
        self.keys.insert(place, key)
        self.blocks.insert(place, block)
        self.size += len(block)
        self._forget()

    def take(self, place: int) -> Block:
        """Take a block out."""
        del self.keys[place]
        block = self.blocks.pop(place)
        self.size -= len(block)
        self._forget()
        return block

    def place(self, row: Row, lines: list[Row]) -> int | None:
        """The place of a row among the ``lines``; looked up where it is asked again and again."""
        self.asked += 1
        if self.asked > _LOOKED_UP and self.places is None:
            self.places = {one.number: place for place, one in enumerate(lines)}
        if self.places is not None:
            return self.places.get(row.number)
        try:
            return lines.index(row)
        except ValueError:
            return None

    def find(self, patient: Row) -> int:
        """The place of a patient's block."""
        return next(place for place, block in enumerate(self.blocks) if block[0] is patient)


class PagedList:
    """All rows in sight by their place, and the place of each.

    Attributes:
        pages: By ascending keys.
        homes: The page of each patient, by number.
    """

    def __init__(self, *, descending: bool = False) -> None:
        """Nothing yet; ``descending`` shows the block with the greatest key first."""
        self._descending = descending
        self.pages: list[Page] = []
        self._firsts: list[Key] = []
        self.homes = ShardedDict[int, Page]()
        self._starts: list[int] | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, key: Key, block: Block) -> None:
        """Put a patient's block where ``key`` says; no two keys are equal."""
        if not self.pages:
            self.pages, self._firsts = [Page([], [])], [key]
        at = max(0, bisect_right(self._firsts, key) - 1)
        page = self.pages[at]
        page.put(key, block)
        self.homes[block[0].number] = page
        self._size += len(block)
        self._starts = None
        self._firsts[at] = page.keys[0]
        if len(page.keys) > _FULL:
            self._cut(at, page)

    def _cut(self, at: int, page: Page) -> None:
        half = _FULL // 2
        for place, part in enumerate((slice(None, half), slice(half, None))):
            new = Page(page.keys[part], page.blocks[part])
            self.pages[at + place : at + 1] = [new]
            self._firsts[at + place : at + 1] = [new.keys[0]]
            for block in new.blocks:
                self.homes[block[0].number] = new

    def take(self, patient: Row) -> None:
        """Take a patient out, if it is there."""
        page = self.homes.pop(patient.number)
        if page is None:
            return
        place = page.find(patient)
        at = bisect_right(self._firsts, page.keys[place]) - 1
        self._size -= len(page.take(place))
        self._starts = None
        if page.keys:
            self._firsts[at] = page.keys[0]
        else:
            del self.pages[at], self._firsts[at]

    def at(self, place: int) -> Row:
        """The row of a place."""
        starts = self._begin()
        nth = bisect_right(starts, place) - 1
        return self._lines(nth)[place - starts[nth]]

    def between(self, first: int, last: int) -> Iterator[Row]:
        """The rows of these places, both included."""
        starts = self._begin()
        for nth in range(bisect_right(starts, first) - 1, len(starts)):
            if starts[nth] > last:
                return
            yield from self._lines(nth)[max(0, first - starts[nth]) : last + 1 - starts[nth]]

    def place(self, row: Row) -> int | None:
        """The place of a row; None if it is out of sight."""
        page = self.homes.get(row.top.number)
        if page is None:
            return None
        at = bisect_right(self._firsts, page.keys[0]) - 1
        nth = len(self.pages) - 1 - at if self._descending else at
        place = page.place(row, self._lines(nth))
        return None if place is None else self._begin()[nth] + place

    def _begin(self) -> list[int]:
        """Where each page begins, from the top."""
        if self._starts is None:
            sizes = [page.size for page in self.pages]
            self._starts = list(accumulate(reversed(sizes) if self._descending else sizes, initial=0))[:-1]
        return self._starts

    def _lines(self, nth: int) -> list[Row]:
        """The rows of the nth page from the top."""
        page = self.pages[-1 - nth] if self._descending else self.pages[nth]
        if page.lines is None:
            blocks = reversed(page.blocks) if self._descending else page.blocks
            page.lines = list(chain.from_iterable(blocks))
        return page.lines
