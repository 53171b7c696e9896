"""Tells what is to be retrieved for a row, and what the user knows it by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workstation.dicom import display
from workstation.dicom.levels import Level
from workstation.dicom.matches import StudyMatch
from workstation.dicom.targets import About, Target
from workstation.models.columns import Column, cell
from workstation.models.rows import Row
from workstation.models.shown_names import SHOWN_NAMES
from workstation.models.translation import translate

_BETWEEN: Final = "  ·  "


def target_of(row: Row) -> Target | None:
    """The target that a row stands for; None for a patient, and for a UID no archive can be asked for."""
    study, series = row.above(Level.STUDY), row.above(Level.SERIES)
    if study is None or row.level is Level.PATIENT or not row.may_be_asked_for:
        return None
    modalities = (series.modalities if series is not None else ()) or study.modalities
    return Target(
        study.uid,
        (series.uid,) if series is not None else (),
        (row.uid,) if row.level is Level.IMAGE else (),
        row.patient_id,
        modalities,
    )


def about(row: Row) -> About:
    """What the user knows the study of a row by."""
    study = row.above(Level.STUDY)
    match = study.best if study is not None else None
    if not isinstance(match, StudyMatch):
        return About(row.patient.name)
    return About(match.patient.name, match.description, match.date)


def title_of(row: Row) -> str:
    """What the user knows a row by, in one line."""
    parts = [title_about(about(row)) or translate("(no name)")]
    for level in (Level.SERIES, Level.IMAGE):
        if (part := row.above(level)) is not None:
            parts.append(display.isolated(cell(part, Column.NAME)))
    return _BETWEEN.join(parts)


def title_about(about: About) -> str:
    """The same of a study that is in no row; empty where nothing is known."""
    if about == About():
        return ""
    name = SHOWN_NAMES.written(about.patient) or translate("(no name)")
    parts = [name, display.plain(about.study), display.day(about.date)]
    return _BETWEEN.join(display.isolated(part) for part in parts if part)


def renaming(title: str, about: About) -> Callable[[], str] | None:
    """Return what writes a title anew that begins with :func:`title_about`, or None if it does not.

    It keeps no row: those of a search that is over are to be freed.
    """
    head = title_about(about)
    if not head or not title.startswith(head):
        return None
    rest = title[len(head) :]
    return lambda: title_about(about) + rest


def title_of_target(row: Row, target: Target) -> str:
    """What the user knows a target by; of some series of a study their number, of a single one its name."""
    parts = _series_of(row, target)
    if not parts:
        return title_of(row)
    if len(parts) == 1:
        return title_of(parts[0])
    return _BETWEEN.join([title_of(row), translate("{n} of its series", n=len(parts))])


def expected_of_target(row: Row, target: Target) -> int | None:
    """How many images were counted of a target of a row; None: not all of it was counted."""
    counts = [one.instances for one in _series_of(row, target) or [row]]
    return None if None in counts else sum(count for count in counts if count is not None)


def _series_of(row: Row, target: Target) -> list[Row]:
    """The rows of the series, if the target is only some series of a row of a study."""
    if row.level is not Level.STUDY or not target.series:
        return []
    return [one for one in row.entities if one.uid in target.series]


def title_of_prior(about: About, study: StudyMatch) -> str:
    """What the user knows an earlier study by that is fetched because of ``study``."""
    current = " ".join(filter(None, [display.plain(study.description), display.day(study.date)]))
    return _BETWEEN.join(
        [title_about(about), translate("prior of {study}, in the background", study=current)]
    )
