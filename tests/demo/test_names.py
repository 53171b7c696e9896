"""Names as they are typed, found in the demo archive by the keys a search sends."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from tests.name_cases import CASES, STORED
from workstation.demo.catalogue import Catalogue
from workstation.demo.stored_object import StoredObject, values_of
from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.search_keys import search_keys


def unread() -> Dataset:
    raise AssertionError("a query draws nothing")


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Catalogue]:
    """For each name an archive of one study."""
    found = {}
    for number, name in enumerate(STORED):
        header = Dataset()
        header.PatientName, header.PatientID = name, f"N{number}"
        header.StudyInstanceUID = header.SeriesInstanceUID = header.SOPInstanceUID = f"1.2.{number}"
        found[name] = Catalogue([StoredObject(values_of(header), "1.2.840.10008.1.2", unread)])
    return found


@pytest.mark.parametrize(("typed", "name", "finds"), CASES)
def test_names(catalogues: dict[str, Catalogue], typed: str, name: str, finds: bool) -> None:
    answers = (
        str(answer.PatientName)
        for keys in search_keys(Criteria(name=typed))
        for answer in catalogues[name].find(Level.STUDY, {"PatientName": (keys.name,) if keys.name else ()})
    )
    assert any(map(name_pattern(typed).fits_answer, answers)) == finds
