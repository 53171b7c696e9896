"""For “Show names as…”: a patient's name decoded again from the bytes that came."""

from __future__ import annotations

from dataclasses import replace

from workstation.dicom import character_sets
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.text import decode

CHARACTER_SETS = tuple((term, name) for term, name in character_sets.CHARACTER_SETS.items() if term)
"""What names may be read by: terms and their names, untranslated."""


class NameCharsets:
    """Which character set a person chose for each source; what was told is kept."""

    def __init__(self) -> None:
        self.chosen: dict[str, str] = {}
        self._told: dict[tuple[str, bytes], str] = {}

    def choose(self, source: str, charset: str) -> None:
        """Read the names of ``source`` by ``charset`` from now on; empty: as they were told."""
        if charset:
            self.chosen[source] = charset
        else:
            self.chosen.pop(source, None)

    def read(self, match: StudyMatch) -> StudyMatch:
        """The study with its patient's name as it is to be shown."""
        patient = self.read_patient(match.patient)
        return match if patient is match.patient else replace(match, patient=patient)

    def read_patient(self, patient: PatientMatch) -> PatientMatch:
        """The patient with the name as it is to be shown."""
        known = (patient.source, patient.raw_name)
        charset = self.chosen.get(patient.source)
        if not patient.raw_name or (charset is None and known not in self._told):
            return patient
        told = self._told.setdefault(known, patient.name)
        name = told if charset is None else decode(patient.raw_name, (charset,))
        return patient if name == patient.name else replace(patient, name=name)

    def told(self, patient: PatientMatch) -> PatientMatch:
        """The patient with the name as it was told."""
        name = self._told.get((patient.source, patient.raw_name), patient.name)
        return patient if name == patient.name else replace(patient, name=name)
