"""The order of a series' pictures (PS3.3 C.7.6.2.1.1): by position where it tells, else by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

NOT_IMAGES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.104.")
"""SR and KO, presentation states, encapsulated documents: never the first thing shown."""
_PARALLEL = 1e-3
"""Direction cosines that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One instance on disk, as the index knows it.

    Attributes:
        position: Image Position (Patient).
        orientation: Image Orientation (Patient), six direction cosines.
        localizer: Image Type (0008,0008) says so.
    """

    path: Path
    sop_uid: str
    sop_class: str = ""
    number: int | None = None
    frames: int = 1
    rows: int | None = None
    columns: int | None = None
    position: tuple[float, ...] | None = None
    orientation: tuple[float, ...] | None = None
    localizer: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One picture of a stack: a frame of an instance."""

    slice: Slice
    frame: int


@dataclass(frozen=True, slots=True)
class Stack:
    """The pictures of one series, in the order they are scrolled."""

    places: tuple[Place, ...] = ()

    def find(self, sop_uid: str, frame: int = 0) -> int | None:
        """Where a picture stands, counted from 0."""
        for index, place in enumerate(self.places):
            if place.slice.sop_uid == sop_uid and place.frame == frame:
                return index
        return None


def is_image(sop_class: str) -> bool:
    """Whether objects of a class are shown as pictures, as far as the class alone tells."""
    return not sop_class.startswith(NOT_IMAGES)


def stacked(slices: Iterable[Slice]) -> Stack:
    """Order ``slices``: the largest group of one orientation and size first, localizers last."""
    groups: list[list[Slice]] = []
    by_size: defaultdict[object, list[list[Slice]]] = defaultdict(list)
    for one in slices:
        alike = by_size[one.rows, one.columns, one.localizer]
        group = next((group for group in alike if _parallel(group[0], one)), None)
        if group is None:
            group = []
            alike.append(group)
            groups.append(group)
        group.append(one)
    groups.sort(key=lambda group: (group[0].localizer, -len(group), _lowest_number(group)))
    places = [Place(one, frame) for group in groups for one in _ordered(group) for frame in range(one.frames)]
    return Stack(tuple(places))


def _parallel(one: Slice, other: Slice) -> bool:
    if one.orientation is None or other.orientation is None:
        return one.orientation is other.orientation
    pairs = zip(one.orientation, other.orientation, strict=False)
    return all(abs(mine - yours) <= _PARALLEL for mine, yours in pairs)


def _lowest_number(group: Sequence[Slice]) -> int:
    return min((one.number for one in group if one.number is not None), default=1 << 31)


def _by_number(one: Slice) -> tuple[bool, int, str]:
    return one.number is None, one.number or 0, one.sop_uid


def _ordered(group: list[Slice]) -> list[Slice]:
    """By position along the normal, in the direction the numbers run, if each has a place of its own."""
    numbered = sorted(group, key=_by_number)
    distances = [_distance(one) for one in numbered]
    known = [distance for distance in distances if distance is not None]
    if len(known) < len(group) or len({round(distance, 3) for distance in known}) < len(group):
        return numbered
    placed = [one for _, one in sorted(zip(known, numbered, strict=True), key=lambda pair: pair[0])]
    ranks = {id(one): rank for rank, one in enumerate(numbered)}
    middle = (len(placed) - 1) / 2
    if sum((place - middle) * ranks[id(one)] for place, one in enumerate(placed)) < 0:
        placed.reverse()
    return placed


def _distance(one: Slice) -> float | None:
    """Millimetres along the normal of the slice."""
    if one.position is None or one.orientation is None:
        return None
    if len(one.position) != 3 or len(one.orientation) != 6:
        return None
    a, b, c, d, e, f = one.orientation
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return sum(along * where for along, where in zip(normal, one.position, strict=True))
