"""The columns of a worklist: title, text and order of each, and rows as other programs read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from workstation.dicom import display
from workstation.dicom.csv_export import harmless
from workstation.dicom.value_readers import read_date, read_time
from workstation.dicom.worklist import DATES, WorklistStep
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate


class WorklistColumn(IntEnum):
    """Columns of a worklist."""

    DATE = 0
    TIME = 1
    MODALITY = 2
    STATION = 3
    PATIENT = 4
    PATIENT_ID = 5
    BORN = 6
    SEX = 7
    PROCEDURE = 8
    STEP = 9
    ACCESSION = 10
    STATUS = 11
    PHYSICIAN = 12


@dataclass(frozen=True, slots=True)
class _Spec:
    """A column: its key in files, its title, the text of a step, what it is sorted by (empty: last)."""

    key: str
    title: str
    width: int
    text: Callable[[WorklistStep], str]
    order: Callable[[WorklistStep], str]


def _clock(step: WorklistStep) -> str:
    return display.moment("", step.time)


def _station(step: WorklistStep) -> str:
    title, name = display.plain(", ".join(step.stations)), display.isolated(display.plain(step.station_name))
    return f"{title} ({name})" if title and name and title != name else title or name


def _name(step: WorklistStep) -> str:
    return display.isolated(SHOWN_NAMES.written(step.patient_name))


def _plain(field: str) -> Callable[[WorklistStep], str]:
    return lambda step: display.isolated(display.plain(getattr(step, field)))


def _folded(text: Callable[[WorklistStep], str]) -> Callable[[WorklistStep], str]:
    return lambda step: display.unisolated(text(step)).casefold()


def _spec(key: str, title: str, width: int, text: Callable[[WorklistStep], str]) -> _Spec:
    return _Spec(key, title, width, text, _folded(text))


_SPECS: Final = (
    _Spec(
        "date",
        "Date",
        86,
        lambda step: display.day(step.date),
        lambda step: f"{read_date(step.date) or step.date} {read_time(step.time)}" if step.date else "",
    ),
    _Spec("time", "Time", 52, _clock, lambda step: read_time(step.time) or step.time),
    _spec("modality", "Modality", 66, _plain("modality")),
    _spec("station", "Station", 110, _station),
    _Spec("patient", "Patient", 180, _name, lambda step: SHOWN_NAMES.sort_key(step.patient_name)),
    _spec("patient_id", "Patient ID", 96, _plain("patient_id")),
    _Spec("birth_date", "Born", 84, lambda step: display.day(step.birth_date), lambda step: step.birth_date),
    _spec("sex", "Sex", 40, _plain("sex")),
    _spec("procedure", "Procedure", 140, _plain("procedure")),
    _spec("step", "Step", 130, _plain("description")),
    _spec("accession", "Accession", 84, _plain("accession")),
    _spec("status", "Status", 76, _plain("status")),
    _Spec(
        "physician",
        "Physician",
        100,
        lambda step: display.isolated(SHOWN_NAMES.written(step.physician)),
        lambda step: SHOWN_NAMES.sort_key(step.physician),
    ),
)
assert len(_SPECS) == len(WorklistColumn)


def title(column: int) -> str:
    """The title of a column."""
    return translate(_SPECS[column].title)


def key(column: int) -> str:
    """What a column is called in files."""
    return _SPECS[column].key


WIDTHS: Final[Mapping[IntEnum, int]] = {column: _SPECS[column].width for column in WorklistColumn}
"""Of the columns at first, in pixels."""


def cell(step: WorklistStep, column: int) -> str:
    """The text of a cell; what is not told is a dash."""
    return _SPECS[column].text(step) or display.ABSENT


def order(step: WorklistStep, column: int) -> str:
    """What a step is sorted by in a column; empty: it is not told."""
    return _SPECS[column].order(step)


def copied(steps: Sequence[WorklistStep], columns: Sequence[int]) -> str:
    """Steps as lines of texts between tabs; of several below a line of the titles."""
    lines = ["\t".join(title(column) for column in columns)] if len(steps) > 1 else []
    for step in steps:
        lines.append("\t".join(harmless(display.unisolated(cell(step, column))) for column in columns))
    return "\n".join(lines)


FIELDS: Final = (
    *("date", "time", "modality", "station_ae_title", "station_name", "patient_name", "patient_id"),
    *("issuer_of_patient_id", "birth_date", "sex", "procedure", "procedure_id", "step", "step_id"),
    *("accession_number", "status", "physician", "location", "study_instance_uid", "source"),
)
"""What is exported of a step."""


def record(step: WorklistStep) -> dict[str, str]:
    """What is exported of a step, by :data:`FIELDS`."""
    values = (
        display.day(step.date),
        _clock(step),
        step.modality,
        "\\".join(step.stations),
        step.station_name,
        step.patient_name,
        step.patient_id,
        step.issuer,
        display.day(step.birth_date),
        step.sex,
        step.procedure,
        step.procedure_id,
        step.description,
        step.step_id,
        step.accession,
        step.status,
        step.physician,
        step.location,
        step.study_uid,
        step.source,
    )
    return dict(zip(FIELDS, values, strict=True))


def criterion(field: str) -> str:
    """A field of the criteria, in words."""
    words = {
        DATES: translate("date"),
        "station": translate("station"),
        "modalities": translate("modality"),
        "name": translate("name"),
        "patient_id": translate("patient ID"),
        "accession": translate("accession number"),
    }
    return words[field]


def who(step: WorklistStep) -> str:
    """The patient of a step, for a heading."""
    found = [_name(step), display.isolated(display.plain(step.patient_id))]
    return "  ·  ".join(filter(None, found)) or translate("Patient not told")


def remarks(step: WorklistStep) -> list[str]:
    """What has to be said of a step besides its values."""
    found = []
    if step.items > 1:
        found.append(translate("Step {item} of {items} of this answer", item=step.item, items=step.items))
    elif not step.items:
        found.append(translate("The answer tells no scheduled step."))
    if step.differs:
        fields = ", ".join(map(criterion, step.differs))
        found.append(translate("Does not fit what was asked for: {fields}", fields=fields))
    if not step.whole:
        found.append(translate("The answer breaks off: there may be more to it."))
    return found
