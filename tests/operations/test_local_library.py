"""Whose patients are in the library: those of the node that sent them, where that can be known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.objects import PEER, encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import Domain
from workstation.dicom.nodes import Node
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.sources import LocalLibrary
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

NORTH = Node(name="North", ae_title="NORTH", host="192.0.2.1", port=104)
SOUTH = Node(name="South", ae_title="SOUTH", host="192.0.2.2", port=104)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """One study of each of two archives, which know different people by one ID."""
    found = Library.open(tmp_path / "library", reserve=lambda total: 0)
    writer = LibrarySink(found, lambda header, peer: Admission.PLAN)
    for study, node in (("1.1", NORTH), ("1.2", SOUTH)):
        uid = f"{study}.1"
        data = encoded(made(uid, study, f"{study}.0"))
        assert send(writer, data, uid, peer=replace(PEER, ae_title=node.ae_title)) == 0
    found.index.settled()
    yield found
    found.close()


KNOWN: dict[str, tuple[list[Node], Domain, Domain]] = {
    "each its own": ([NORTH, SOUTH], ("source", "North"), ("source", "South")),
    "nodes nobody configured": ([], ("sender", "NORTH"), ("sender", "SOUTH")),
    "one was removed": ([SOUTH], ("sender", "NORTH"), ("source", "South")),
    "a domain of both": (
        [replace(NORTH, domain="H"), replace(SOUTH, domain="H")],
        ("domain", "H"),
        ("domain", "H"),
    ),
    "a new name": ([replace(NORTH, name="N"), SOUTH], ("source", "N"), ("source", "South")),
    "padded": ([replace(NORTH, ae_title=" NORTH "), SOUTH], ("source", "North"), ("source", "South")),
    "two archives of one title": (
        [NORTH, replace(NORTH, name="Other", host="192.0.2.3"), SOUTH],
        ("sender", "NORTH"),
        ("source", "South"),
    ),
    "two ways to one archive": (
        [replace(NORTH, domain="H"), replace(NORTH, name="Other", domain="H"), SOUTH],
        ("domain", "H"),
        ("source", "South"),
    ),
    "named as another's title": (
        [replace(SOUTH, name="NORTH")],
        ("sender", "NORTH"),
        ("source", "NORTH"),
    ),
}


@pytest.mark.parametrize(("nodes", "north", "south"), KNOWN.values(), ids=KNOWN)
def test_local_patients_are_those_of_the_node(
    library: Library, nodes: list[Node], north: Domain, south: Domain
) -> None:
    source = LocalLibrary(library.index, nodes)
    studies = {study.study_uid: study.patient.domain for study in source.search(Criteria(), Stop())}
    assert studies == {"1.1": north, "1.2": south}
    patients = [patient.domain for patient in source.patients(Criteria(), Stop())]
    assert sorted(map(str, patients)) == sorted(map(str, [north, south]))


def test_files_of_a_medium_are_of_the_medium(library: Library, tmp_path: Path) -> None:
    opened = OpenedFiles(tmp_path / "opened")
    opened.open([library.root / "1.1", library.root / "1.2"], lambda batch: None, lambda _: None, Stop())
    assert {study.patient.domain for study in opened.search(Criteria(), Stop())} == {None}
    (patient,) = opened.patients(Criteria(), Stop())
    assert (patient.domain, patient.studies) == (None, 2)
    opened.close()
