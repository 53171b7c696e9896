"""What is looked for beside a study, by its patient, accession number or physician, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.same_patient import Agreement, can_be_named
from workstation.dicom.search_keys import SearchKeys
from workstation.dicom.value_readers import name_groups, read_date
from workstation.dicom.wildcards import literal_key
from workstation.errors import UserMessage

MOST_REFERENCES = 8
"""Sources may tell of one study in so many ways; each takes queries of its own."""


class Shared(Enum):
    """What the studies have in common."""

    PATIENT = "patient"
    ACCESSION = "accession number"
    PHYSICIAN = "referring physician, today"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuestion:
    """What is looked for beside one study.

    Attributes:
        shared: What the studies have in common with it.
        current: What sources told of it, an answer each.
        patients: What they told of its patient; of a patient without a study the same.
        day: Of studies that share the physician.
    """

    shared: Shared
    patients: tuple[PatientMatch, ...]
    current: tuple[StudyMatch, ...] = ()
    day: date = field(default_factory=date.today)

    @property
    def study_uid(self) -> str:
        """Study Instance UID of the current study; empty: there is none."""
        return self.current[0].study_uid if self.current else ""

    @property
    def accession(self) -> str:
        """Its accession number; empty: none is told."""
        return next((one.accession.strip() for one in self.current if one.accession.strip()), "")

    @property
    def physician(self) -> str:
        """Its referring physician; empty: none is told."""
        return next((one.referring for one in self.current if one.referring.strip(" ^=")), "")

    @property
    def answerable(self) -> bool:
        """Whether enough is told to look for anything."""
        return bool(list(self._keys()))

    def _keys(self) -> Iterator[SearchKeys]:
        """The keys of each query."""
        if self.shared is Shared.ACCESSION and self.accession:
            yield SearchKeys(accession=literal_key(self.accession))
        elif self.shared is Shared.PHYSICIAN and self.physician:
            day = f"{self.day:%Y%m%d}"
            yield SearchKeys(
                others=(("ReferringPhysicianName", _name_key(self.physician)), ("StudyDate", day))
            )
        elif self.shared is Shared.PATIENT:
            for identity in dict.fromkeys(one.patient_id for one in self.patients if one.patient_id):
                yield SearchKeys(patient_id=literal_key(identity))
            named = [one for one in self.patients if can_be_named(one)][:MOST_REFERENCES]
            for name, born in dict.fromkeys(
                (key, read_date(one.birth_date)) for one in named for key in _name_keys(one.name)
            ):
                yield SearchKeys(name=name, others=(("PatientBirthDate", born),))

    def queries(self) -> Iterator[tuple[SearchKeys, Criteria]]:
        """What archives are asked for, and what else is searched by: a local index knows no such keys."""
        for keys in self._keys():
            if keys.patient_id:
                yield keys, Criteria(patient_id=keys.patient_id)
            elif keys.accession:
                yield keys, Criteria(accession=keys.accession)
            elif keys.name:
                words = keys.name.removeprefix("*=").rstrip("*").replace("^", " ").casefold()
                yield keys, Criteria(name=words)
            else:
                yield keys, Criteria(span=DateSpan(self.day, self.day))


@dataclass(frozen=True, slots=True)
class HistoryStudy:
    """A study that a source told of.

    Attributes:
        match: The answer.
        agreement: Whether it is of the patient of the current study.
        differences: What keeps that from being sure.
    """

    match: StudyMatch
    agreement: Agreement
    differences: tuple[UserMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a source answered.

    Attributes:
        studies: Each of a patient once.
        left_out: How many other studies it answered, which were not asked for.
        incomplete: It has more, or stopped by itself.
        limited: After so many answers it stopped, or seems to have; None: it did not.
    """

    studies: tuple[HistoryStudy, ...] = ()
    left_out: int = 0
    incomplete: bool = False
    limited: int | None = None


def _name_keys(name: str) -> tuple[str, ...]:
    """The key for a name as it is told, and in the other letter case: many archives distinguish them."""
    key = _name_key(name)
    return tuple(dict.fromkeys((key, key.title() if key == key.upper() else key.upper())))


def _name_key(name: str) -> str:
    """The key for a name, by its first component group that tells one: archives may hold others beside it."""
    groups = [group.strip().rstrip("^ ") for group in name_groups(name)]
    position = next((number for number, group in enumerate(groups) if group), 0)
    return f"{'*=' if position else ''}{literal_key(groups[position])}*"
