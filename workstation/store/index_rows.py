"""Converts rows of the index to values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch

PATIENT = "p.patient_id, p.issuer, p.name, p.birth_date, p.sex, p.raw_name, p.charset, p.apart"
STUDY = (
    "s.study_uid, s.date, s.time, s.description, s.accession, s.study_id, s.referring, s.modalities,"
    " s.institution, s.station, s.body_part, s.comments, s.series, s.instances, s.doubtful"
)
INSTANCE = (
    "i.sop_uid, i.sop_class, i.path, i.syntax, i.size, i.number, i.frames, i.rows, i.columns,"
    " i.position, i.orientation, i.image_type, i.conflict, i.moment, i.doubt"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """One file of a series, as the viewer needs it before it opens the file.

    Attributes:
        position: Image Position (Patient), mm.
        orientation: Image Orientation (Patient).
        conflict: There is another, different file of the same SOP Instance UID.
        moment: See :class:`~workstation.store.instance_header.InstanceHeader`.
        doubt: What is wrong with it although it is kept; empty: nothing.
    """

    sop_uid: str
    sop_class: str
    path: Path
    transfer_syntax: str
    size: int
    number: int | None
    frames: int
    rows: int | None
    columns: int | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    image_type: tuple[str, ...]
    conflict: bool
    moment: tuple[float | None, ...] = ()
    doubt: str = ""


def instance(root: Path, row: tuple[Any, ...]) -> InstanceRow:
    """From the columns :data:`INSTANCE`; ``root`` is the library's folder."""
    uid, sop_class, path, syntax, size, number, frames, rows, columns = row[:9]
    position, orientation, image_type, conflict, moment, doubt = row[9:]
    return InstanceRow(
        sop_uid=uid,
        sop_class=sop_class,
        path=root / path,
        transfer_syntax=syntax,
        size=size,
        number=number,
        frames=frames,
        rows=rows,
        columns=columns,
        position=numbers(position),
        orientation=numbers(orientation),
        image_type=tuple(image_type.split("\\")) if image_type else (),
        conflict=bool(conflict),
        moment=tuple(float(part) if part else None for part in moment.split("\\")) if moment else (),
        doubt=doubt,
    )


def patient(row: tuple[Any, ...], counts: tuple[Any, ...] = (None, None, None)) -> PatientMatch:
    """From the columns :data:`PATIENT`, and how many studies, series and instances there are."""
    patient_id, issuer, name, birth_date, sex, raw_name, charset, apart = row
    terms = tuple(charset.split("\\")) if charset else ()
    studies, series, instances = counts
    return PatientMatch(
        source=LIBRARY,
        patient_id=patient_id,
        issuer=issuer,
        name=name,
        birth_date=birth_date,
        sex=sex,
        studies=studies,
        series=series,
        instances=instances,
        raw_name=bytes(raw_name),
        charset=terms,
        domain=("sender", apart) if patient_id and apart else None,
    )


def study(row: tuple[Any, ...]) -> StudyMatch:
    """From the columns :data:`PATIENT` and :data:`STUDY`."""
    uid, date, time, description, accession, study_id, referring, modalities = row[8:16]
    institution, station, body_part, comments, series, instances, doubtful = row[16:]
    return StudyMatch(
        source=LIBRARY,
        study_uid=uid,
        patient=patient(row[:8]),
        date=date,
        time=time,
        description=description,
        accession=accession,
        study_id=study_id,
        referring=referring,
        institution=institution,
        station=station,
        body_part=body_part,
        comments=comments,
        modalities=tuple(filter(None, modalities.split("\\"))),
        series=series,
        instances=instances,
        doubtful=doubtful,
    )


def numbers(text: str | None) -> tuple[float, ...] | None:
    """From what :func:`workstation.store.index_sql.numbers_text` wrote."""
    return None if text is None else tuple(map(float, text.split("\\")))
