"""Compare an answer with what was asked for, criterion by criterion.

Archives ignore keys, or match in their own way (PS3.4 C.2.2.2.1.1 leaves it to them how names are). What
our own check finds not to fit is set aside, not dropped: the archive may know better.
"""

from __future__ import annotations

from collections.abc import Iterator

from workstation.dicom.answer_matching import patient_fits, study_fits
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.mismatch import DATES, KEY, Mismatch
from workstation.dicom.other_key_matching import told_fit


def mismatch(criteria: Criteria, match: PatientMatch | StudyMatch) -> Mismatch | None:
    """How an answer differs from what was asked for; None: it fits. What it does not answer fits anything."""
    if _fits(criteria, match):
        return None
    return Mismatch(match, tuple(field for field, alone in _one_by_one(criteria) if not _fits(alone, match)))


def _fits(criteria: Criteria, match: PatientMatch | StudyMatch) -> bool:
    if isinstance(match, StudyMatch):
        return study_fits(criteria, match) and told_fit(criteria.others, match.told)
    return patient_fits(criteria, match)


def _one_by_one(criteria: Criteria) -> Iterator[tuple[str, Criteria]]:
    """Each criterion as if it were the only one."""
    yield "name", Criteria(name=criteria.name)
    yield "patient_id", Criteria(patient_id=criteria.patient_id)
    yield "accession", Criteria(accession=criteria.accession)
    yield "description", Criteria(description=criteria.description)
    yield "modalities", Criteria(modalities=criteria.modalities)
    yield DATES, Criteria(span=criteria.span)
    for key in criteria.others:
        yield f"{KEY}{key.path}", Criteria(others=(key,))
