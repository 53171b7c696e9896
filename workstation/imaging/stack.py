"""Orders the pictures of a series for scrolling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path

from workstation.imaging.frame_cache import Key
from workstation.imaging.slice_order import Group, Groups, Site

MAX_PICTURES = 500_000
"""Pictures of a stack; what claims more is shown up to here."""
NOT_IMAGES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.104.")
"""SR and KO, presentation states, encapsulated documents: never the first thing shown."""
_LATE = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One instance on disk, as the index knows it.

    Attributes:
        position: Image Position (Patient), or Slice Location alone.
        orientation: Image Orientation (Patient), six direction cosines.
        localizer: Image Type (0008,0008) says so.
        moment: What parts images of one position, see :class:`~workstation.imaging.slice_order.Site`.
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
    moment: tuple[float | None, ...] = ()

    @property
    def site(self) -> Site:
        """What its position in the series depends on."""
        kind = self.rows, self.columns, self.localizer
        name = f"{self.sop_uid} {self.path}"
        trigger, _, acquisition = (*self.moment[3:6], None, None, None)[:3]
        times = (_LATE if acquisition is None else acquisition, _LATE if trigger is None else trigger)
        return Site(
            name=name,
            number=self.number,
            position=self.position,
            orientation=self.orientation,
            moment=self.moment,
            kind=kind,
            part=0,
            times=times,
        )


@dataclass(frozen=True, slots=True)
class StackPosition:
    """One picture of a stack: a frame of an instance.

    Attributes:
        key: Its file and frame, as decoded frames are kept.
    """

    slice: Slice
    frame: int
    key: Key


@dataclass(frozen=True, slots=True)
class Stack:
    """The pictures of one series, in the order they are scrolled."""

    positions: tuple[StackPosition, ...] = ()

    def find(self, sop_uid: str, frame: int = 0) -> int | None:
        """Where a picture stands, counted from 0."""
        for index, position in enumerate(self.positions):
            if position.slice.sop_uid == sop_uid and position.frame == frame:
                return index
        return None

    def positions_by_key(self) -> dict[Key, int]:
        """Where each picture stands."""
        return dict(zip(map(attrgetter("key"), self.positions), range(len(self.positions)), strict=True))


class GrowingStack:
    """The stack of a series to which slices are added one by one.

    Attributes:
        pictures: How many there are.
    """

    def __init__(self, slices: Iterable[Slice] = ()) -> None:
        self.pictures = 0
        self._groups: Groups[tuple[StackPosition, ...]] = Groups()
        self._stack: Stack | None = None
        for one in slices:
            self.add(one)

    def add(self, one: Slice) -> None:
        """Insert a slice at its position."""
        path = str(one.path)
        frames = [StackPosition(one, frame, (path, frame)) for frame in range(min(one.frames, MAX_PICTURES))]
        self._groups.add(one.site, tuple(frames))
        self.pictures += one.frames
        self._stack = None

    def stack(self) -> Stack:
        """What there is: the largest group of one orientation and size first, localizers last."""
        if self._stack is None:
            groups = sorted(self._groups.groups(), key=_rank)
            positions = chain.from_iterable(chain.from_iterable(group.order() for group in groups))
            self._stack = Stack(tuple(islice(positions, MAX_PICTURES)))
        return self._stack


def is_image(sop_class: str) -> bool:
    """Whether objects of a class are shown as pictures, as far as the class alone tells."""
    return not sop_class.startswith(NOT_IMAGES)


def stacked(slices: Iterable[Slice]) -> Stack:
    """Order ``slices``, see :meth:`GrowingStack.stack`."""
    return GrowingStack(slices).stack()


def _rank(group: Group[tuple[StackPosition, ...]]) -> tuple[bool, int, int, list[tuple[float, ...]]]:
    one = group.members[0][1][0].slice
    lowest = 1 << 31 if group.lowest is None else group.lowest
    return one.localizer, -len(group.members), lowest, sorted(cosines or () for cosines in group.orientations)
