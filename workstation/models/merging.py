"""One answer out of several about the same patient, study, series or image: the best fact of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch

M = TypeVar("M", bound=Match)

_TEXTS: dict[type, tuple[str, ...]] = {
    PatientMatch: ("issuer", "birth_date", "sex"),
    StudyMatch: ("date", "time", "description", "accession", "study_id", "referring"),
    SeriesMatch: ("modality", "description", "date", "time", "body_part"),
    ImageMatch: ("sop_class",),
}
_COUNTS: dict[type, tuple[str, ...]] = {
    PatientMatch: ("studies", "series", "instances"),
    StudyMatch: ("series", "instances"),
    SeriesMatch: ("instances",),
    ImageMatch: ("frames",),
}
_REPLACEMENT = "\ufffd"


def merged(told: Sequence[M]) -> M:
    """The first answer, with what it leaves blank from the others, and the largest of all counts.

    Args:
        told: At least one, all about the same entity; the one to be preferred first.
    """
    first = told[0]
    if len(told) == 1:
        return first
    kind = type(first)
    facts: dict[str, object] = {name: _text([getattr(one, name) for one in told]) for name in _TEXTS[kind]}
    for name in _COUNTS[kind]:
        counts = [getattr(one, name) for one in told]
        facts[name] = max((count for count in counts if count is not None), default=None)
    if isinstance(first, PatientMatch):
        facts |= _name(cast("Sequence[PatientMatch]", told))
    elif isinstance(first, StudyMatch):
        studies = cast("Sequence[StudyMatch]", told)
        facts["patient"] = merged([one.patient for one in studies])
        facts["modalities"] = tuple(sorted({code for one in studies for code in one.modalities}))
    else:
        numbers = [one.number for one in cast("Sequence[SeriesMatch | ImageMatch]", told)]
        facts["number"] = next((number for number in numbers if number is not None), None)
    return replace(first, **facts)  # type: ignore[arg-type]


def with_known(patient: PatientMatch, others: Sequence[PatientMatch]) -> PatientMatch:
    """A patient with what it leaves blank of name, birth date and sex from others, who are the same."""
    if (patient.name and patient.birth_date and patient.sex) or not others:
        return patient
    told = [patient, *others]
    facts: dict[str, object] = {
        "birth_date": _text([one.birth_date for one in told]),
        "sex": _text([one.sex for one in told]),
    }
    return replace(patient, **facts | _name(told))  # type: ignore[arg-type]


def _name(told: Sequence[PatientMatch]) -> dict[str, object]:
    """The first name that says something, best one that could be read, with what it was decoded from."""
    chosen = _text([one.name for one in told])
    named = next(one for one in told if one.name == chosen) if chosen else told[0]
    return {"name": named.name, "raw_name": named.raw_name, "charset": named.charset}


def _text(told: Sequence[str]) -> str:
    """The first that says something, without lost characters if there is one."""
    texts = [text for text in told if text.strip(" ^=")]
    return next((text for text in texts if _REPLACEMENT not in text), texts[0] if texts else "")
