"""Orders pictures in space and time (PS3.3 C.7.6.2.1.1, C.7.6.16.2.2.5).

Slices run along their normal, or by their Slice Location. Where every position is there several times, the
series is gone through once for each temporal position, echo or b-value. What is not known is left to the
numbers, then to the times.

Pictures may be added one by one; each is inserted without looking at all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from workstation.imaging.orientation import distance_along_normal
from workstation.imaging.repeated_positions import RepeatedPositions

_PARALLEL = 1e-3
"""Direction cosines that differ by less are the same."""
_DIGITS = 5
"""Of direction cosines that are looked at."""
_MICROMETRES = 1000
_MOST = 1e12
"""Millimetres; what claims to be farther away lies nowhere."""

T = TypeVar("T")
Number = tuple[bool, int, tuple[float, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where, when and how one picture was taken, as far as it is known.

    Attributes:
        name: Tells it from others of the same number.
        number: Instance Number, or which frame.
        position: Image Position (Patient), mm; or Slice Location alone.
        orientation: Image Orientation (Patient), six direction cosines.
        moment: What parts pictures of one position, the most telling first: Temporal Position, echo time,
            b-value, and so on; None where not known.
        kind: Only pictures of the same kind are ordered with each other.
        part: Index of what is shown, such as a segment: one part after the other, all in the same direction.
        times: When it was taken, where nothing else tells.
    """

    name: str = ""
    number: int | None = None
    position: tuple[float, ...] | None = None
    orientation: tuple[float, ...] | None = None
    moment: tuple[float | None, ...] = ()
    kind: Hashable = None
    part: int = 0
    times: tuple[float, ...] = ()

    @property
    def distance(self) -> float | None:
        """Millimetres along the normal of the picture."""
        if self.position is not None and len(self.position) == 1:
            return self.position[0]
        return distance_along_normal(self.position, self.orientation)

    @property
    def by_number(self) -> Number:
        """Sort key by its number, then by its times; without number it is last."""
        return self.number is None, self.number or 0, self.times, self.name


@dataclass(slots=True, kw_only=True)
class Group(Generic[T]):
    """Pictures of one kind and orientation, in their order."""

    orientations: set[tuple[float, ...] | None] = field(default_factory=set)
    parts: dict[int, RepeatedPositions[T]] = field(default_factory=dict)
    members: list[tuple[Site, T]] = field(default_factory=list)
    lowest: int | None = None
    _count: int = 0
    _distances: int = 0
    _numbers: int = 0
    _products: int = 0

    def add(self, site: Site, what: T) -> None:
        """Insert a picture at its position."""
        self.members.append((site, what))
        distance = site.distance
        if distance is not None and not abs(distance) <= _MOST:  # nor what is no number
            distance = None
        passes = self.parts.get(site.part)
        if passes is None:
            passes = self.parts[site.part] = RepeatedPositions()
        passes.add(site.by_number, distance, site.moment, what)
        if site.number is None:
            return
        if self.lowest is None or site.number < self.lowest:
            self.lowest = site.number
        if distance is not None:
            along = round(distance * _MICROMETRES)
            self._count += 1
            self._distances += along
            self._numbers += site.number
            self._products += along * site.number

    @property
    def back(self) -> bool:
        """Whether the numbers run against the normal: their covariance, exactly."""
        return self._count * self._products < self._distances * self._numbers

    def order(self) -> Iterable[T]:
        """All, part by part, pass by pass, in the direction in which the numbers run."""
        back = self.back
        return chain.from_iterable(self.parts[part].order(back=back) for part in sorted(self.parts))


class Groups(Generic[T]):
    """Pictures by kind and orientation, each group in its order, however they come.

    Two orientations count as one if they are nearly parallel, directly or by way of others in between.
    """

    def __init__(self) -> None:
        self._by_orientation: dict[Hashable, Group[T]] = {}
        self._rounded: dict[tuple[float, ...] | None, tuple[float, ...]] = {}
        self._near: defaultdict[Hashable, list[tuple[float, ...]]] = defaultdict(list)

    def add(self, site: Site, what: T) -> None:
        """Insert a picture at its position."""
        kind = site.kind, site.position is not None and len(site.position) == 1
        cosines = self._rounded.get(site.orientation)
        if cosines is None and site.orientation:
            cosines = tuple(round(one, _DIGITS) for one in site.orientation)
            self._rounded[site.orientation] = cosines
        group = self._by_orientation.get((kind, cosines))
        if group is None:
            group = self._by_orientation[kind, cosines] = self._group(kind, cosines)
        group.add(site, what)

    def groups(self) -> list[Group[T]]:
        """All groups, each once, in the order in which they began."""
        return list({id(group): group for group in self._by_orientation.values()}.values())

    def _group(self, kind: Hashable, cosines: tuple[float, ...] | None) -> Group[T]:
        """The group of an orientation that is new: its own, or that of those near it, which become one."""
        if cosines is None:
            return Group(orientations={None})
        cell = _cell(cosines)
        near = [
            other
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            for other in self._near.get((kind, cell[0] + down, cell[1] + across), ())
            if _parallel(cosines, other)
        ]
        self._near[kind, *cell].append(cosines)
        found = list({id(one): one for one in (self._by_orientation[kind, other] for other in near)}.values())
        group: Group[T] = found[0] if found else Group()
        for other_group in found[1:]:
            for site, what in other_group.members:
                group.add(site, what)
            for orientation in other_group.orientations:
                self._by_orientation[kind, orientation] = group
            group.orientations |= other_group.orientations
        group.orientations.add(cosines)
        return group


def grouped(sites: Sequence[Site]) -> list[list[int]]:
    """Indices in ``sites`` of pictures of one kind and orientation, each group in its order."""
    groups: Groups[int] = Groups()
    for index, site in enumerate(sites):
        groups.add(site, index)
    return [list(group.order()) for group in groups.groups()]


def _cell(cosines: tuple[float, ...]) -> tuple[int, int]:
    """Where to look for what is near: twice as wide as the difference that counts."""
    first, second = (*cosines, 0.0, 0.0)[:2]
    return int(first // (2 * _PARALLEL)), int(second // (2 * _PARALLEL))


def _parallel(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and all(
        abs(mine - yours) <= _PARALLEL for mine, yours in zip(one, other, strict=True)
    )
