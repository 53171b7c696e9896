"""Names as they are typed, found on archives that match in their own ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archives import data, dcmtk, orthanc
from tests.archives.process import LASTING
from tests.archives.process import Archive as Running
from tests.name_cases import CASES, STORED, day_of, patient_of
from tests.peers.name_matching import LiteralArchive
from tests.peers.peer import Server
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.further_query import Reason
from workstation.dicom.search_keys import FURTHER_QUERIES
from workstation.operations.node_quirks import NodeQuirks
from workstation.operations.sources import Answers, Archive
from workstation.stop import Stop


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("names")
    return [
        file
        for name in STORED
        for file in data.study(
            folder, 1, patient=patient_of(name), date=day_of(name).strftime("%Y%m%d"), size=8
        )
    ]


KINDS = ("dcmqrscp", "orthanc")


def started(kind: str, folder: Path, files: list[Path], request: pytest.FixtureRequest) -> Running:
    archive = dcmtk.qrscp(folder, files) if kind == "dcmqrscp" else orthanc.start(folder)
    request.addfinalizer(archive.kill)
    LASTING.add(archive.process.pid)
    if kind == "orthanc":
        dcmtk.send(archive, files)
    return archive


@pytest.fixture(scope="module", params=KINDS)
def running(
    request: pytest.FixtureRequest, files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Running:
    return started(request.param, tmp_path_factory.mktemp(request.param), files, request)


@pytest.fixture(scope="module", params=KINDS)
def running_study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Running:
    files = data.study(tmp_path_factory.mktemp("study"), 1)
    return started(request.param, tmp_path_factory.mktemp(request.param), files, request)


def asked(source: Archive, typed: str, name: str) -> tuple[list[str], Answers]:
    """The names that are found of the day on which only one name has a study, and how."""
    answers = source.search(Criteria(name=typed, span=DateSpan(day_of(name), day_of(name))), Stop())
    return [study.patient.name for study in answers], answers


@pytest.mark.archives
def test_every_name_is_found_as_people_type_it(running: Running) -> None:
    wrong = []
    for typed, name, finds in CASES:
        found, answers = asked(Archive(running.node(), NodeQuirks()), typed, name)
        if bool(found) != finds or len(answers.further) > FURTHER_QUERIES:
            wrong.append((typed, name, found, answers.further))
    assert not wrong


NAMES = {name: day_of(name).strftime("%Y%m%d") for name in STORED}
OUT_OF_REACH = {("ayse", "Özdemir^Ayşe")}
"""Where components are compared one by one: an accent on a consonant of a given name asked for alone."""


@pytest.mark.parametrize("by_component", [False, True])
def test_a_literal_archive_finds_them_too(by_component: bool) -> None:
    archive = LiteralArchive(NAMES, by_component=by_component)
    wrong = set()
    with Server(archive.play) as server:
        source = Archive(server.node(), NodeQuirks())
        for typed, name, finds in CASES:
            archive.keys.clear()
            found, _ = asked(source, typed, name)
            if bool(found) != finds:
                wrong.add((typed, name))
            assert len(archive.keys) <= 1 + FURTHER_QUERIES
    assert wrong == (OUT_OF_REACH if by_component else set())


def test_what_is_found_as_typed_takes_one_query() -> None:
    archive = LiteralArchive(NAMES)
    with Server(archive.play) as server:
        found, answers = asked(Archive(server.node()), "DOE J", "DOE^JOHN")
    assert found == ["DOE^JOHN"]
    assert archive.keys == ["DOE*^J*"]
    assert not answers.further


def test_each_further_query_is_told_with_what_it_brought() -> None:
    archive = LiteralArchive(NAMES)
    with Server(archive.play) as server:
        found, answers = asked(Archive(server.node()), "muller", "Müller^Hans")
    assert found == ["Müller^Hans"]
    assert archive.keys == ["muller*", "*M*LL*R*", "*^M*LL*R*", "*M*ll*"]
    assert [(query.value, query.reason, query.fitting) for query in answers.further] == [
        ("*M*LL*R*", Reason.ANYWHERE, 0),
        ("*^M*LL*R*", Reason.GIVEN_NAME, 0),
        ("*M*ll*", Reason.OTHER_SPELLING, 1),
    ]
    assert not answers.incomplete


def test_a_further_query_ends_after_its_rows() -> None:
    many = {f"MILLER{number}^A": "20200101" for number in range(600)} | {"Müller^Hans": "20200101"}
    archive = LiteralArchive(many, ignores_names=True)
    with Server(archive.play) as server:
        answers = Archive(server.node()).search(Criteria(name="Nobody"), Stop())
        assert not list(answers)
        assert [query.stopped for query in answers.further] == [True, True, True]
        assert not answers.incomplete  # nothing that was shown goes on
        some = Archive(server.node()).search(Criteria(name="miller599"), Stop())
        assert len(list(some)) == 1  # the first query has no such limit
        assert not some.further


def test_an_archive_that_refuses_a_further_query_has_answered_all_the_same() -> None:
    archive = LiteralArchive({"DOE^JOHN": "20200101"}, stars=2)
    with Server(archive.play) as server:
        answers = Archive(server.node()).search(Criteria(name="Nobody"), Stop())
        assert not list(answers)
    assert [query.refused for query in answers.further] == [True, True, True]


def test_quoted_names_are_asked_for_once() -> None:
    archive = LiteralArchive(NAMES)
    with Server(archive.play) as server:
        found, answers = asked(Archive(server.node()), '"doe^john"', "DOE^JOHN")
    assert not found
    assert archive.keys == ["doe^john"]
    assert not answers.further


def test_modalities_are_asked_together_in_a_further_query() -> None:
    archive = LiteralArchive(NAMES)
    with Server(archive.play) as server:
        criteria = Criteria(name="doe john", modalities=("CT", "MR"))
        list(Archive(server.node()).search(criteria, Stop()))
    assert archive.keys == ["doe*^john*", "doe*^john*", "*DOE*J*HN*"]


@pytest.mark.archives
def test_patients_are_found_in_the_same_way(dcmqrscp, study) -> None:
    source = Archive(dcmqrscp(study(1)).node(), NodeQuirks())
    for typed in ("john", "john doe", "JOHN DOE", "doe, john"):
        assert [patient.name for patient in source.patients(Criteria(name=typed), Stop())] == ["DOE^JOHN"]


@pytest.mark.archives
@pytest.mark.parametrize(
    ("criteria", "finds"),
    [
        (Criteria(description="Test study 1"), True),
        (Criteria(description="TEST STUDY"), True),
        (Criteria(description="test   study"), True),
        (Criteria(description="STUDY"), True),
        (Criteria(description="test 1"), True),
        (Criteria(description="study test"), False),
        (Criteria(description="Test*"), True),
        (Criteria(description="study*"), False),
        (Criteria(name="doe", description="test study"), True),
        (Criteria(name="doe", description="thorax"), False),
        (Criteria(accession=" acc1 "), True),
        (Criteria(accession="ACC1"), True),
        (Criteria(accession="CC1"), False),
        (Criteria(accession="*CC1"), True),
        (Criteria(accession="ACC?"), True),
        (Criteria(patient_id=" ENG-1"), True),
        (Criteria(patient_id="ENG"), False),
        (Criteria(name="john doe", accession="acc1"), True),
        (Criteria(name="jane doe", accession="acc1"), False),
    ],
)
def test_descriptions_and_numbers(running_study: Running, criteria: Criteria, finds: bool) -> None:
    assert bool(list(Archive(running_study.node()).search(criteria, Stop()))) == finds
