"""Step 4 of a retrieve: what did not come is asked for again by UID, in other words each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice

from workstation.dicom.targets import Target
from workstation.dicom.uids import may_be_asked_for
from workstation.network.contexts import (
    PLAIN,
    RARE_SYNTAXES,
    USUAL_CLASSES,
    USUAL_SYNTAXES,
    classes_for,
    storage_classes,
)
from workstation.operations.expect import Expected

CHUNK = 100
"""UIDs in one request: a list must fit into the archive's patience."""

Recipe = tuple[tuple[str, ...], tuple[str, ...]]


def recipes(
    expected: Expected, missing: Set[str], syntaxes: tuple[str, ...], proposed: Set[str], room: int
) -> Iterator[Recipe]:
    """SOP classes and transfer syntaxes to negotiate, one association each, until nothing is missing.

    First the very classes that are missing; where the archive does not tell them, the storage classes not
    yet proposed; then the rarer syntaxes; then each syntax alone, for archives that send everything over the
    first context they accepted of a class (a departure from PS3.5 10.1 that only a repair may make).

    Args:
        expected: What the archive says it holds.
        missing: What of it is not here.
        syntaxes: To propose at first.
        proposed: The storage classes proposed so far; grows from one recipe to the next.
        room: Storage contexts in one association.
    """
    classes = wanted_classes(expected, missing)
    yield classes, syntaxes
    instances = expected.instances or {}
    if not all(instances.get(uid, ("", ""))[1] for uid in missing):
        yield from untried(syntaxes, proposed, room)
    if syntaxes != USUAL_SYNTAXES:
        return
    yield classes, RARE_SYNTAXES
    for syntax in USUAL_SYNTAXES:
        yield classes, (syntax,)


def untried(syntaxes: tuple[str, ...], proposed: Set[str], room: int) -> Iterator[Recipe]:
    """All storage classes not among those ``proposed`` so far, as many at once as there is ``room`` for."""
    syntaxes = PLAIN if syntaxes == USUAL_SYNTAXES else syntaxes
    rest = iter(sorted(storage_classes() - proposed))
    while chunk := tuple(islice(rest, max(1, room // len(syntaxes)))):
        yield chunk, syntaxes


def wanted_classes(expected: Expected | None, missing: Iterable[str] | None = None) -> tuple[str, ...]:
    """The SOP classes to negotiate: as told for each instance, else what the modalities make."""
    if expected is None:
        return USUAL_CLASSES
    found: dict[str, None] = {}
    instances = expected.instances or {}
    for uid in instances if missing is None else missing:
        found[instances.get(uid, ("", ""))[1]] = None
    told = [sop_class for sop_class in found if sop_class]
    if told and len(told) == len(found):
        return tuple(told)
    return tuple(dict.fromkeys([*told, *classes_for(expected.modalities), *USUAL_CLASSES]))


def may_be_fetched(instance: str, series: str) -> bool:
    """Whether an instance may be asked for by its UIDs, as they were told."""
    return may_be_asked_for(instance) and may_be_asked_for(series)


def parts(target: Target, instances: Mapping[str, tuple[str, str]], missing: set[str]) -> Iterator[Target]:
    """Requests for the missing instances: whole series where all of one is missing, else UID lists.

    Those that cannot be asked for are left out.
    """
    by_series: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for uid, (series, _) in instances.items():
        sizes[series] = sizes.get(series, 0) + 1
        if uid in missing and may_be_fetched(uid, series):
            by_series.setdefault(series, []).append(uid)
    for series, uids in by_series.items():
        if len(uids) == sizes[series] and not target.instances:
            yield Target(target.study, (series,), (), target.patient_id)
            continue
        rest = iter(uids)
        while chunk := tuple(islice(rest, CHUNK)):
            yield Target(target.study, (series,), chunk, target.patient_id)
