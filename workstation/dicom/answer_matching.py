"""Check whether an archive's answer matches what the user searched for (PS3.4 C.2.2.2).

Archives ignore keys, or read them in their own way, so every answer is checked again; names and texts by
the patterns that the keys were made from.
"""

from __future__ import annotations

from datetime import date, time

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.text_pattern import part_of_text, whole_text
from workstation.dicom.value_readers import read_time


def date_key(first: date | None, last: date | None) -> str:
    """Range matching of dates (PS3.4 C.2.2.2.5)."""
    if first is not None and first == last:
        return f"{first:%Y%m%d}"
    low = f"{first:%Y%m%d}" if first else ""
    high = f"{last:%Y%m%d}" if last else ""
    return f"{low}-{high}" if low or high else ""


def time_key(first: time | None, last: time | None, *, combined: bool = False) -> str:
    """Range matching of times on one day, or, combined with a range of dates, from moment to moment."""
    low = f"{first:%H%M%S}" if first else "000000" if combined else ""
    high = f"{last:%H%M%S}" if last else "235959.999999" if combined else ""
    return f"{low}-{high}" if first or last else ""


def study_fits(criteria: Criteria, study: StudyMatch) -> bool:
    """Whether an answer fits all criteria that it has values for."""
    return (
        patient_fits(criteria, study.patient)
        and whole_text(criteria.accession).fits(study.accession)
        and part_of_text(criteria.description).fits(study.description)
        and _modality_fits(criteria.modalities, study.modalities)
        and _date_fits(criteria.span, study.date)
        and _time_fits(criteria.span, study)
    )


def patient_fits(criteria: Criteria, patient: PatientMatch) -> bool:
    """The same for the criteria of a patient."""
    id_fits = whole_text(criteria.patient_id).fits(patient.patient_id)
    return id_fits and name_pattern(criteria.name).fits_answer(patient.name)


def _modality_fits(wanted: tuple[str, ...], answered: tuple[str, ...]) -> bool:
    return not wanted or not answered or any(modality in answered for modality in wanted)


def _date_fits(span: DateSpan, value: str) -> bool:
    first, last = span.first, span.last
    if (first is None and last is None) or not value.strip():
        return True  # nothing was asked for, or nothing answered: unknown is no mismatch
    digits = value.replace(".", "")
    if len(digits) != 8 or not digits.isdigit():
        return False
    return (first is None or f"{first:%Y%m%d}" <= digits) and (last is None or digits <= f"{last:%Y%m%d}")


def _time_fits(span: DateSpan, study: StudyMatch) -> bool:
    """Whether the time of a study of the first or the last day lies in the period, as far as it is told."""
    clock = read_time(study.time)[:6]
    if not clock:
        return True
    begin, end = span.begin, span.end
    too_early = _is_day(span.first, study.date) and begin and clock < f"{begin:%H%M%S}"[: len(clock)]
    too_late = _is_day(span.last, study.date) and end and clock > f"{end:%H%M%S}"[: len(clock)]
    return not (too_early or too_late)


def _is_day(day: date | None, value: str) -> bool:
    return day is not None and value.replace(".", "") == f"{day:%Y%m%d}"
