"""Which earlier studies of the same patient are fetched beside one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.same_patient import is_same_patient
from workstation.dicom.uids import may_be_asked_for
from workstation.dicom.value_readers import read_date

_WIDE = frozenset("*?\\")
_NO_IMAGES = frozenset(("SR", "PR", "KO"))
"""Say nothing of what was examined."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was examined in a study; empty: it was not told."""

    modalities: frozenset[str] = frozenset()
    body_parts: frozenset[str] = frozenset()


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
