"""A modality worklist (PS3.4 Annex K): what is asked for, the steps that are answered, and which fit.

An answer is about one requested procedure, and holds its scheduled steps as items of Scheduled Procedure
Step Sequence (0040,0100): one as a rule, but several come, and none. Each item is a step; an answer without
any is one, too, of which nothing is told. Texts are decoded and stripped; what is not told is empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from workstation.dicom.lenient_dataset import Element, read
from workstation.dicom.matches import PatientMatch
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.text_pattern import whole_text
from workstation.dicom.transfer_syntaxes import IMPLICIT_LE
from workstation.dicom.value_readers import kept_date, read_date, read_time

DATES: Final = "dates"
"""Stands for both dates among what differs."""

_CODE_MEANING: Final = 0x00080104
_STEPS: Final = 0x00400100


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistCriteria:
    """What is asked for, as typed; an empty field matches anything.

    Attributes:
        date_from: First day of the steps, inclusive.
        date_to: Last day, inclusive.
        station: Scheduled Station AE Title.
        modalities: Any of these.
        name: Patient's name, see :func:`workstation.dicom.name_pattern.name_pattern`.
        patient_id: Patient ID, see :func:`workstation.dicom.text_pattern.whole_text`.
        accession: Accession number; likewise.
    """

    date_from: date | None = None
    date_to: date | None = None
    station: str = ""
    modalities: tuple[str, ...] = ()
    name: str = ""
    patient_id: str = ""
    accession: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorklistStep:
    """A scheduled procedure step; compared by identity.

    Attributes:
        source: The label of the node that answered.
        item: Which item of its answer it is, from 1; 0: the answer has none.
        items: How many that has.
        date: Eight digits where it could be read, else as it was sent; so is the birth date.
        stations: Scheduled Station AE Title.
        description: Of the step, else the meanings of its protocol codes; likewise of the procedure.
        data: The whole answer, encoded: :attr:`elements`.
        transfer_syntax: How.
        fallback: Specific Character Set assumed where it names none.
        whole: False: it breaks off.
        differs: The fields of :class:`WorklistCriteria` it does not fit; :data:`DATES` for those of the date.
    """

    source: str
    item: int = 0
    items: int = 0
    date: str = ""
    time: str = ""
    modality: str = ""
    stations: tuple[str, ...] = ()
    station_name: str = ""
    physician: str = ""
    description: str = ""
    step_id: str = ""
    location: str = ""
    status: str = ""
    patient_name: str = ""
    patient_id: str = ""
    issuer: str = ""
    birth_date: str = ""
    sex: str = ""
    procedure: str = ""
    procedure_id: str = ""
    accession: str = ""
    study_uid: str = ""
    data: bytes = b""
    transfer_syntax: str = IMPLICIT_LE
    fallback: str = ""
    whole: bool = True
    differs: tuple[str, ...] = ()

    @property
    def patient(self) -> PatientMatch:
        """Its patient, as the node told."""
        return PatientMatch(
            source=self.source,
            patient_id=self.patient_id,
            issuer=self.issuer,
            name=self.patient_name,
            birth_date=self.birth_date,
            sex=self.sex,
        )

    @property
    def elements(self) -> tuple[Element, ...]:
        """The elements of the whole answer, read anew: as objects they take ten times the memory."""
        return read(self.data, self.transfer_syntax, self.fallback).elements


def steps_of(data: bytes, transfer_syntax: str, source: str, fallback: str = "") -> list[WorklistStep]:
    """The steps of an answer, at least one.

    Args:
        data: The answer, encoded.
        transfer_syntax: How.
        source: Who answered.
        fallback: Specific Character Set assumed where it names none.
    """
    elements, whole = read(data, transfer_syntax, fallback)
    told = {element.tag: element for element in elements}
    patient = WorklistStep(
        source=source,
        patient_name=_text(told, 0x00100010),
        patient_id=_text(told, 0x00100020),
        issuer=_text(told, 0x00100021),
        birth_date=kept_date(_text(told, 0x00100030)),
        sex=_text(told, 0x00100040),
        procedure=_text(told, 0x00321060) or _meanings(told, 0x00321064),
        procedure_id=_text(told, 0x00401001),
        accession=_text(told, 0x00080050),
        study_uid=_text(told, 0x0020000D),
        data=data,
        transfer_syntax=transfer_syntax,
        fallback=fallback,
        whole=whole,
    )
    items = _items(told, _STEPS)
    return [_step(patient, item, number, len(items)) for number, item in enumerate(items, 1)] or [patient]


def _step(patient: WorklistStep, item: tuple[Element, ...], number: int, items: int) -> WorklistStep:
    told = {element.tag: element for element in item}
    clock = _text(told, 0x00400003)
    stations = told.get(0x00400001)
    return replace(
        patient,
        item=number,
        items=items,
        date=kept_date(_text(told, 0x00400002)),
        time=read_time(clock) or clock,
        modality=_text(told, 0x00080060),
        stations=() if stations is None else tuple(text for text in map(str, stations.values) if text),
        station_name=_text(told, 0x00400010),
        physician=_text(told, 0x00400006),
        description=_text(told, 0x00400007) or _meanings(told, 0x00400008),
        step_id=_text(told, 0x00400009),
        location=_text(told, 0x00400011),
        status=_text(told, 0x00400020),
    )


def difference(criteria: WorklistCriteria, step: WorklistStep) -> tuple[str, ...]:
    """The criteria that a step does not fit; date, station and modality that it does not tell fit any."""
    days = read_date(step.date) or step.date.strip()
    stations = {station.strip().casefold() for station in step.stations}
    fits = {
        DATES: not days or _in_period(criteria, days),
        "station": not (criteria.station and stations) or criteria.station.strip().casefold() in stations,
        "modalities": not (criteria.modalities and step.modality) or step.modality in criteria.modalities,
        "name": name_pattern(criteria.name).fits_answer(step.patient_name),
        "patient_id": whole_text(criteria.patient_id).fits(step.patient_id),
        "accession": whole_text(criteria.accession).fits(step.accession),
    }
    return tuple(name for name, one in fits.items() if not one)


def untold(criteria: WorklistCriteria, step: WorklistStep) -> tuple[str, ...]:
    """The criteria that cannot be checked: the step does not tell its value."""
    asked = {
        DATES: (criteria.date_from or criteria.date_to, step.date),
        "station": (criteria.station, step.stations),
        "modalities": (criteria.modalities, step.modality),
    }
    return tuple(name for name, (wanted, told) in asked.items() if wanted and not told)


def _in_period(criteria: WorklistCriteria, day: str) -> bool:
    first, last = criteria.date_from, criteria.date_to
    if first is None and last is None:
        return True
    if len(day) != 8 or not day.isdigit():
        return False
    return (first is None or f"{first:%Y%m%d}" <= day) and (last is None or day <= f"{last:%Y%m%d}")


def _text(told: dict[int, Element], tag: int) -> str:
    """The value of an element as text; empty if it is absent, no text, or not valid."""
    element = told.get(tag)
    if element is None or element.vr == "SQ":
        return ""
    return "\\".join(str(value) for value in element.values if not isinstance(value, bytes)).strip()


def _items(told: dict[int, Element], tag: int) -> list[tuple[Element, ...]]:
    element = told.get(tag)
    values: Iterable[object] = () if element is None else element.values
    return [value for value in values if isinstance(value, tuple)]


def _meanings(told: dict[int, Element], tag: int) -> str:
    """The meanings of the codes of a sequence (PS3.3 8.3)."""
    items = ({element.tag: element for element in item} for item in _items(told, tag))
    return ", ".join(filter(None, (_text(item, _CODE_MEANING) for item in items)))
