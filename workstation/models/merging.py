"""Merge answers about the same patient, study, series or image: the best fact of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch

M = TypeVar("M", bound=Match)

_PLACES = ("institution", "station", "body_part")
_TEXTS: dict[type, tuple[str, ...]] = {
    PatientMatch: ("issuer", "birth_date", "sex"),
    StudyMatch: ("date", "time", "description", "accession", "study_id", "referring", *_PLACES, "comments"),
    SeriesMatch: ("modality", "description", "date", "time", *_PLACES, "protocol"),
    ImageMatch: ("sop_class",),
}
_COUNTS: dict[type, tuple[str, ...]] = {
    PatientMatch: ("studies", "series", "instances"),
    StudyMatch: ("series", "instances"),
    SeriesMatch: ("instances",),
    ImageMatch: ("frames", "rows", "columns"),
}
_FIRST: dict[type, tuple[str, ...]] = {
    SeriesMatch: ("number", "slice_thickness"),
    ImageMatch: ("number", "position", "orientation", "location"),
}
_REPLACEMENT = "\ufffd"


def merged(answers: Sequence[M]) -> M:
    """Return the first answer, with what it leaves blank from the others, and the largest of all counts.

    Args:
        answers: At least one, all about the same entity; the preferred one first.
    """
    first = answers[0]
    if len(answers) == 1:
        return first
    kind = type(first)
    facts: dict[str, object] = {name: _text([getattr(one, name) for one in answers]) for name in _TEXTS[kind]}
    for name in _COUNTS[kind]:
        counts = [getattr(one, name) for one in answers]
        facts[name] = max((count for count in counts if count is not None), default=None)
    if isinstance(first, PatientMatch):
        facts |= _name(cast("Sequence[PatientMatch]", answers))
    elif isinstance(first, StudyMatch):
        studies = cast("Sequence[StudyMatch]", answers)
        facts["patient"] = merged([one.patient for one in studies])
        facts["modalities"] = tuple(sorted({code for one in studies for code in one.modalities}))
    for name in _FIRST.get(kind, ()):
        facts[name] = next((fact for one in answers if (fact := getattr(one, name)) is not None), None)
    return replace(first, **facts)  # type: ignore[arg-type]


def with_known(patient: PatientMatch, others: Sequence[PatientMatch]) -> PatientMatch:
    """Return a patient with what it lacks of name, birth date and sex from others, who are the same."""
    if (patient.name and patient.birth_date and patient.sex) or not others:
        return patient
    answers = [patient, *others]
    facts: dict[str, object] = {
        "birth_date": _text([one.birth_date for one in answers]),
        "sex": _text([one.sex for one in answers]),
    }
    return replace(patient, **facts | _name(answers))  # type: ignore[arg-type]


def _name(answers: Sequence[PatientMatch]) -> dict[str, object]:
    """Return the first name that says something, best one that could be read, and its bytes."""
    chosen = _text([one.name for one in answers])
    named = next(one for one in answers if one.name == chosen) if chosen else answers[0]
    return {"name": named.name, "raw_name": named.raw_name, "charset": named.charset}


def _text(answers: Sequence[str]) -> str:
    """Return the first that says something, without lost characters if there is one."""
    texts = [text for text in answers if text.strip(" ^=")]
    return next((text for text in texts if _REPLACEMENT not in text), texts[0] if texts else "")
