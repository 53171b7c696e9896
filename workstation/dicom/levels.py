"""Query/Retrieve levels and information models (PS3.4 C.3)."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """A level of the query/retrieve hierarchy; the value is Query/Retrieve Level (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def unique_key(self) -> str:
        """Keyword of the attribute that identifies an entity of this level (PS3.4 C.6.1.1)."""
        return _UNIQUE_KEYS[self]

    @property
    def below(self) -> Level | None:
        """The next level down; None below IMAGE."""
        levels = list(Level)
        position = levels.index(self) + 1
        return levels[position] if position < len(levels) else None

    @property
    def above(self) -> tuple[Level, ...]:
        """The levels above this one, from the top."""
        levels = list(Level)
        return tuple(levels[: levels.index(self)])


_UNIQUE_KEYS = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}


class Model(StrEnum):
    """An information model a query or retrieve is made under (PS3.4 C.6, K.6)."""

    PATIENT = "patient"
    STUDY = "study"
    PATIENT_STUDY = "patient-study"
    WORKLIST = "worklist"
