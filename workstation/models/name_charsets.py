"""Decode patient names again by the character set that the user chose for a source (“Show names as…”)."""

from __future__ import annotations

from dataclasses import replace

from workstation.dicom import character_set_choices
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.text import decode

CHARACTER_SETS = tuple((term, name) for term, name in character_set_choices.CHARACTER_SETS.items() if term)
"""What names may be read by: terms and their names, untranslated."""


class NameCharsets:
    """Knows the character set chosen for each source, and each name as it was received."""

    def __init__(self) -> None:
        self.chosen: dict[str, str] = {}
        self._received: dict[tuple[str, bytes], str] = {}

    def choose(self, source: str, charset: str) -> None:
        """Read the names of ``source`` by ``charset`` from now on; empty: as they were received."""
        if charset:
            self.chosen[source] = charset
        else:
            self.chosen.pop(source, None)

    def read(self, match: StudyMatch) -> StudyMatch:
        """Return the study with its patient's name as it is to be shown."""
        patient = self.read_patient(match.patient)
        return match if patient is match.patient else replace(match, patient=patient)

    def read_patient(self, patient: PatientMatch) -> PatientMatch:
        """Return the patient with the name as it is to be shown."""
        known = (patient.source, patient.raw_name)
        charset = self.chosen.get(patient.source)
        if not patient.raw_name or (charset is None and known not in self._received):
            return patient
        received = self._received.setdefault(known, patient.name)
        name = received if charset is None else decode(patient.raw_name, (charset,))
        return patient if name == patient.name else replace(patient, name=name)

    def as_received(self, patient: PatientMatch) -> PatientMatch:
        """Return the patient with the name as it was received."""
        name = self._received.get((patient.source, patient.raw_name), patient.name)
        return patient if name == patient.name else replace(patient, name=name)
