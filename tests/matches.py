"""Studies and series as an archive matches them."""

from __future__ import annotations

from workstation.dicom.matches import PatientMatch, SeriesMatch, StudyMatch


def study(uid: str, patient_id: str = "1", source: str = "A", **changes: object) -> StudyMatch:
    about = {key: changes.pop(key) for key in ("name", "birth_date", "sex", "issuer") if key in changes}
    patient = PatientMatch(source=source, patient_id=patient_id, **({"name": "Doe^John"} | about))  # type: ignore[arg-type]
    return StudyMatch(source=source, study_uid=uid, patient=patient, **changes)  # type: ignore[arg-type]


def series(uid: str, study_uid: str = "1.1", source: str = "A", **changes: object) -> SeriesMatch:
    return SeriesMatch(source=source, study_uid=study_uid, series_uid=uid, **changes)  # type: ignore[arg-type]
