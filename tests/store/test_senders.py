"""Whose patients are in the library: a Patient ID means something where an object came from only."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.objects import PEER, encoded, made, make_first_version, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import Domain
from workstation.store.index_recovery import Scan
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink


def take(library: Library, study: str, sender: str, **values: object) -> None:
    """One image of a study, from whoever calls itself ``sender``."""
    writer = LibrarySink(library, lambda header, peer: Admission.PLAN)
    uid = f"{study}.1"
    data = encoded(made(uid, study, f"{study}.0", **values))  # type: ignore[arg-type]
    assert send(writer, data, uid, peer=replace(PEER, ae_title=sender)) == 0
    library.index.settled()


def domains(library: Library) -> dict[str, Domain | None]:
    """By Study UID, where its Patient ID means something."""
    return {study.study_uid: study.patient.domain for study in library.index.studies()}


def opened(root: Path) -> Library:
    return Library.open(root, reserve=lambda total: 0)


def test_one_id_from_two_senders_is_of_two_patients(library: Library) -> None:
    take(library, "1.1", "PACS_A")
    take(library, "1.2", "PACS_A")
    take(library, "1.3", " PACS_B ")
    assert domains(library) == {
        "1.1": ("sender", "PACS_A"),
        "1.2": ("sender", "PACS_A"),
        "1.3": ("sender", "PACS_B"),
    }
    told = {(patient.domain, patient.studies) for patient in library.index.patients()}
    assert told == {(("sender", "PACS_A"), 2), (("sender", "PACS_B"), 1)}
    assert len(list(library.index.studies(Criteria(patient_id="P1")))) == 3


def test_who_sent_a_study_first_says_whose_it_is(library: Library) -> None:
    take(library, "1.1", "PACS_A")
    take(library, "1.1", "PACS_B")
    assert domains(library) == {"1.1": ("sender", "PACS_A")}


@pytest.mark.parametrize(("sender", "values"), [("", {}), ("PACS_A", {"PatientID": ""})])
def test_where_nothing_is_known_nothing_is_said(
    library: Library, sender: str, values: dict[str, object]
) -> None:
    take(library, "1.1", sender, **values)
    assert domains(library) == {"1.1": None}


@pytest.mark.parametrize("sender", ["PACS_A", "A\\B", "Ä\0\1", "x" * 40, "\x85"])
def test_a_rebuilt_index_says_the_same(root: Path, sender: str) -> None:
    with closing(opened(root)) as library:
        take(library, "1.1", sender)
        take(library, "1.2", "PACS_B")
        before = domains(library)
        library.rebuild()
        assert domains(library) == before
        assert len(before) == 2


def test_an_index_that_did_not_know_is_made_anew(root: Path) -> None:
    with closing(opened(root)) as library:
        take(library, "1.1", "PACS_A", EchoTime="4.6")
    make_first_version(root / "index.db")
    with closing(Library.open(root, reserve=lambda total: 0, scan=False)) as library:
        assert library.scan_needed is Scan.REBUILD
    with closing(opened(root)) as library:
        assert domains(library) == {"1.1": ("sender", "PACS_A")}
        assert library.index.instances("1.1.0")[0].moment == (None, 4.6, None, None, None, None)
        assert library.scan_needed is Scan.NOTHING
    with closing(Library.open(root, reserve=lambda total: 0, scan=False)) as library:
        assert library.scan_needed is Scan.NOTHING
