"""Count the instances and series of an entity by what its sources say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workstation.dicom.matches import LIBRARY, ImageMatch, Match, StudyMatch


def told_instances(matches: Mapping[str, Match], others: Iterable[int | None]) -> int | None:
    """Return how many instances there are at most, by all sources and ``others``; None: nobody counted."""
    counts = [None if isinstance(one, ImageMatch) else one.instances for one in _telling(matches)]
    return _largest([*counts, *others])


def told_series(matches: Mapping[str, Match], others: Iterable[int | None]) -> int | None:
    """Return how many series a study has at most; as :func:`told_instances`."""
    counts = [one.series if isinstance(one, StudyMatch) else None for one in _telling(matches)]
    return _largest([*counts, *others])


def added(numbers: Sequence[int | None]) -> int | None:
    """Return the sum; None if there is nothing, or a part of it is unknown."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _telling(matches: Mapping[str, Match]) -> list[Match]:
    """The answers that say what there is: what we hold says nothing of that, if an archive answered."""
    archives = [one for source, one in matches.items() if source != LIBRARY]
    return archives or list(matches.values())


def _largest(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)
