"""Step 1 of a retrieve: which instances there should be, asked of the archive by C-FIND."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workstation.dicom.completeness import ToldSeries
from workstation.dicom.levels import Level
from workstation.dicom.matches import SeriesMatch, StudyMatch
from workstation.dicom.targets import Target
from workstation.errors import OperationFailed
from workstation.operations.asking import Asker

INSTANCE_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What an archive says it holds of a target.

    Attributes:
        instances: By SOP Instance UID: (Series Instance UID, SOP Class UID or ""); None: it would not say.
        count: How many there should be; None: unknown.
        modalities: Of the series, for negotiation.
        absent: It answered, and there is nothing.
        series: What it told of every series of the study, not only those of the target; None where such an
            answer did not end cleanly, or told of nothing.
    """

    instances: dict[str, tuple[str, str]] | None = None
    count: int | None = None
    modalities: tuple[str, ...] = ()
    absent: bool = False
    series: Mapping[str, ToldSeries] | None = None

    @property
    def certain(self) -> bool:
        """The SOP class of every instance is known."""
        return bool(self.instances) and all(sop_class for _, sop_class in (self.instances or {}).values())


def expect(asker: Asker, target: Target) -> Expected:
    """Ask for the instances of a target, series by series; where that is refused, for counts.

    Raises:
        NetworkError, Cancelled: The association broke or was stopped.
    """
    asker.limit = INSTANCE_LIMIT
    try:
        told = list(asker.series(target.study, target.patient_id))
    except OperationFailed:
        return _by_name(target)
    clean = bool(told) and not asker.incomplete
    series = [found for found in told if not target.series or found.series_uid in target.series]
    modalities = tuple(dict.fromkeys(found.modality for found in series if found.modality))
    counts = {found.series_uid: ToldSeries(count=found.instances) for found in told} if clean else None
    if not series:
        return Expected(instances={}, count=0, absent=not asker.incomplete, series=counts)
    try:
        instances = dict(_instances(asker, target, series))
    except OperationFailed:
        instances = {}
    if asker.incomplete:
        return Expected(modalities=modalities, series=counts)
    if not instances:
        # Told of series, but of no instance in them: such an archive does not answer at IMAGE level.
        return Expected(count=_count(asker, target, series), modalities=modalities, series=counts)
    lists = {**(counts or {}), **_lists(series, instances)}
    if target.instances:
        named = instances
        instances = {uid: named.get(uid, (target.series[0], "")) for uid in target.instances}
    return Expected(instances, len(instances), modalities, series=lists)


def _lists(series: list[SeriesMatch], instances: Mapping[str, tuple[str, str]]) -> dict[str, ToldSeries]:
    """The lists by series; of a series that was told but none of its instances there is no list."""
    uids: dict[str, set[str]] = {found.series_uid: set() for found in series}
    for uid, (series_uid, _) in instances.items():
        uids[series_uid].add(uid)
    told: dict[str, ToldSeries] = {}
    for found in series:
        listed = frozenset(uids[found.series_uid])
        known = listed if listed or found.instances == 0 else None
        told[found.series_uid] = ToldSeries(known, found.instances)
    return told


def _by_name(target: Target) -> Expected:
    if target.instances:
        return Expected(dict.fromkeys(target.instances, (target.series[0], "")), len(target.instances))
    return Expected()


def _instances(
    asker: Asker, target: Target, series: list[SeriesMatch]
) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in series:
        for image in asker.images(target.study, each.series_uid, target.patient_id):
            yield image.sop_uid, (each.series_uid, image.sop_class)


def _count(asker: Asker, target: Target, series: list[SeriesMatch]) -> int | None:
    if target.instances:
        return len(target.instances)
    counts = [each.instances for each in series]
    if None not in counts:
        return sum(count for count in counts if count is not None)
    if target.series:
        return None
    try:
        values = {"StudyInstanceUID": target.study}
        for study in asker.rows(Level.STUDY, values, StudyMatch):
            if study.study_uid == target.study:
                return study.instances
    except OperationFailed:
        pass
    return None
