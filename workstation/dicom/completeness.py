"""Decide how complete the local copy of a study is, from the listings of sources and the files that are here.

This is the only place that decides it: rows, transfers, the preview and the command line show a
:class:`Completeness`. It claims no more than was proved:

* COMPLETE: a source gave the list of SOP Instance UIDs, all of every source's list is here, and no source
  counted more.
* LISTED: as COMPLETE, but a source counts more than it lists: what it counts and does not list is unknown.
* COUNTED: no list, but exactly as many as the largest count (Number of Study Related Instances,
  PS3.4 C.3.4).
* RECEIVED: it is not known how many there are.
* PARTIAL: some source named more than is here, or a fetch was begun and did not end.
* ACCEPTED: as PARTIAL, and the user said that what is here is all there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from workstation.dicom.targets import Target


class Extent(StrEnum):
    """What is known of a local copy."""

    NOTHING = "nothing"
    PARTIAL = "partial"
    RECEIVED = "received"
    COUNTED = "counted"
    ACCEPTED = "accepted"
    LISTED = "listed"
    COMPLETE = "complete"

    @property
    def enough(self) -> bool:
        """Nothing that is not here was listed, or the user accepted that."""
        return self not in (Extent.NOTHING, Extent.PARTIAL)


@dataclass(frozen=True, slots=True)
class SeriesListing:
    """What a source last answered about one series: SOP Instance UIDs, or a count.

    Attributes:
        uids: The SOP Instance UIDs of an IMAGE-level answer that ended cleanly, any text; None: no list.
        count: Number of Series Related Instances; with a list only a later count that differs from the
            earlier one.
        settled: The earlier one, if it is larger: the list goes before it; what more it counts is open.
    """

    uids: frozenset[str] | None = None
    count: int | None = None
    settled: int | None = None

    @property
    def expected(self) -> int | None:
        """How many instances it means; None: unknown."""
        listed = None if self.uids is None else len(self.uids)
        return max((one for one in (listed, self.count) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class StudyListing:
    """What one source last answered about one study: SOP Instance UIDs, or counts.

    Attributes:
        source: Its key.
        series: By Series Instance UID.
        every_series: ``series`` are all there are: a SERIES-level answer ended cleanly.
        count: Number of Study Related Instances; as :attr:`SeriesListing.count`.
        settled: As :attr:`SeriesListing.settled`.
        unfinished: A fetch from it was begun and did not end; the number of instances its responses
            announced, 0: none. None: there is no such fetch.
    """

    source: str
    series: Mapping[str, SeriesListing] = field(default_factory=dict)
    every_series: bool = False
    count: int | None = None
    unfinished: int | None = None
    settled: int | None = None

    @property
    def listed(self) -> bool:
        """Whether it gave the UID of every instance."""
        return (
            self.every_series
            and bool(self.series)
            and all(one.uids is not None for one in self.series.values())
        )

    @property
    def expected(self) -> int | None:
        """How many instances it means; None: unknown."""
        counts = [one.expected for one in self.series.values()]
        summed = None
        if self.every_series and counts and None not in counts:
            summed = sum(count or 0 for count in counts)
        # The sum of what its series were counted as before they were listed is nothing new.
        count = None if self.listed and self.count == self._counted_by_series else self.count
        return max((one for one in (summed, count) if one is not None), default=None)

    @property
    def counted(self) -> int:
        """How many instances it counts at most, where it listed all; 0: no more than it listed."""
        return max(self._counted_by_series, self.settled or 0) if self.listed else 0

    @property
    def _counted_by_series(self) -> int:
        return sum(max(one.expected or 0, one.settled or 0) for one in self.series.values())

    def within(self, target: Target) -> StudyListing:
        """The listing of a part of the study; empty, if it does not know that part."""
        if target.instances:
            wanted = {target.series[0]: SeriesListing(frozenset(target.instances))}
            return StudyListing(self.source, wanted, every_series=True, unfinished=self.unfinished)
        return self.of_series(target.series) if target.series else self

    def of_series(self, series: Collection[str]) -> StudyListing:
        """The listing of some series; empty, if it knows none of them."""
        known = {uid: self.series[uid] for uid in series if uid in self.series}
        every = self.every_series or len(known) == len(series)
        return StudyListing(self.source, known, every_series=every, unfinished=self.unfinished)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The user said that what is here is all there is.

    Attributes:
        here: How many instances were here then.
        total: How many there should have been by the listings; None: unknown.
    """

    here: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete a local copy is.

    Attributes:
        extent: What is known of it.
        here: Instances whose file exists with the size the index says.
        expected: Instances there should be by the listings; None: unknown.
        missing: UIDs some source listed that are not here.
        doubtful: How many of those here are kept although something is wrong with them.
    """

    extent: Extent = Extent.NOTHING
    here: int = 0
    expected: int | None = None
    missing: frozenset[str] = frozenset()
    doubtful: int = 0

    @property
    def verified(self) -> bool:
        """Every instance of a list was found here."""
        return self.extent is Extent.COMPLETE

    @property
    def total(self) -> int | None:
        """How many there are in all: what is here and in no list is counted, too; None: unknown."""
        if self.expected is None:
            return None
        return max(self.expected, self.here + len(self.missing))


def completeness(
    listings: Iterable[StudyListing],
    here: Mapping[str, Collection[str]],
    *,
    accepted: Accepted | None = None,
    doubtful: int = 0,
) -> Completeness:
    """How complete a study, or a part of it, is.

    Args:
        listings: Of it, one of each source; see :meth:`StudyListing.within` for a part.
        here: By Series Instance UID the SOP Instance UIDs whose file exists with the size the index says.
        accepted: What the user accepted of the whole study, if anything.
        doubtful: As in :class:`Completeness`.
    """
    sources = tuple(listings)
    uids = frozenset().union(*here.values())
    listed = _union(sources)
    found = Completeness(Extent.NOTHING, len(uids), _expected(sources, listed, len(uids)), listed - uids)
    extent = _extent(found, sources, here)
    counted = max((source.counted for source in sources), default=0)
    if extent is Extent.COMPLETE and counted > found.here:
        extent, found = Extent.LISTED, replace(found, expected=counted)
    if extent is Extent.PARTIAL and accepted is not None and _still_holds(accepted, found):
        extent = Extent.ACCEPTED
    return replace(found, extent=extent, doubtful=doubtful)


def presumed(here: int, counts: Iterable[int | None]) -> Completeness:
    """How complete a part seems before its files and the listings have been looked at.

    Args:
        here: How many instances are here, as the index says.
        counts: By each archive that knows it; None: it gave none.
    """
    listings = list(counts)
    largest = max((count for count in listings if count is not None), default=None)
    found = Completeness(Extent.RECEIVED, here, largest)
    if not here:
        return replace(found, extent=Extent.NOTHING)
    if None in listings or (largest is not None and here < largest):
        return replace(found, extent=Extent.PARTIAL)
    return replace(found, extent=Extent.COUNTED) if here == largest else found


def _union(sources: tuple[StudyListing, ...]) -> frozenset[str]:
    lists = [one.uids for source in sources for one in source.series.values() if one.uids is not None]
    return frozenset().union(*lists)


def _expected(sources: tuple[StudyListing, ...], listed: frozenset[str], here: int) -> int | None:
    """The size of the union of the lists, or the largest count; else what a fetch announced."""
    counts = [source.expected for source in sources]
    if any(source.listed for source in sources):
        counts.append(len(listed))
    known = [count for count in counts if count is not None]
    if not known:
        known = [source.unfinished for source in sources if source.unfinished and source.unfinished > here]
    return max(known, default=None)


def _extent(
    found: Completeness, sources: tuple[StudyListing, ...], here: Mapping[str, Collection[str]]
) -> Extent:
    if not found.here:
        return Extent.NOTHING
    if found.missing or (found.expected is not None and found.here < found.expected):
        return Extent.PARTIAL
    if _names_another_series(sources, here):
        return Extent.PARTIAL
    if any(source.listed for source in sources):
        return Extent.COMPLETE
    if any(source.expected == found.here for source in sources):
        return Extent.COUNTED
    if any(source.unfinished == 0 for source in sources):
        return Extent.PARTIAL
    return Extent.RECEIVED


def _names_another_series(sources: tuple[StudyListing, ...], here: Mapping[str, Collection[str]]) -> bool:
    """Whether a source listed a series, not how much it is, and nothing of it is here."""
    return any(
        series not in here and one.expected is None
        for source in sources
        for series, one in source.series.items()
    )


def _still_holds(accepted: Accepted, found: Completeness) -> bool:
    """Whether nothing has gone and nothing more was named since it was accepted."""
    if found.here < accepted.here:
        return False
    return found.total is None or (accepted.total is not None and found.total <= accepted.total)
