"""Determine what of a study is in the library, and how complete that is by files and listings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from workstation.dicom.completeness import Accepted, Completeness, StudyListing, completeness
from workstation.dicom.matches import SeriesMatch
from workstation.dicom.outcomes import End, Failure, Outcome
from workstation.dicom.targets import Target
from workstation.errors import StoreError, UserMessage
from workstation.stop import Cancelled, Stop
from workstation.store.index_check import Here
from workstation.store.library import Library
from workstation.store.plans import Plans

_ASKED_AT_ONCE = 500
"""Studies in one query of the index."""


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """What of a study is here.

    Attributes:
        whole: How complete it is.
        series: The same of each series that is here or listed, by Series Instance UID.
        uids: The instances that are here.
        indexed: The series in the index of the library.
        asked: The sources that have a listing of it.
    """

    study: str
    whole: Completeness
    series: Mapping[str, Completeness]
    uids: frozenset[str]
    indexed: tuple[SeriesMatch, ...]
    asked: frozenset[str]


def local_copy(library: Library, plans: Plans, study: str, *, anew: bool = False) -> LocalCopy:
    """Look at the files of a study; with ``anew`` at each, else where its folder has changed.

    Raises:
        StoreError: The library cannot be read.
    """
    here = library.confirm(study, anew=anew)
    listings, accepted = _listings(plans, study)
    indexed = tuple(library.index.series(study))
    doubtful = {one.series_uid: one.doubtful for one in indexed}
    known = dict.fromkeys([*here, *(uid for one in listings for uid in one.series)])
    return LocalCopy(
        study,
        completeness(listings, here, accepted=accepted, doubtful=sum(doubtful.values())),
        {uid: _series(listings, here, uid, doubtful.get(uid, 0)) for uid in known},
        frozenset().union(*here.values()),
        indexed,
        frozenset(one.source for one in listings),
    )


def copies_present(
    library: Library, plans: Plans, studies: Sequence[str], stop: Stop
) -> dict[str, Completeness]:
    """How complete each of these studies is of which something is here.

    Raises:
        StoreError: The library cannot be read.
        Cancelled: ``stop`` was requested.
    """
    found = {}
    for first in range(0, len(studies), _ASKED_AT_ONCE):
        for study in library.index.studies_present(studies[first : first + _ASKED_AT_ONCE]):
            stop.check()
            found[study] = local_copy(library, plans, study).whole
    return found


def absent_from(found: LocalCopy, target: Target, named: Collection[str]) -> list[Failure]:
    """What archives listed of a target and is not here; nothing, where the user accepted that it is missing.

    To be reported with a copy that is sent or exported: it is not all there is.

    Args:
        found: What is here of the study.
        target: What is handed on.
        named: Instances that were tried, and are failures of their own where they could not be read.
    """
    if target.instances:
        return []
    reason = UserMessage("An archive listed it, but it is not in the library.")
    parts = (
        [found.series[uid] for uid in target.series if uid in found.series]
        if target.series
        else [found.whole]
    )
    absent: list[Failure] = []
    for part in parts:
        if part.extent.enough:
            continue
        absent += [Failure(uid, None, reason) for uid in sorted(part.missing.difference(named))]
        known = part.here + len(part.missing)
        if part.total is not None and part.total > known:
            words = UserMessage(
                "An archive counts {total} images, {here} are known.", total=part.total, here=known
            )
            absent.append(Failure(target.study, None, words))
    return absent


def without(outcome: Outcome, absent: Sequence[Failure]) -> Outcome:
    """The outcome of handing on a local copy that lacks what is ``absent``."""
    if not absent:
        return outcome
    end = outcome.end
    if end is not End.CANCELLED:
        end = End.PARTIAL if outcome.received else End.FAILED
    expected = (outcome.expected or 0) + len(absent)
    return replace(outcome, end=end, expected=expected, failed=(*outcome.failed, *absent))


def _listings(plans: Plans, study: str) -> tuple[tuple[StudyListing, ...], Accepted | None]:
    """Nothing, where the plans cannot be read."""
    try:
        return plans.expectations.of(study), plans.expectations.accepted(study)
    except (StoreError, Cancelled):
        return (), None


def _series(listings: tuple[StudyListing, ...], here: Here, series: str, doubtful: int) -> Completeness:
    part = {series: here[series]} if series in here else {}
    return completeness([one.of_series([series]) for one in listings], part, doubtful=doubtful)
