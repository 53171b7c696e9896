"""Decide whether two answers are of the same patient, perhaps of the same, or of two; say what differs.

A study of another patient beside the current one endangers a patient; one that is missing only has to be
fetched by hand. So what is told has to agree, and what is not told counts as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from workstation.dicom import display
from workstation.dicom.identity_claim import IdentityClaim, claim_of
from workstation.dicom.matches import PatientMatch
from workstation.dicom.person_names import person_name
from workstation.dicom.text_folding import fold
from workstation.dicom.value_readers import name_components, name_groups
from workstation.errors import UserMessage


class Agreement(Enum):
    """What two answers say together about who they are of; the best first."""

    SAME = "same"
    PERHAPS = "perhaps"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an answer agrees with another one, and if they are not surely of the same patient, what differs."""

    agreement: Agreement
    differences: tuple[UserMessage, ...] = ()


def is_same_patient(one: PatientMatch, other: PatientMatch) -> bool:
    """Whether two answers are of one patient beyond doubt.

    The Patient ID is told and equal, and so is either its issuer (or the domain the user gave to archives,
    where none names an issuer), or the whole name and the full birth date. Nothing else that both tell may
    contradict: issuer, birth date, sex, family or given name. Letter case, accents and width do not count in
    names; a letter that was lost does.
    """
    if not one.patient_id or one.patient_id != other.patient_id or one.fault or other.fault:
        return False
    if contradict(one, other):
        return False
    mine, its = _claim(one), _claim(other)
    if mine.domain == its.domain and mine.domain[0] in ("issuer", "domain"):
        return True
    return _names_the_same(mine, its)


def compare(current: Sequence[PatientMatch], other: PatientMatch) -> Comparison:
    """How an answer agrees with what sources told of the current patient.

    Perhaps the same is who has the same Patient ID, unless both name and birth date differ or the IDs are of
    two issuers; and who has another Patient ID, but the same whole name and full birth date.

    Args:
        current: One answer, or those of several sources about the current study: what contradicts one of
            them is not surely of the same patient.
        other: The answer.
    """
    surely = any(is_same_patient(one, other) for one in current)
    if surely and not any(contradict(one, other) for one in current):
        return Comparison(Agreement.SAME)
    likely = [one for one in current if surely or _may_be_same(one, other)]
    if not likely:
        return Comparison(Agreement.OTHER)
    told = dict.fromkeys(words for one in likely for words in differences(one, other))
    unsure = UserMessage("not enough is told to be sure")
    return Comparison(Agreement.PERHAPS, tuple(told) or (unsure,))


def can_be_named(patient: PatientMatch) -> bool:
    """Whether family name, given name and full birth date are told, so that they can be looked for."""
    return bool(_claim(patient).whole_name)


def _claim(patient: PatientMatch) -> IdentityClaim:
    return claim_of(replace(patient, name=fold(patient.name)), "")


def _names_the_same(mine: IdentityClaim, its: IdentityClaim) -> bool:
    return bool(mine.whole_name) and (mine.whole_name, mine.birth_date) == (its.whole_name, its.birth_date)


def contradict(one: PatientMatch, other: PatientMatch) -> bool:
    """Whether something that both tell differs, Patient IDs within one domain aside."""
    mine, its = _claim(one), _claim(other)
    if one.issuer and other.issuer and one.issuer != other.issuer:
        return True
    if not mine.fits(its) or (mine.sex and its.sex and mine.sex != its.sex):
        return True
    return _given_names_differ(one.name, other.name)


def _may_be_same(one: PatientMatch, other: PatientMatch) -> bool:
    mine, its = _claim(one), _claim(other)
    of_two_issuers = bool(one.issuer and other.issuer and one.issuer != other.issuer)
    if one.patient_id and one.patient_id == other.patient_id and not of_two_issuers:
        born = bool(mine.birth_date and its.birth_date and mine.birth_date != its.birth_date)
        return not (born and _names_contradict(one, other))
    return _names_the_same(mine, its)


def _names_contradict(one: PatientMatch, other: PatientMatch) -> bool:
    mine, its = _claim(one).families, _claim(other).families
    families = bool(mine and its and mine.isdisjoint(its))
    return families or _given_names_differ(one.name, other.name)


def differences(current: PatientMatch, other: PatientMatch) -> Iterator[UserMessage]:
    """What keeps an answer from being surely of the current patient, in words."""
    identity = display.isolated(display.plain(other.patient_id))
    if not other.patient_id:
        yield UserMessage("no patient ID told")
    elif not current.patient_id:
        yield UserMessage("patient ID {id}, the current study tells none", id=identity)
    elif current.patient_id != other.patient_id:
        yield UserMessage("other patient ID: {id}", id=identity)
    if current.issuer and other.issuer and current.issuer != other.issuer:
        issuer = display.isolated(display.plain(other.issuer))
        yield UserMessage("other issuer of the patient ID: {issuer}", issuer=issuer)
    yield from _birth_dates(current, other)
    yield from _names(current, other)
    mine, its = _claim(current).sex, _claim(other).sex
    if mine and its and mine != its:
        yield UserMessage("other sex: {sex}", sex=display.plain(other.sex))
    if current.fault or other.fault:
        yield UserMessage("the answer is damaged")


def _birth_dates(current: PatientMatch, other: PatientMatch) -> Iterator[UserMessage]:
    mine, its, shown = _claim(current).birth_date, _claim(other).birth_date, display.day(other.birth_date)
    if not its:
        yield UserMessage("no birth date told")
    elif not mine:
        yield UserMessage("birth date {date}, the current study tells none", date=shown)
    elif mine != its:
        yield UserMessage("other birth date: {date}", date=shown)


def _names(current: PatientMatch, other: PatientMatch) -> Iterator[UserMessage]:
    mine, its = _claim(current), _claim(other)
    shown = display.isolated(person_name(other.name))
    if not other.name.strip(" ^="):
        yield UserMessage("no name told")
    elif not current.name.strip(" ^="):
        yield UserMessage("name {name}, the current study tells none", name=shown)
    elif _names_contradict(current, other):
        yield UserMessage("other name: {name}", name=shown)
    elif mine.whole_name and its.whole_name and mine.whole_name != its.whole_name:
        yield UserMessage("name written otherwise: {name}", name=shown)
    elif fold(current.name) != fold(other.name):
        yield UserMessage("name only in part the same: {name}", name=shown)


def _given_names_differ(one: str, other: str) -> bool:
    """Whether both tell given names in the same script, and the first ones differ in each of these.

    An initial is the beginning of a name.
    """
    pairs = [(mine, its) for mine, its in zip(_given(one), _given(other), strict=False) if mine and its]
    return bool(pairs) and not any(mine.startswith(its) or its.startswith(mine) for mine, its in pairs)


def _given(name: str) -> list[str]:
    """The first given name of each component group, folded; empty where there is none."""
    found = []
    for group in name_groups(fold(name)):
        words = [*name_components(group), ""][1].replace("-", " ").replace(".", " ").split()
        found.append(words[0] if words else "")
    return found
