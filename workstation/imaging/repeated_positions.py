"""Orders pictures of which several lie at each position: one pass through the positions for each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, filterfalse, pairwise, zip_longest
from operator import attrgetter, is_
from typing import Any, Generic, TypeVar

_SAME_PLACE = 0.01
"""Millimetres; slices that are nearer lie at one position."""

_NOTHING: Any = object()
_DISTANCE, _WHAT = attrgetter("distance"), attrgetter("what")

T = TypeVar("T")
Moment = tuple[float | None, ...]


@dataclass(slots=True, eq=False)
class _Picture(Generic[T]):
    number: Any
    """How it stands among the others by its number; unlike that of any other."""
    distance: float | None
    moment: Moment
    what: T

    def moment_values(self, parts: Sequence[int]) -> tuple[float | None, ...]:
        """These parts of its moment."""
        return tuple(self.moment[part] if part < len(self.moment) else None for part in parts)


class _Sorted(Generic[T]):
    """What is ordered by a key that none of it shares with another."""

    __slots__ = ("_keys", "whats")

    def __init__(self) -> None:
        self._keys: list[Any] = []
        self.whats: list[T] = []

    def add(self, key: Any, what: T) -> None:
        at = bisect_right(self._keys, key)
        self._keys.insert(at, key)
        self.whats.insert(at, what)

    def __iter__(self) -> Iterator[tuple[Any, T]]:
        return zip(self._keys, self.whats, strict=True)


class _Level(_Sorted[T]):
    """Pictures of one position, by their moments, then by number."""

    __slots__ = ("high", "low")

    def __init__(self, distance: float) -> None:
        super().__init__()
        self.low = self.high = distance


@dataclass(slots=True)
class _Step:
    """What one more part of the moments would distinguish.

    Attributes:
        unknown: Pictures that lack it.
        moments: The values found.
        apart: Moments of a position; as many as pictures: it parts them all.
    """

    parts: tuple[int, ...]
    taken: bool = False
    unknown: int = 0
    moments: set[Any] = field(default_factory=set)
    apart: set[Any] = field(default_factory=set)


class RepeatedPositions(Generic[T]):
    """Pictures in their order.

    The moments decide in which pass through the positions a picture is, if they distinguish the pictures of
    each position, and no part of them is one that most positions lack (as trigger times that differ from
    slice to slice). Else the first picture of each position makes the first pass, and so on.

    Where each picture has a position of its own, or one has none, they are sorted when their order is asked
    for. Else what it depends on is kept and brought up to date with each picture; only where one changes
    which parts of the moments are used, or makes two of their positions one, all are put in order again.
    """

    def __init__(self) -> None:
        self._pictures: list[_Picture[T]] = []
        self._placed = True
        """All have a distance; else they are ordered by their numbers, for good."""
        self._shared = False
        """Several lie at one position: what follows is kept up to date."""
        self._width = 0
        self._begin()

    def _begin(self) -> None:
        self._levels: list[_Level[T]] = []
        self._columns: list[list[T]] = []  # the pictures of each level
        self._lows: list[float] = []
        self._most = 0
        self._steps: list[_Step] = []
        self._used_parts: tuple[int, ...] = ()
        self._by_moment: dict[Any, _Sorted[T]] | None = None

    def add(self, number: Any, distance: float | None, moment: Moment, what: T) -> None:
        """Insert a picture.

        Args:
            number: What it is ordered by where nothing else tells.
            distance: Where it lies along the normal, mm.
            moment: See :class:`~workstation.imaging.slice_order.Site`.
            what: What is ordered.
        """
        picture = _Picture(number, distance, moment, what)
        self._pictures.append(picture)
        self._placed = self._placed and distance is not None
        wider = len(moment) > self._width
        if wider:
            self._width = len(moment)
        if not (self._placed and self._shared):
            return
        level = self._level(picture)
        if level is None or (wider and self._most > 1):
            self._rebuild()
            return
        self._most = max(self._most, len(level.whats) + 1)
        if self._most > 1 and not self._steps and self._width:
            self._rebuild()
            return
        for step in self._steps:
            self._tell(step, picture, level)
        if not self._holds():
            self._rebuild()
            return
        self._put(picture, level)

    def order(self, *, back: bool) -> Iterable[T]:
        """All of them: pass by pass, each by position, against the normal if ``back``."""
        if not self._placed:
            self._pictures.sort(key=attrgetter("number"))
            return map(_WHAT, self._pictures)
        if not self._shared:
            self._pictures.sort(key=_DISTANCE)
            lie = list(map(_DISTANCE, self._pictures))
            if all(other - one > _SAME_PLACE for one, other in pairwise(lie)):
                return map(_WHAT, reversed(self._pictures) if back else self._pictures)
            self._shared = True
            self._rebuild()
        if self._by_moment is not None:
            passes = (self._by_moment[values].whats for values in sorted(self._by_moment))
            return chain.from_iterable(map(reversed, passes) if back else passes)
        columns = reversed(self._columns) if back else self._columns
        if self._most <= 1:
            return chain.from_iterable(columns)
        turns = zip_longest(*columns, fillvalue=_NOTHING)
        return filterfalse(partial(is_, _NOTHING), chain.from_iterable(turns))

    def _level(self, picture: _Picture[T]) -> _Level[T] | None:
        """The position a picture lies at, new or not; None: all must be put in order again."""
        distance = picture.distance
        assert distance is not None
        at = bisect_right(self._lows, distance)
        below = self._levels[at - 1] if at and distance - self._levels[at - 1].high <= _SAME_PLACE else None
        above = (
            self._levels[at] if at < len(self._lows) and self._lows[at] - distance <= _SAME_PLACE else None
        )
        if below is not None and above is not None:
            if self._steps:  # they count by position
                return None
            return self._join(below, at)
        if below is not None:
            below.high = max(below.high, distance)
            return below
        if above is not None:
            above.low = self._lows[at] = distance
            return above
        return self._new_level(at, distance)

    def _join(self, below: _Level[T], at: int) -> _Level[T]:
        """Make a level and the one above it, which is number ``at``, one."""
        above = self._levels[at]
        few, many = (below, above) if len(below.whats) < len(above.whats) else (above, below)
        for key, what in few:
            many.add(key, what)
        many.low, many.high = below.low, above.high
        del self._levels[at], self._columns[at], self._lows[at]
        self._levels[at - 1], self._columns[at - 1], self._lows[at - 1] = many, many.whats, many.low
        return many

    def _new_level(self, at: int, distance: float) -> _Level[T]:
        level: _Level[T] = _Level(distance)
        self._levels.insert(at, level)
        self._columns.insert(at, level.whats)
        self._lows.insert(at, distance)
        return level

    def _rebuild(self) -> None:
        """Put all in order again."""
        self._begin()
        pictures = sorted(self._pictures, key=_DISTANCE)
        level_of: list[_Level[T]] = []
        for picture in pictures:
            distance = picture.distance
            assert distance is not None
            if not level_of or distance - level_of[-1].high > _SAME_PLACE:
                self._new_level(len(self._levels), distance)
            self._levels[-1].high = distance
            level_of.append(self._levels[-1])
        self._most = max(Counter(map(id, level_of)).values())
        if self._most > 1:
            self._choose(pictures, level_of)
        if self._parted:
            self._by_moment = {}
        for picture, level in zip(pictures, level_of, strict=True):
            self._put(picture, level)

    def _choose(self, pictures: Sequence[_Picture[T]], level_of: Sequence[_Level[T]]) -> None:
        """Choose the parts of the moments that distinguish the pictures."""
        for part in range(self._width):
            step = _Step((*self._used_parts, part))
            for picture, level in zip(pictures, level_of, strict=True):
                self._tell(step, picture, level)
            self._steps.append(step)
            step.taken = self._useful(len(self._steps) - 1)
            if step.taken:
                self._used_parts = step.parts
                if len(step.apart) == len(pictures):
                    return

    def _tell(self, step: _Step, picture: _Picture[T], level: _Level[T]) -> None:
        values = picture.moment_values(step.parts)
        step.unknown += values[-1] is None
        step.moments.add(values)
        step.apart.add((values, id(level)))

    def _useful(self, number: int) -> bool:
        """Whether a step tells of all pictures, of no more moments than there are passes, and anything."""
        step = self._steps[number]
        before = next((one for one in reversed(self._steps[:number]) if one.taken), None)
        apart = len(before.apart) if before is not None else len(self._levels)
        return not step.unknown and len(step.moments) <= self._most and len(step.apart) != apart

    @property
    def _parted(self) -> bool:
        """Whether the moments distinguish the pictures of each position."""
        taken = [step for step in self._steps if step.taken]
        return bool(taken) and len(taken[-1].apart) == len(self._pictures)

    def _holds(self) -> bool:
        """Whether the chosen parts of the moments are the same as before the last picture."""
        if not self._steps:
            return True
        if any(self._useful(number) != step.taken for number, step in enumerate(self._steps)):
            return False
        return self._parted == (self._by_moment is not None) and (
            self._by_moment is not None or len(self._steps) == self._width
        )

    def _put(self, picture: _Picture[T], level: _Level[T]) -> None:
        """Insert a picture at its position, and into the pass of its moment."""
        values = picture.moment_values(self._used_parts) if self._used_parts else ()
        level.add((values, picture.number), picture.what)
        if self._by_moment is not None:
            self._by_moment.setdefault(values, _Sorted()).add(picture.distance, picture.what)
