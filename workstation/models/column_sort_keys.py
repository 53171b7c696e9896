"""Make the keys by which a column sorts patients and studies; what is unknown comes before everything."""

from __future__ import annotations

from collections.abc import Callable

from workstation.dicom.matches import PatientMatch
from workstation.dicom.value_readers import read_date
from workstation.models.rows import Local, Row
from workstation.models.shown_names import SHOWN_NAMES

SortKey = tuple[object, ...]


def by_date_only(row: Row) -> SortKey:
    """Sort by date and time alone."""
    return ()


def by_series(row: Row) -> SortKey:
    """Sort by how many series there are."""
    return (number(row.series),)


def by_images(row: Row) -> SortKey:
    """Sort by how many images there are."""
    return (number(row.instances),)


def by_local_copy(row: Row) -> SortKey:
    """Sort by how much of it is here."""
    return (list(Local).index(row.local),)


def by_age(row: Row) -> SortKey:
    """Sort by the age of the patient on the day of the study."""
    born, then = read_date(row.patient.birth_date), read_date(getattr(row.best, "date", ""))
    return (int(then) - int(born) if born and then else -1,)


def by_birth_date(row: Row) -> SortKey:
    """Sort patients by their birth date."""
    best = row.best
    return (read_date(best.birth_date) if isinstance(best, PatientMatch) else "", row.uid)


def by_name(row: Row) -> SortKey:
    """Sort by the name of the patient, whose family name comes first."""
    return (SHOWN_NAMES.sort_key(row.patient.name), row.uid)


def by_text(text: Callable[[Row], str]) -> Callable[[Row], SortKey]:
    """Sort by the text of a cell."""
    return lambda row: (text(row).casefold(), row.uid)


def number(count: int | None) -> int:
    """Return a count for sorting: an unknown one comes before all others."""
    return -1 if count is None else count
