"""``workstation find --saved NAME``: the searches that were saved in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from tests.cli.conftest import Said
from tests.peers.limited import Held, Limited, Limits
from tests.peers.peer import Server
from workstation.dicom.levels import Level
from workstation.dicom.matches import LIBRARY
from workstation.dicom.nodes import Node
from workstation.dicom.saved_search import SavedSearch
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes
from workstation.settings.searches import save_searches

Call = Callable[..., Said]
STUDY_DATE = 0x00080020
YESTERDAY = f"{date.today() - timedelta(days=1):%Y%m%d}"


def save(*searches: SavedSearch) -> None:
    save_searches(folders().searches, searches)


@pytest.fixture
def archive() -> Limited:
    return Limited([Held("1.2.1", YESTERDAY, name="Doe^J"), Held("1.2.2", "20200101", name="Doe^K")])


@pytest.fixture
def server(archive: Limited) -> Iterator[Server]:
    with Server(archive.play) as server:
        save_nodes(folders().nodes, [server.node(name="A"), server.node(name="B")])
        yield server


def test_it_is_made_in_its_sources_and_of_the_day_it_is_run(
    workstation: Call, archive: Limited, server: Server
) -> None:
    save(SavedSearch(name="Last week", line="name:doe last 7d", sources=("A", LIBRARY)))
    said = workstation("--json", "find", "--saved", "last WEEK")
    assert said.status == 0
    (found,) = said.answers
    assert (found["study"], found["source"], found["date"]) == ("1.2.1", "A", YESTERDAY)
    assert said.objects[-1] == {"state": "complete", "answers": 1}
    (query,) = archive.queries
    assert query[STUDY_DATE] == f"{date.today() - timedelta(days=7):%Y%m%d}-"


def test_another_node_is_asked_if_it_is_given(workstation: Call, archive: Limited, server: Server) -> None:
    save(SavedSearch(name="Doe", line="name:doe", sources=("Gone",)))
    said = workstation("find", "B", "--saved", "Doe")
    assert said.status == 0
    assert [line.split()[-1] for line in said.out.splitlines()] == ["B", "B"]


def test_of_sources_that_are_gone_it_is_said(workstation: Call, archive: Limited, server: Server) -> None:
    save(
        SavedSearch(name="Some", line="name:doe", sources=("A", "Gone")),
        SavedSearch(name="None", line="name:doe", sources=("Gone",)),
        SavedSearch(name="Any", line="name:doe"),
    )
    said = workstation("find", "--saved", "Some")
    assert said.status == 1
    assert len(said.out.splitlines()) == 2
    assert "Gone no longer exists" in said.err
    archive.queries.clear()
    for name, hint in (("None", "does not exist"), ("Any", "write NODE before"), ("Other", "one of Some")):
        said = workstation("find", "--saved", name)
        assert said.status == 2
        assert hint in said.err
    assert not archive.queries


def test_what_would_change_it_is_refused(workstation: Call, server: Server) -> None:
    save(SavedSearch(name="Doe", line="name:doe", sources=("A",)))
    for more in (["-k", "PatientID=1"], ["--level", "study"], ["--combined-times"]):
        said = workstation("find", "--saved", "Doe", *more)
        assert said.status == 2
        assert "leave out other keys" in said.err
    assert "No NODE is given" in workstation("find").err


def test_one_source_that_fails_does_not_stop_the_others(
    workstation: Call, server: Server, free_port: Callable[[], int]
) -> None:
    gone = server.node(name="Off", port=free_port())
    save_nodes(folders().nodes, [gone, server.node(name="A")])
    save(SavedSearch(name="Doe", line="name:doe", sources=("Off", "A")))
    said = workstation("find", "--saved", "Doe")
    assert said.status == 1
    assert len(said.out.splitlines()) == 2
    assert "where Off should be" in said.err


def test_an_archive_that_stops_early_is_named(workstation: Call) -> None:
    held = [Held(f"1.2.{n}", YESTERDAY, f"10{n:02}00", name="Doe^J") for n in range(4)]
    archive = Limited(held, Limits(most=2, final=0xA700))
    with Server(archive.play) as server:
        save_nodes(folders().nodes, [server.node(name="A")])
        save(SavedSearch(name="Doe", line="name:doe", sources=("A",)))
        said = workstation("find", "--saved", "Doe")
        assert said.status == 1
        assert "A may have more than these" in said.err
        said = workstation("find", "--saved", "Doe", "--split-by-date")
        assert len(said.out.splitlines()) == 4


def test_they_are_listed(workstation: Call) -> None:
    assert "0 saved searches." in workstation("find", "--list-saved").err
    save(
        SavedSearch(name="王 CT", line="name:王 mod:CT today", at_start=True),
        SavedSearch(name="Doe", level=Level.PATIENT, line="name:doe", sources=("A", LIBRARY)),
    )
    said = workstation("find", "--list-saved")
    assert said.out == "王 CT  name:王 mod:CT today  -\nDoe  name:doe  A, library\n"
    first, second = workstation("--json", "find", "--list-saved").objects
    assert first == {
        "name": "王 CT",
        "search": "name:王 mod:CT today",
        "level": "study",
        "sources": None,
        "at_start": True,
    }
    assert (second["level"], second["sources"]) == ("patient", ["A", "library"])


def test_a_broken_file_is_named_and_left_alone(workstation: Call) -> None:
    folders().searches.write_text("broken")
    said = workstation("find", "--list-saved")
    assert said.status == 1
    assert "searches.json" in said.err
    assert folders().searches.read_text() == "broken"


@pytest.mark.archives
def test_real_archives_in_one_go(workstation: Call, orthanc, dcmqrscp, patients) -> None:
    archives = {"O": orthanc(patients), "D": dcmqrscp(patients)}
    save_nodes(
        folders().nodes,
        [
            Node(name=name, ae_title=one.ae_title, host=one.host, port=one.port)
            for name, one in archives.items()
        ],
    )
    save(SavedSearch(name="Doe", line="name:doe mod:CT", sources=("O", "D")))
    said = workstation("--json", "find", "--saved", "Doe")
    assert said.status == 0
    assert [(answer["source"], answer["patient_id"]) for answer in said.answers] == [
        ("O", "ENG-1"),
        ("D", "ENG-1"),
    ]
