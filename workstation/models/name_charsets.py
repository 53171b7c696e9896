"""Decode texts again by the character set that the user chose for a source (“Show names as…”)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, cast

from workstation.dicom import character_set_choices
from workstation.dicom.matches import ImageMatch, Match, PatientMatch, SeriesMatch, StudyMatch
from workstation.dicom.text import decode

CHARACTER_SETS = tuple((term, name) for term, name in character_set_choices.CHARACTER_SETS.items() if term)
"""What texts may be read by: terms and their names, untranslated."""

M = TypeVar("M", bound=Match)


class NameCharsets:
    """Knows the character set chosen for each source, and each text as it was received.

    Names of patients and the texts of studies and series are read so. The Patient ID is not: it says who is
    who, and what the archive is asked for.
    """

    def __init__(self) -> None:
        self.chosen: dict[str, str] = {}
        self._received: dict[tuple[str, bytes], str] = {}

    def choose(self, source: str, charset: str) -> None:
        """Read the texts of ``source`` by ``charset`` from now on; empty: as they were received."""
        if charset:
            self.chosen[source] = charset
        else:
            self.chosen.pop(source, None)

    def read(self, match: M) -> M:
        """Return an answer with its texts as they are to be shown; the same one where they are so already."""
        if isinstance(match, PatientMatch):
            return cast("M", self._read_patient(match))
        if isinstance(match, ImageMatch):
            return match
        assert isinstance(match, StudyMatch | SeriesMatch)
        facts: dict[str, object] = {}
        if isinstance(match, StudyMatch):
            facts["patient"] = self._read_patient(match.patient)
        charset = self.chosen.get(match.source)
        for raw in match.raw_texts:
            facts[raw.field] = raw.received if charset is None else decode(raw.value, (charset,))
        changed = {field: value for field, value in facts.items() if getattr(match, field) != value}
        return replace(match, **changed) if changed else match  # type: ignore[arg-type]

    def _read_patient(self, patient: PatientMatch) -> PatientMatch:
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
