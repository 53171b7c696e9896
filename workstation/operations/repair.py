"""Choose how to ask again for what did not arrive: by UID, with other presentation contexts each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice

from workstation.dicom.targets import Target
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE, PLAIN, RARE_SYNTAXES, USUAL_SYNTAXES
from workstation.dicom.uids import may_be_asked_for
from workstation.network.contexts import USUAL_CLASSES, classes_for, storage_classes
from workstation.operations.expected_instances import Expected

CHUNK = 100
"""UIDs in one request: a longer list may take an archive longer than its timeout."""

Recipe = tuple[tuple[str, ...], tuple[str, ...]]
"""SOP classes and transfer syntaxes to negotiate."""


def untried(syntaxes: tuple[str, ...], proposed: Set[str], room: int) -> Iterator[Recipe]:
    """All storage classes not ``proposed`` so far, in recipes of as many as there is ``room`` for.

    Where the retrieve asked for the usual syntaxes, only the plain ones are proposed, in one context for each
    class: it is not known which classes are needed.
    """
    plain = syntaxes == USUAL_SYNTAXES
    rest = iter(sorted(storage_classes() - proposed))
    while chunk := tuple(islice(rest, max(1, room if plain else room // len(syntaxes)))):
        yield chunk, PLAIN if plain else syntaxes


def rare(classes: tuple[str, ...], syntaxes: tuple[str, ...]) -> Iterator[Recipe]:
    """The same classes in the rarely used syntaxes, if the usual ones were proposed before."""
    if syntaxes == USUAL_SYNTAXES:
        yield classes, RARE_SYNTAXES


def alone(
    classes: tuple[str, ...], syntaxes: tuple[str, ...], agreed: Set[tuple[str, str]]
) -> Iterator[Recipe]:
    """One recipe for each syntax that the archive accepted for any of the classes, with these classes.

    For archives that send everything over the first context they accepted of a class (a departure from PS3.5
    10.1 that only a repair may make).
    """
    if syntaxes != USUAL_SYNTAXES:
        return
    for syntax in USUAL_SYNTAXES:
        of_it = tuple(uid for uid in classes if (uid, syntax) in agreed)
        if of_it and syntax != EXPLICIT_LE:  # that was the first
            yield of_it, (syntax,)


def wanted_classes(expected: Expected | None, missing: Iterable[str] | None = None) -> tuple[str, ...]:
    """The SOP classes to negotiate: as listed for each instance, else those usual for the modalities."""
    if expected is None:
        return USUAL_CLASSES
    found: dict[str, None] = {}
    instances = expected.instances or {}
    for uid in instances if missing is None else missing:
        found[instances.get(uid, ("", ""))[1]] = None
    named = [sop_class for sop_class in found if sop_class]
    if named and len(named) == len(found):
        return tuple(named)
    return tuple(dict.fromkeys([*named, *classes_for(expected.modalities), *USUAL_CLASSES]))


def may_be_fetched(instance: str, series: str) -> bool:
    """Whether an instance may be asked for by its UIDs, as they were sent."""
    return may_be_asked_for(instance) and may_be_asked_for(series)


def parts(
    target: Target,
    instances: Mapping[str, tuple[str, str]],
    missing: Set[str],
    *,
    lists: bool = True,
    by_uid: bool = False,
) -> Iterator[Target]:
    """Requests for the missing instances: whole series where all of one is missing, else UID lists.

    Those that cannot be asked for are left out.

    Args:
        target: What the retrieve is for.
        instances: All that the archive listed.
        missing: Those of them to ask for.
        lists: The archive takes lists of UIDs; if not, a series of which most is missing is asked for as one.
        by_uid: No series as a whole.
    """
    by_series: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for uid, (series, _) in instances.items():
        sizes[series] = sizes.get(series, 0) + 1
        if uid in missing and may_be_fetched(uid, series):
            by_series.setdefault(series, []).append(uid)
    for series, uids in by_series.items():
        whole = len(uids) == sizes[series] or (not lists and 2 * len(uids) > sizes[series])
        if whole and not by_uid and not target.instances:
            yield Target(target.study, (series,), (), target.patient_id)
            continue
        rest = iter(uids)
        while chunk := tuple(islice(rest, CHUNK if lists else 1)):
            yield Target(target.study, (series,), chunk, target.patient_id)
