"""Say which criteria an answer does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.dicom.matches import PatientMatch, StudyMatch

KEY = "key:"
"""Begins what differs where it is one of the further keys; its path follows."""

DATES = "dates"
"""Stands for the period among what differs."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An answer that does not look like what was asked for.

    Attributes:
        match: The answer.
        differs: The fields of :class:`Criteria` it does not fit; :data:`DATES` for the period,
            :data:`KEY` with its path for a further one.
    """

    match: PatientMatch | StudyMatch
    differs: tuple[str, ...]
