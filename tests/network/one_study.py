"""The study of two series that the archives of C-GET and C-MOVE tests hold."""

from __future__ import annotations

from pydicom import Dataset

from tests.archives.data import uid

STUDY = uid("ENG-1", "two")


def identifier(level: str, **keys: object) -> Dataset:
    found = Dataset()
    found.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(found, keyword, value)
    return found


def expected_uids(*series: int) -> set[str]:
    return {uid("ENG-1", "two", number, index) for number in series for index in (1, 2, 3)}
