"""The order of pictures that lie in space and time (PS3.3 C.7.6.2.1.1, C.7.6.16.2.2.5).

Slices run along their normal. Where every position is there several times, the series is gone through once
for each temporal position, echo or b-value. What is not known is left to the numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workstation.imaging.orientation import normal_of

_PARALLEL = 1e-3
"""Direction cosines that differ by less are the same."""
_SAME_PLACE = 0.01
"""Millimetres; slices that are nearer lie at one position."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where, when and how one picture was taken, as far as it is known.

    Attributes:
        name: Tells it from others of the same number.
        number: Instance Number, or which frame.
        position: Image Position (Patient), mm.
        orientation: Image Orientation (Patient), six direction cosines.
        moment: What parts pictures of one position, the most telling first: Temporal Position, echo time,
            b-value, and so on; None where not known.
        kind: Only pictures of the same kind are ordered with each other.
        part: What is shown, such as a segment, counted: one after the other, all in the same direction.
    """

    name: str = ""
    number: int | None = None
    position: tuple[float, ...] | None = None
    orientation: tuple[float, ...] | None = None
    moment: tuple[float | None, ...] = ()
    kind: Hashable = None
    part: int = 0

    @property
    def distance(self) -> float | None:
        """Millimetres along the normal of the picture."""
        normal = normal_of(self.orientation)
        if normal is None or self.position is None or len(self.position) != 3:
            return None
        return sum(along * where for along, where in zip(normal, self.position, strict=True))


def grouped(sites: Sequence[Site]) -> list[list[int]]:
    """Places in ``sites`` of pictures of one kind and orientation, each group in its order."""
    groups: list[list[int]] = []
    by_kind: defaultdict[Hashable, list[list[int]]] = defaultdict(list)
    for place, site in enumerate(sites):
        alike = by_kind[site.kind]
        group = next((group for group in alike if _parallel(sites[group[0]], site)), None)
        if group is None:
            group = []
            alike.append(group)
            groups.append(group)
        group.append(place)
    return [_ordered(sites, group) for group in groups]


def _parallel(one: Site, other: Site) -> bool:
    if one.orientation is None or other.orientation is None:
        return one.orientation is other.orientation
    pairs = zip(one.orientation, other.orientation, strict=False)
    return all(abs(mine - yours) <= _PARALLEL for mine, yours in pairs)


def _ordered(sites: Sequence[Site], group: list[int]) -> list[int]:
    """By part, by pass through the positions, then by position, in the direction the numbers run."""
    numbered = sorted(group, key=lambda place: (sites[place].part, _by_number(sites[place])))
    levels = _levels([sites[place].distance for place in numbered])
    if levels is None:
        return numbered
    by_part: defaultdict[int, list[int]] = defaultdict(list)
    for rank, place in enumerate(numbered):
        by_part[sites[place].part].append(rank)
    passes = [0] * len(levels)
    for ranks in by_part.values():
        moments = [sites[numbered[rank]].moment for rank in ranks]
        for rank, number in zip(ranks, _passes(moments, [levels[rank] for rank in ranks]), strict=True):
            passes[rank] = number
    middle = sum(levels) / len(levels)
    by_number = sorted(range(len(numbered)), key=lambda rank: _by_number(sites[numbered[rank]]))
    back = sum((levels[rank] - middle) * number for number, rank in enumerate(by_number)) < 0
    keys = [
        (sites[place].part, number, -level if back else level)
        for place, number, level in zip(numbered, passes, levels, strict=True)
    ]
    return [place for _, _, place in sorted(zip(keys, range(len(numbered)), numbered, strict=True))]


def _by_number(site: Site) -> tuple[bool, int, str]:
    return site.number is None, site.number or 0, site.name


def _levels(distances: Sequence[float | None]) -> list[int] | None:
    """Which position each distance is, counted along the normal; None if one of them is not known."""
    known = sorted(distance for distance in distances if distance is not None)
    if len(known) < len(distances):
        return None
    level, levels = 0, dict.fromkeys(known, 0)
    for sooner, later in pairwise(known):
        level += later - sooner > _SAME_PLACE
        levels[later] = level
    return [levels[distance] for distance in distances if distance is not None]


def _passes(moments: Sequence[tuple[float | None, ...]], levels: Sequence[int]) -> list[int]:
    """In which going through the positions each picture is.

    Its moment tells, if that alone parts the pictures of each position and no moment is there that most
    positions lack (as trigger times are that differ from slice to slice). Else the first picture of each
    position makes the first pass, and so on.
    """
    most = max(Counter(levels).values(), default=1)
    if most == 1:
        return [0] * len(levels)
    told: list[tuple[float, ...]] = [()] * len(levels)
    for part in range(max(map(len, moments))):
        values = [moment[part] if part < len(moment) else None for moment in moments]
        known = [value for value in values if value is not None]
        finer = [(*so_far, value) for so_far, value in zip(told, known, strict=False)]
        if (
            len(known) < len(values)
            or len(set(finer)) > most
            or _parted(finer, levels) == _parted(told, levels)
        ):
            continue
        told = finer
        if _parted(told, levels) == len(levels):
            ranks = {moment: rank for rank, moment in enumerate(sorted(set(told)))}
            return [ranks[moment] for moment in told]
    met: Counter[int] = Counter()
    passes = [0] * len(levels)
    for place in sorted(range(len(levels)), key=lambda place: (told[place], place)):
        passes[place] = met[levels[place]]
        met[levels[place]] += 1
    return passes


def _parted(told: Sequence[tuple[float, ...]], levels: Sequence[int]) -> int:
    """How many pictures are told apart by moment and position."""
    return len(set(zip(told, levels, strict=True)))
