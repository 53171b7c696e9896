"""Which earlier studies are fetched beside one, and when two answers are of the same patient beyond doubt.

An earlier study of another patient beside the current one endangers a patient; one that is missing only has
to be fetched by hand. So what is told has to agree, and what is not told counts as a difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from workstation.dicom.identity_claim import claim_of
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.text_folding import fold
from workstation.dicom.uids import may_be_asked_for
from workstation.dicom.value_readers import name_components, name_groups, read_date
from workstation.errors import BadInput, UserMessage

MAX_PRIORS = 10
MAX_MONTHS = 600
_WIDE = frozenset("*?\\")
_NO_IMAGES = frozenset(("SR", "PR", "KO"))
"""Say nothing of what was examined."""


class Likeness(StrEnum):
    """What an earlier study must have in common with the current one."""

    ANY = "any"
    MODALITY = "modality"
    BODY_PART = "body part"


@dataclass(frozen=True, slots=True)
class PriorRule:
    """Which earlier studies of an archive are fetched beside one that the user fetches.

    Attributes:
        studies: The last ones, so many at most.
        likeness: What they have in common with it.
        months: Not older than so many months at its date; 0: of any age.
    """

    studies: int = 3
    likeness: Likeness = Likeness.MODALITY
    months: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.studies <= MAX_PRIORS:
            raise BadInput(
                "number of priors", str(self.studies), UserMessage("1 to {most}.", most=MAX_PRIORS)
            )
        if not 0 <= self.months <= MAX_MONTHS:
            raise BadInput("number of months", str(self.months), _up_to(0, MAX_MONTHS))


@dataclass(frozen=True, slots=True)
class Content:
    """What was examined in a study; empty: it was not told."""

    modalities: frozenset[str] = frozenset()
    body_parts: frozenset[str] = frozenset()


def is_same_patient(one: PatientMatch, other: PatientMatch) -> bool:
    """Whether two answers are of one patient beyond doubt.

    The Patient ID is told and equal, and so is either its issuer (or the domain the user gave to archives,
    where none names an issuer), or the whole name and the full birth date. Nothing else that both tell may
    contradict: issuer, birth date, sex, family or given name. Letter case, accents and width do not count in
    names; a letter that was lost does.
    """
    if not one.patient_id or one.patient_id != other.patient_id or one.fault or other.fault:
        return False
    if one.issuer and other.issuer and one.issuer != other.issuer:
        return False
    mine, its = claim_of(_folded(one), ""), claim_of(_folded(other), "")
    if not mine.fits(its) or (mine.sex and its.sex and mine.sex != its.sex):
        return False
    if _given_names_differ(one.name, other.name):
        return False
    if mine.domain == its.domain and mine.domain[0] in ("issuer", "domain"):
        return True
    return bool(mine.whole_name) and (mine.whole_name, mine.birth_date) == (its.whole_name, its.birth_date)


def earlier_studies(rule: PriorRule, study: StudyMatch, answers: Iterable[StudyMatch]) -> list[StudyMatch]:
    """Those of an archive's answers that are earlier studies of the same patient, the newest first.

    A study whose date is not known is none, nor is one that the archive tells of two patients.
    """
    date = _full_date(study.date)
    if not date:
        return []
    oldest = _months_before(date, rule.months) if rule.months else ""
    found: dict[str, StudyMatch] = {}
    of_others: set[str] = set()
    for answer in answers:
        if not is_same_patient(study.patient, answer.patient):
            of_others.add(answer.study_uid)
        elif not may_be_asked_for(answer.study_uid) or answer.fault:
            continue
        elif _is_before(answer, study) and _full_date(answer.date) >= oldest:
            found.setdefault(answer.study_uid, answer)
    priors = [one for uid, one in found.items() if uid not in of_others and uid != study.study_uid]
    return sorted(priors, key=lambda one: (_full_date(one.date), one.time), reverse=True)


def is_alike(rule: PriorRule, one: Content, other: Content) -> bool:
    """Whether two studies have in common what the rule asks for; what is not told is not in common."""
    if rule.likeness is Likeness.MODALITY:
        return bool((one.modalities & other.modalities) - _NO_IMAGES)
    if rule.likeness is Likeness.BODY_PART:
        return bool(one.body_parts & other.body_parts)
    return True


def may_be_looked_for(patient: PatientMatch) -> bool:
    """Whether an archive can be asked for the studies of just this Patient ID (PS3.4 C.2.2.2.4)."""
    return bool(patient.patient_id) and not _WIDE.intersection(patient.patient_id)


def _up_to(least: int, most: int) -> UserMessage:
    return UserMessage("{least} to {most}.", least=least, most=most)


def _folded(patient: PatientMatch) -> PatientMatch:
    return replace(patient, name=fold(patient.name))


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


def _full_date(value: str) -> str:
    """Eight digits; empty where year, month or day is not known."""
    date = read_date(value)
    return "" if not date or "00" in (date[4:6], date[6:]) else date


def _is_before(one: StudyMatch, other: StudyMatch) -> bool:
    first, second = _full_date(one.date), _full_date(other.date)
    if not first or first > second:
        return False
    return first < second or not one.time or not other.time or one.time <= other.time


def _months_before(date: str, months: int) -> str:
    """The same day so many months earlier, which need not exist: it is only compared."""
    count = int(date[:4]) * 12 + int(date[4:6]) - 1 - months
    return f"{count // 12:04}{count % 12 + 1:02}{date[6:]}" if count >= 0 else ""
