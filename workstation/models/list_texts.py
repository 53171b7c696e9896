"""Write rows of the list for other programs: lines to paste, UIDs, CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from workstation.dicom import display
from workstation.dicom.csv_export import csv_file, harmless
from workstation.dicom.levels import Level
from workstation.dicom.matches import ImageMatch, SeriesMatch, StudyMatch
from workstation.dicom.uids import is_placeholder_uid
from workstation.models import first_column
from workstation.models.cell_texts import body_part, institution, sources, station
from workstation.models.columns import Column, cell, title
from workstation.models.compression_texts import compression
from workstation.models.images_column import number_of_images, state_of
from workstation.models.mark_texts import is_unread, mark_of
from workstation.models.rows import Row

Record = dict[str, str | int | None]
"""What is exported of a row, by name; None: unknown, or the row is not of that level."""

_ISOLATES: Final = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))


class ListFormat(StrEnum):
    """A format of an exported list."""

    CSV = "csv"
    JSON = "json"


def copied(row: Row, columns: Sequence[Column]) -> str:
    """Write a row as a line of texts between tabs, as the list shows them; of images only the number.

    It is pasted into spreadsheets, too: no text is a formula there.
    """
    return "\t".join(harmless(_copied(row, column).translate(_ISOLATES)) for column in columns)


def _copied(row: Row, column: Column) -> str:
    if column is Column.NAME:
        return first_column.spoken(row)
    return number_of_images(row) if column is Column.IMAGES and not row.error else cell(row, column)


def copied_titles(columns: Sequence[Column]) -> str:
    """Write the titles of columns as a line of texts between tabs."""
    return "\t".join(title(column) for column in columns)


def uids(row: Row) -> list[str]:
    """Return the UID of a row, of a patient those of its studies; without those we made up ourselves."""
    rows = row.entities if row.level is Level.PATIENT else [row]
    return [one.uid for one in rows if one.uid and not is_placeholder_uid(one.uid)]


def is_exported(row: Row) -> bool:
    """Whether a row is exported: every study, series and image; a patient only if no study of it is known."""
    return not row.error and (row.level is not Level.PATIENT or not row.entities)


def record(row: Row) -> Record:
    """What is exported of a row, with what is known of the rows above it."""
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    told, of_series = study.best if study else None, series.best if series else None
    image, patient = row.best, row.patient
    found: Record = {
        "level": row.level.value,
        "patient_name": patient.name,
        "patient_id": patient.patient_id,
        "issuer_of_patient_id": patient.issuer,
        "birth_date": display.day(patient.birth_date),
        "sex": patient.sex,
    }
    if study is not None and isinstance(told, StudyMatch):
        found |= {
            "study_date": display.day(told.date),
            "study_time": display.moment("", told.time),
            "study_description": told.description,
            "modalities": " ".join(study.modalities),
            "accession_number": told.accession,
            "study_id": told.study_id,
            "referring_physician": told.referring,
            "institution_name": institution(study),
            "station_name": station(study),
            "body_part": body_part(study),
            "study_comments": told.comments,
            "labels": "; ".join(mark_of(study).labels),
            "note": mark_of(study).note,
            "marked_as": " ".join(
                word
                for word, holds in (("pinned", mark_of(study).pinned), ("unread", is_unread(study)))
                if holds
            ),
            "study_instance_uid": _uid(study),
        }
    if series is not None and isinstance(of_series, SeriesMatch):
        found |= {
            "series_number": of_series.number,
            "series_description": of_series.description,
            "body_part": of_series.body_part,
            "protocol_name": of_series.protocol,
            "slice_thickness": "" if of_series.slice_thickness is None else f"{of_series.slice_thickness:g}",
            "compression": compression(series),
            "institution_name": institution(series) or found.get("institution_name", ""),
            "station_name": station(series) or found.get("station_name", ""),
            "series_instance_uid": _uid(series),
        }
    if isinstance(image, ImageMatch):
        found |= {
            "instance_number": image.number,
            "frames": image.frames,
            "rows": image.rows,
            "columns": image.columns,
            "position": first_column.image_position(image),
            "sop_instance_uid": _uid(row),
        }
    found |= {"series": row.series, "images": row.instances}
    if row.level is not Level.PATIENT:
        found |= {"images_here": row.held, "state": state_of(row)}
    return found | {"sources": sources(row)}


def _uid(row: Row) -> str:
    return "" if is_placeholder_uid(row.uid) else row.uid


_FIELDS: Final = (
    *("level", "patient_name", "patient_id", "issuer_of_patient_id", "birth_date", "sex"),
    *("study_date", "study_time", "study_description", "modalities", "accession_number", "study_id"),
    *("referring_physician", "institution_name", "station_name", "body_part", "study_comments"),
    *("labels", "note", "marked_as"),
    *("series_number", "series_description", "protocol_name", "slice_thickness", "compression"),
    *("instance_number", "frames", "rows", "columns", "position"),
    *("series", "images", "images_here", "state", "sources"),
    *("study_instance_uid", "series_instance_uid", "sop_instance_uid"),
)


def exported(
    records: Iterable[Mapping[str, str | int | None]], kind: ListFormat, names: Sequence[str] = _FIELDS
) -> bytes:
    """Write records in a format, in UTF-8; CSV as in RFC 4180, with the mark that spreadsheets look for.

    ``names``: the fields that CSV has, in their order.
    """
    if kind is ListFormat.JSON:
        return (json.dumps(list(records), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
    return csv_file(names, records)
