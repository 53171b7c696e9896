"""The pictures of a series, in the order one scrolls through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from workstation.imaging.ordering import Site, grouped

MAX_PLACES = 500_000
"""Pictures of a stack; what claims more is shown up to here."""
NOT_IMAGES = ("1.2.840.10008.5.1.4.1.1.88.", "1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.104.")
"""SR and KO, presentation states, encapsulated documents: never the first thing shown."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One instance on disk, as the index knows it.

    Attributes:
        position: Image Position (Patient).
        orientation: Image Orientation (Patient), six direction cosines.
        localizer: Image Type (0008,0008) says so.
        moment: What parts images of one position, see :class:`~workstation.imaging.ordering.Site`.
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
        """What its place in the series depends on."""
        kind = self.rows, self.columns, self.localizer
        name = f"{self.sop_uid} {self.path}"
        return Site(name, self.number, self.position, self.orientation, self.moment, kind)


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
    known = list(slices)
    groups = [[known[place] for place in group] for group in grouped([one.site for one in known])]
    groups.sort(key=lambda group: (group[0].localizer, -len(group), _lowest_number(group)))
    places = (Place(one, frame) for group in groups for one in group for frame in range(one.frames))
    return Stack(tuple(islice(places, MAX_PLACES)))


def _lowest_number(group: Sequence[Slice]) -> int:
    return min((one.number for one in group if one.number is not None), default=1 << 31)
