"""Searches by further keys: honoured, ignored, refused or not told by the archive; and in the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import wire
from tests.peers.answering import Answering, study
from tests.peers.peer import Server, Talk
from tests.peers.wire import Message
from tests.store.objects import encoded, made, send
from workstation.dicom.criteria import Criteria
from workstation.dicom.mismatch import KEY
from workstation.dicom.other_keys import other_key
from workstation.errors import OperationFailed
from workstation.operations.opened_files import OpenedFiles
from workstation.operations.series_criteria import MOST_STUDIES
from workstation.operations.sources import Answers, Archive, LocalLibrary
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink

INSTITUTION = b"\x08\x00\x80\x00"
GENERAL = Criteria(others=(other_key("InstitutionName", "general"),))
KNEE = Criteria(others=(other_key("BodyPartExamined", "knee"), other_key("SeriesDescription", "sag")))


def with_institution(row: bytes, name: bytes) -> bytes:
    return row + wire.explicit((0x00080080, "LO", name))


def series(uid: bytes, study_uid: bytes, part: bytes | None = None, description: bytes = b"") -> bytes:
    told = [] if part is None else [(0x0008103E, "LO", description), (0x00180015, "CS", part)]
    return wire.explicit((0x00080052, "CS", b"SERIES"), *told, (0x0020000D, "UI", study_uid),
                         (0x0020000E, "UI", uid))  # fmt: skip


def searched(criteria: Criteria, archive: Answering) -> tuple[list[str], Answers]:
    with Server(archive.play) as server:
        answers = Archive(server.node()).search(criteria, Stop())
        return [found.study_uid for found in answers], answers


class Refusing(Answering):
    """Refuses every identifier that has one of some elements, A900H."""

    def __init__(self, *tags: bytes, **rows: object) -> None:
        super().__init__(**rows)  # type: ignore[arg-type]
        self._tags = tags

    def _find(self, talk: Talk, asked: Message) -> None:
        if any(tag in (asked.data or b"") for tag in self._tags):
            self.asked.append(asked.data or b"")
            talk.send(wire.response(asked, 0xA900))
        else:
            super()._find(talk, asked)
            talk.send(wire.response(asked, 0))

    def _play(self, talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            if asked.field == wire.FIND_RQ:
                self._find(talk, asked)


def test_a_key_is_asked_and_what_does_not_fit_its_told_value_is_set_aside() -> None:
    rows = {b"1.2.3": b"St. Mary General", b"1.2.4": b"Clinic"}
    archive = Answering(study=[with_institution(study(uid), name) for uid, name in rows.items()])
    found, answers = searched(GENERAL, archive)
    assert b"LO\x0a\x00*general* " in archive.asked[0]
    assert found == ["1.2.3"]
    assert [one.differs for one in answers.mismatches] == [(f"{KEY}InstitutionName",)]
    assert answers.untold == {}


def test_what_is_not_told_is_kept_and_said() -> None:
    found, answers = searched(GENERAL, Answering(study=[study(b"1.2.3"), study(b"1.2.4")]))
    assert found == ["1.2.3", "1.2.4"]
    assert answers.untold == {"InstitutionName": 2}
    assert not answers.mismatches


def test_an_archive_that_refuses_the_key_is_asked_without_it() -> None:
    archive = Refusing(INSTITUTION, study=[study(b"1.2.3")])
    found, answers = searched(GENERAL, archive)
    assert found == ["1.2.3"]
    assert answers.untold == {"InstitutionName": 1}
    assert INSTITUTION not in archive.asked[-1]


def test_an_archive_that_refuses_other_keys_than_this_is_still_asked_by_it() -> None:
    modalities = b"\x08\x00\x61\x00"
    archive = Refusing(modalities, study=[with_institution(study(b"1.2.3"), b"General")])
    found, answers = searched(GENERAL, archive)
    assert found == ["1.2.3"]
    assert answers.untold == {}
    assert [INSTITUTION in asked for asked in archive.asked] == [True, True]


def test_an_archive_that_refuses_everything_has_refused() -> None:
    with pytest.raises(OperationFailed):
        searched(GENERAL, Refusing(b"\x08\x00\x52\x00", study=[study(b"1.2.3")]))


def test_a_wider_query_brings_only_what_can_be_checked() -> None:
    """The archive knows nobody by both criteria; asked for the name alone it tells no institution."""

    def rows(question: bytes) -> list[bytes]:
        return [] if b"general" in question.lower() else [study(b"1.2.3", b"Doe^John")]

    criteria = Criteria(name="doe", others=GENERAL.others)
    found, answers = searched(criteria, Answering(study=rows))
    assert found == []
    assert answers.further


def test_a_key_in_a_sequence() -> None:
    path = "ProcedureCodeSequence.CodeValue"
    inside = wire.explicit((0x00080100, "SH", b"K7"))
    item = b"\xfe\xff\x00\xe0" + len(inside).to_bytes(4, "little") + inside
    sequence = b"\x08\x00\x32\x10SQ\x00\x00" + len(item).to_bytes(4, "little") + item
    row = study(b"1.2.3") + sequence
    archive = Answering(study=[row])
    found, answers = searched(Criteria(others=(other_key(path, "K7"),)), archive)
    assert b"\x08\x00\x00\x01SH\x04\x00*K7*" in archive.asked[0]
    assert (found, answers.untold) == (["1.2.3"], {})
    found, answers = searched(Criteria(others=(other_key(path, "Q9"),)), Answering(study=[row]))
    assert (found, len(answers.mismatches)) == ([], 1)


def test_keys_of_series_must_fit_one_series_of_the_study() -> None:
    told: dict[bytes, list[tuple[bytes | None, bytes]]] = {
        b"1.2.3": [(b"KNEE", b"cor"), (b"HIP", b"sag")],
        b"1.2.4": [(b"HIP", b"cor"), (b"KNEE", b"T2 sag")],
        b"1.2.5": [(None, b"")],
        b"1.2.6": [],
    }
    of = {
        uid: [series(b"%s.%d" % (uid, at), uid, *each) for at, each in enumerate(parts)]
        for uid, parts in told.items()
    }

    def rows(question: bytes) -> list[bytes]:
        return next(found for uid, found in of.items() if uid in question)

    archive = Answering(study=[study(uid) for uid in of], series=rows)
    found, answers = searched(KNEE, archive)
    assert found == ["1.2.4", "1.2.5", "1.2.6"]
    assert answers.untold == {"BodyPartExamined": 2, "SeriesDescription": 2}
    assert b"\x18\x00\x15\x00" not in archive.asked[0]  # no key of series in the query for studies


def test_of_many_studies_no_series_are_asked_for() -> None:
    many = [study(b"1.2.%d" % number) for number in range(MOST_STUDIES + 1)]
    archive = Answering(study=many, series=[])
    found, answers = searched(KNEE, archive)
    assert len(found) == len(many)
    assert answers.untold == {"BodyPartExamined": len(many), "SeriesDescription": len(many)}
    assert len(archive.asked) == 1


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Two studies: one with a knee, one with a hip."""
    found = Library.open(tmp_path / "library", reserve=lambda total: 0)
    writer = LibrarySink(found, lambda header, peer: Admission.PLAN)
    for uid, part, doctor in (("1.1", "KNEE", "House^Gregory"), ("1.2", "HIP", "")):
        data = made(f"{uid}.1", uid, f"{uid}.0", BodyPartExamined=part, ReferringPhysicianName=doctor)
        assert send(writer, encoded(data), f"{uid}.1") == 0
    found.index.settled()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("path", "typed", "expected", "untold"),
    [
        ("BodyPartExamined", "knee", ["1.1"], {}),
        ("ReferringPhysicianName", "gregory", ["1.1"], {}),
        ("StudyInstanceUID", "1.2", ["1.2"], {}),
        ("SeriesNumber", "1", ["1.1", "1.2"], {}),
        ("InstitutionName", "x", ["1.1", "1.2"], {"InstitutionName": 2}),
    ],
)
def test_the_library(library: Library, path: str, typed: str, expected: list[str], untold: dict) -> None:
    answers = LocalLibrary(library.index).search(Criteria(others=(other_key(path, typed),)), Stop())
    assert sorted(found.study_uid for found in answers) == expected
    assert answers.untold == untold


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
@pytest.mark.parametrize(
    ("path", "typed", "count"),
    [
        ("ReferringPhysicianName", "house", 1),
        ("ReferringPhysicianName", "cuddy", 0),
        ("PatientBirthDate", "1960-01-02", 1),
        ("PatientBirthDate", "1961-01-01..", 0),
        ("StudyTime", "10-11", 1),
        ("StudyTime", "11-12", 0),
    ],
)
def test_real_archives(
    kind: str, path: str, typed: str, count: int, request: pytest.FixtureRequest, study
) -> None:
    node = request.getfixturevalue(kind)(study(1)).node()
    answers = Archive(node).search(Criteria(others=(other_key(path, typed),)), Stop())
    assert len(list(answers)) == count
    assert answers.untold == {}


@pytest.mark.archives
def test_dcmqrscp_ignores_the_institution(dcmqrscp, study) -> None:
    answers = Archive(dcmqrscp(study(1)).node()).search(GENERAL, Stop())
    assert len(list(answers)) == 1
    assert answers.untold == {"InstitutionName": 1}


def test_opened_files(tmp_path: Path, study) -> None:
    opened = OpenedFiles(tmp_path / "opened")
    opened.open(study(1), lambda batch: None, lambda progress: None, Stop())
    answers = opened.search(GENERAL, Stop())
    assert len(list(answers)) == 1
    assert answers.untold == {"InstitutionName": 1}
    opened.close()


@pytest.mark.archives
def test_keys_of_series_at_real_archives(dcmqrscp, orthanc, study) -> None:
    """Orthanc tells body parts, dcmqrscp does not; neither is believed to have what it does not tell."""
    files = study(1)
    for archive, kept, untold in ((orthanc, 0, {}), (dcmqrscp, 1, {"BodyPartExamined": 1})):
        answers = Archive(archive(files).node()).search(
            Criteria(others=(other_key("BodyPartExamined", "KNEE"),)), Stop()
        )
        assert len(list(answers)) == kept
        assert answers.untold == untold
