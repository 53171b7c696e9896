"""Remember which studies came when a search was refreshed, until the user has looked at them."""

from __future__ import annotations

from collections.abc import Iterable

from workstation.dicom.levels import Level
from workstation.models.rows import Row


class NewStudies:
    """Studies by their UID and Patient ID: rows come and go, also with the same search made again."""

    def __init__(self) -> None:
        self._new: set[tuple[str, str]] = set()

    @property
    def count(self) -> int:
        """How many studies are new."""
        return len(self._new)

    def clear(self) -> None:
        """Forget them: another search is made."""
        self._new.clear()

    def add(self, studies: Iterable[Row]) -> None:
        """Mark these."""
        self._new.update(_key(study) for study in studies)

    def looked_at(self, rows: Iterable[Row]) -> list[Row]:
        """Mark the studies of these rows as looked at; those that were new."""
        seen: list[Row] = []
        if self._new:
            for row in rows:
                study = row.above(Level.STUDY) or row.only_study
                if study is not None and (key := _key(study)) in self._new:
                    self._new.discard(key)
                    seen.append(study)
        return seen

    def is_new(self, row: Row) -> bool:
        """Whether a study is new, or one of a patient's is."""
        if not self._new or row.apart:
            return False
        if row.level is Level.PATIENT:
            return any(_key(study) in self._new for study in row.entities)
        return row.level is Level.STUDY and _key(row) in self._new


def _key(study: Row) -> tuple[str, str]:
    return study.uid, study.patient_id
