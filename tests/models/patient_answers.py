"""Answers that tell of patients: from archives, from the library, pushed by modalities."""

from __future__ import annotations

from workstation.dicom.matches import Domain, PatientMatch, StudyMatch


def study(
    source: str, uid: str, patient_id: str = "1", name: str = "Doe^John", **facts: str | Domain | None
) -> StudyMatch:
    return StudyMatch(
        source=source,
        study_uid=uid,
        patient=PatientMatch(source=source, patient_id=patient_id, name=name, **facts),
    )  # type: ignore[arg-type]


def local(uid: str, kind: str, which: str) -> StudyMatch:
    """What is in the library, from elsewhere."""
    return study("library", uid, domain=(kind, which))


def push(uid: str, sender: str, **facts: str) -> StudyMatch:
    """What a modality that is no node pushed into the library."""
    told = {"birth_date": "19700101", "sex": "M"} | facts
    return study("library", uid, domain=("sender", sender), **told)
