"""Query an archive by C-FIND for the instances of a target: step 1 of a retrieve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from workstation.dicom.completeness import SeriesListing
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.targets import Target
from workstation.dicom.uids import is_placeholder_uid, may_be_asked_for
from workstation.errors import OperationFailed
from workstation.operations.query_session import QuerySession

INSTANCE_LIMIT = 1_000_000

Listed = Callable[[str, SeriesMatch, str], None]
"""Called with each instance as it is listed: SOP Instance UID, series, and SOP Class UID or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an archive says it holds of a target.

    Attributes:
        instances: By SOP Instance UID as it was sent, valid or not: (Series Instance UID, SOP Class UID or
            ""); None: it gave no list.
        count: How many there should be; None: unknown.
        whole: All it answered about are among ``instances``. Not so where an image came without a UID, or a
            series without any image: ``count`` holds those, too.
        modalities: Of the series, for negotiation.
        absent: It answered, and there is nothing.
        series: The listing of every series of the study, not only those of the target; None where such an
            answer did not end cleanly, or was empty.
        numbers: Instance Numbers, of the instances for which one was told.
    """

    instances: dict[str, tuple[str, str]] | None = None
    count: int | None = None
    modalities: tuple[str, ...] = ()
    absent: bool = False
    whole: bool = True
    series: Mapping[str, SeriesListing] | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def certain(self) -> bool:
        """The SOP class of every instance is known."""
        known = self.instances if self.whole else None
        return bool(known) and all(sop_class for _, sop_class in (known or {}).values())


def expect(session: QuerySession, target: Target, seen: Listed | None = None) -> Expected:
    """Ask for the instances of a target, series by series; where that is refused, for counts.

    ``seen`` is called in between with each instance of these series.

    Raises:
        NetworkError, Cancelled: The association broke or was stopped.
    """
    session.limit = INSTANCE_LIMIT
    try:
        answers = list(session.series(target.study, target.patient_id))
    except OperationFailed:
        return _listed_in_target(target)
    clean = bool(answers) and not session.incomplete
    series = [found for found in answers if not target.series or found.series_uid in target.series]
    modalities = tuple(dict.fromkeys(found.modality for found in series if found.modality))
    counts = {found.series_uid: SeriesListing(count=found.instances) for found in answers} if clean else None
    if not series:
        return Expected(instances={}, count=0, absent=not session.incomplete, series=counts)
    numbers: dict[str, int] = {}
    try:
        listed = dict(_instances(session, target, series, numbers, seen or (lambda *_: None)))
    except OperationFailed:
        listed = {}
    if session.incomplete:
        return Expected(modalities=modalities, series=counts)
    lists = {**(counts or {}), **_lists(series, listed)} if listed else counts
    if target.instances:
        wanted = {uid: listed.get(uid, (target.series[0], "")) for uid in target.instances}
        return Expected(instances=wanted, count=len(wanted), modalities=modalities, series=lists)
    found = _listed(session, target, series, listed)
    return replace(found, modalities=modalities, series=lists, numbers=numbers)


def _listed(
    session: QuerySession,
    target: Target,
    series: list[SeriesMatch],
    listed: Mapping[str, tuple[str, str]],
) -> Expected:
    """What is expected where some images, or all, were listed one by one."""
    counts = Counter(series_uid for series_uid, _ in listed.values())
    instances = {uid: facts for uid, facts in listed.items() if not is_placeholder_uid(uid)}
    empty = any(not counts[each.series_uid] and each.instances != 0 for each in series)
    if listed and not empty and len(instances) == len(listed):
        return Expected(instances=instances, count=len(instances))
    # A series without an image in it: it could not be asked for, or nothing is answered at IMAGE level.
    return Expected(instances=instances or None, count=_count(session, target, series, counts), whole=False)


def _lists(series: list[SeriesMatch], listed: Mapping[str, tuple[str, str]]) -> dict[str, SeriesListing]:
    """The lists by series; of a series of which no instance was answered there is no list.

    An image without a UID is in them by the name it is known by here, so that it is missed.
    """
    uids: dict[str, set[str]] = {found.series_uid: set() for found in series}
    for uid, (series_uid, _) in listed.items():
        uids[series_uid].add(uid)
    listings: dict[str, SeriesListing] = {}
    for found in series:
        here = frozenset(uids[found.series_uid])
        known = here if here or found.instances == 0 else None
        listings[found.series_uid] = SeriesListing(known, found.instances)
    return listings


def _listed_in_target(target: Target) -> Expected:
    if target.instances:
        return Expected(
            instances=dict.fromkeys(target.instances, (target.series[0], "")), count=len(target.instances)
        )
    return Expected()


def _instances(
    session: QuerySession,
    target: Target,
    series: list[SeriesMatch],
    numbers: dict[str, int],
    seen: Listed,
) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in series:
        if not may_be_asked_for(each.series_uid):
            continue
        for image in session.images(target.study, each.series_uid, target.patient_id):
            if image.number is not None:
                numbers[image.sop_uid] = image.number
            seen(image.sop_uid, each, image.sop_class)
            yield image.sop_uid, (each.series_uid, image.sop_class)


def _count(
    session: QuerySession, target: Target, series: list[SeriesMatch], listed: Mapping[str, int]
) -> int | None:
    """How many images there are: those ``listed`` of a series, else as many as the archive counts."""
    if target.instances:
        return len(target.instances)
    counts = [listed.get(each.series_uid) or each.instances for each in series]
    if None not in counts:
        return sum(count for count in counts if count is not None)
    if target.series:
        return None
    try:
        values = {"StudyInstanceUID": target.study}
        studies = list(session.rows(Level.STUDY, values, StudyMatch))  # to the end: more is asked on it
        return next((study.instances for study in studies if study.study_uid == target.study), None)
    except OperationFailed:
        pass
    return None
