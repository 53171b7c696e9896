"""Matching on our side (PS3.4 C.2.2.2): what is sent for a criterion, and whether an answer fits it.

Archives ignore keys, or read them in their own way, so every answer is checked again. The check is lenient
where the archive may know better: letter case, accents, and names that came in another script.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import PatientMatch, StudyMatch


def name_key(typed: str) -> str:
    """The matching key for a typed name: blanks and commas part components, each open at its end.

    Quoted text goes out exactly as it stands; an empty one is universal matching, sent empty (never ``*``).
    A name in an ideographic script often stands in the second component group (PS3.5 6.2.1), behind its
    Latin form, so its key is open at the beginning too.
    """
    typed = typed.strip()
    if len(typed) >= 2 and typed[0] == typed[-1] == '"':
        return typed[1:-1].strip()
    parts = [part for part in re.split(r"[\s,^]+", typed) if part] if "^^" not in typed else typed.split("^")
    key = "^".join(part if not part or part.endswith("*") else part + "*" for part in parts)
    return f"*{key}" if any(map(_ideographic, key)) and not key.startswith("*") else key


def _ideographic(mark: str) -> bool:
    return unicodedata.category(mark) == "Lo" and unicodedata.east_asian_width(mark) in "WF"


def part_key(typed: str) -> str:
    """The matching key for a text of which a part is enough."""
    typed = typed.strip()
    if not typed or "*" in typed or "?" in typed:
        return typed
    return f"*{typed}*"


def date_key(first: date | None, last: date | None) -> str:
    """Range matching of dates (PS3.4 C.2.2.2.5)."""
    if first is not None and first == last:
        return f"{first:%Y%m%d}"
    low = f"{first:%Y%m%d}" if first else ""
    high = f"{last:%Y%m%d}" if last else ""
    return f"{low}-{high}" if low or high else ""


def study_fits(criteria: Criteria, study: StudyMatch) -> bool:
    """Whether an answer fits all criteria that it tells anything about."""
    return (
        patient_fits(criteria, study.patient)
        and _fits(criteria.accession, study.accession)
        and _fits(part_key(criteria.description), study.description)
        and _modality_fits(criteria.modalities, study.modalities)
        and _date_fits(criteria.date_from, criteria.date_to, study.date)
    )


def patient_fits(criteria: Criteria, patient: PatientMatch) -> bool:
    """The same for the criteria of a patient."""
    return _fits(criteria.patient_id, patient.patient_id) and _name_fits(criteria.name, patient.name)


def _fits(wanted: str, value: str) -> bool:
    return not wanted.strip() or bool(_pattern(_plain(wanted.strip())).fullmatch(_plain(value)))


def _name_fits(typed: str, name: str) -> bool:
    key = name_key(typed)
    if not key.strip("*^"):
        return True
    if not key.isascii() and (name.isascii() or "\ufffd" in name):
        return True  # the archive matched on what it has; what it sent of it cannot be compared
    pattern = _pattern(_plain(key))
    groups = [name, *name.split("=")]
    return any(pattern.fullmatch(_plain(group)) or _loosely(pattern, group) for group in groups)


def _loosely(pattern: re.Pattern[str], group: str) -> bool:
    """Whether the pattern fits a name that an archive keeps in one component, blanks and all."""
    flat = "^".join(part for part in re.split(r"[\s^,]+", _plain(group)) if part)
    return bool(pattern.fullmatch(flat))


def _modality_fits(wanted: tuple[str, ...], told: tuple[str, ...]) -> bool:
    return not wanted or not told or any(modality in told for modality in wanted)


def _date_fits(first: date | None, last: date | None, value: str) -> bool:
    if (first is None and last is None) or not value.strip():
        return True  # nothing was asked for, or nothing told: unknown is no mismatch
    digits = value.replace(".", "")
    if len(digits) != 8 or not digits.isdigit():
        return False
    return (first is None or f"{first:%Y%m%d}" <= digits) and (last is None or digits <= f"{last:%Y%m%d}")


def _plain(text: str) -> str:
    """Without accents and case."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in parts if not unicodedata.combining(mark)).casefold().strip()


@lru_cache(maxsize=64)
def _pattern(wildcards: str) -> re.Pattern[str]:
    """The pattern of a key with ``*`` and ``?`` (PS3.4 C.2.2.2.4); trailing empty components are free."""
    marks = {"*": ".*", "?": "."}
    body = "".join(marks.get(mark) or re.escape(mark) for mark in wildcards)
    return re.compile(rf"{body}\^*", re.DOTALL)
