"""The other studies of a patient, asked of real archives, and of one that ignores every key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive as ArchiveProcess
from tests.peers import wire
from tests.peers.answering import Answering
from tests.peers.peer import Server
from workstation.dicom.history_question import History, HistoryQuestion, Shared
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.dicom.same_patient import Agreement
from workstation.errors import Unreachable
from workstation.operations.patient_history import find_history
from workstation.operations.sources import Archive
from workstation.stop import Stop

Start = Callable[..., ArchiveProcess]

JANE = PatientMatch(source="A", patient_id="P*1", name="DOE^JANE", birth_date="19700101", sex="F")
NOW = StudyMatch(
    source="A",
    study_uid="1.2.1",
    patient=JANE,
    date="20240101",
    accession="ACC?1",
    referring="HOUSE^GREGORY",
)


def question(shared: Shared = Shared.PATIENT, current: StudyMatch = NOW, **how: date) -> HistoryQuestion:
    return HistoryQuestion(shared=shared, patients=(current.patient,), current=(current,), **how)


def answer(uid: str, **told: str) -> bytes:
    """An answer at STUDY level."""
    values = {"id": "P*1", "name": "DOE^JANE", "born": "19700101", "date": "20230101"} | told
    return wire.explicit(
        (0x00080005, "CS", b"ISO_IR 192"),
        (0x00080020, "DA", values["date"].encode()),
        (0x00080050, "SH", values.get("accession", "").encode()),
        (0x00080052, "CS", b"STUDY"),
        (0x00080090, "PN", values.get("referring", "").encode()),
        (0x00100010, "PN", values["name"].encode()),
        (0x00100020, "LO", values["id"].encode()),
        (0x00100030, "DA", values["born"].encode()),
        (0x00101000, "LO", values.get("others", "").encode()),
        (0x0020000D, "UI", uid.encode()),
    )


def told(found: History) -> dict[str, str]:
    """What differs of each study, by UID; empty: nothing does."""
    return {one.match.study_uid: "; ".join(one.differences) or one.agreement.value for one in found.studies}


def ask(asked: HistoryQuestion, *answers: bytes) -> tuple[History, list[bytes]]:
    """Ask an archive that gives all its answers to every question."""
    archive = Answering(study=answers)
    with Server(archive.play) as server:
        node = Node(name="B", ae_title="B", host="127.0.0.1", port=server.port)
        found = find_history(Archive(node), asked, Stop())
    return found, archive.asked


def test_an_archive_that_ignores_keys() -> None:
    found, asked = ask(
        question(),
        answer("1.2.1"),
        answer("1.2.2"),
        answer("1.2.3", id="p*1"),  # letter case tells IDs apart
        answer("1.2.4", id="PX1", name="ROE^ANN", born="19500101"),
        answer("1.2.5", born="19700102"),
        answer("1.2.6", born=""),
        answer("1.2.7", name="ROE^ANN", born="19500101"),
        answer("1.2.8", id="77"),
    )
    assert told(found) == {
        "1.2.1": "same",
        "1.2.2": "same",
        "1.2.3": "other patient ID: p*1",
        "1.2.5": "other birth date: 1970-01-02",
        "1.2.6": "no birth date told",
        "1.2.8": "other patient ID: 77",
    }
    assert found.left_out == 2
    by_id, by_name, cased = asked
    assert b"Doe^Jane*" in cased
    assert b"P?1 " in by_id  # a star would ask for others
    assert b"DOE^JANE*" in by_name
    assert b"19700101" in by_name


def test_other_patient_ids_that_the_archive_tells_are_asked_for() -> None:
    """Only those of who is surely the same; who has one is perhaps the same, with all that differs."""
    found, asked = ask(
        question(),
        answer("1.2.2", others="B7\\P*1"),
        answer("1.2.3", id="B7", name="ROE^JANE", born="19700101"),
        answer("1.2.4", id="P*1", name="ROE^ANN", born="19500101", others="C9"),
        answer("1.2.5", id="C9", name="ROE^ANN", born="19500101"),
    )
    assert told(found) == {
        "1.2.2": "same",
        "1.2.3": "other patient ID: B7; other name: ROE, JANE; "
        "the archive tells its patient ID as another one of this patient",
    }
    assert found.left_out == 2
    assert len(asked) == 4
    assert b"B7" in asked[3]


def test_a_study_that_an_archive_tells_of_two_patients_is_not_sure() -> None:
    found, _ = ask(question(), answer("1.2.2"), answer("1.2.2", id="9", name="ROE^ANN"), answer("1.2.3"))
    assert told(found) == {
        "1.2.2": "the same archive tells that it is of another patient",
        "1.2.3": "same",
    }


def test_without_a_full_birth_date_nobody_is_looked_for_by_name() -> None:
    unborn = replace(NOW, patient=replace(JANE, birth_date="1970"))
    _, asked = ask(question(current=unborn), answer("1.2.2"))
    assert len(asked) == 1


def test_where_neither_is_told_nothing_is_asked() -> None:
    nobody = replace(NOW, patient=replace(JANE, patient_id="", birth_date=""))
    assert not question(current=nobody).answerable
    found, asked = ask(question(current=nobody), answer("1.2.2"))
    assert (found, asked) == (History(), [])


def test_the_same_accession_number_of_other_patients() -> None:
    found, asked = ask(
        question(Shared.ACCESSION),
        answer("1.2.2", accession="ACC?1"),
        answer("1.2.3", accession="ACC?1", id="9", name="ROE^ANN"),
        answer("1.2.4", accession="acc?1"),
        answer("1.2.5", accession="ACC11"),
    )
    assert told(found) == {"1.2.2": "same", "1.2.3": "other"}
    assert found.left_out == 2
    assert b"ACC?1" in asked[0]


def test_the_same_physician_today() -> None:
    found, _ = ask(
        question(Shared.PHYSICIAN, day=date(2024, 1, 1)),
        answer("1.2.2", referring="House^Gregory^^", date="20240101", id="9", name="ROE^ANN"),
        answer("1.2.3", referring="HOUSE^GREGORY", date="20240102"),
        answer("1.2.4", referring="HOUSE", date="20240101"),
        answer("1.2.5", referring="HOUSE^GREGORY", date=""),
    )
    assert [one.match.study_uid for one in found.studies] == ["1.2.2"]
    assert found.left_out == 3


def test_an_archive_that_is_gone(free_port: Callable[[], int]) -> None:
    node = Node(name="B", ae_title="B", host="127.0.0.1", port=free_port())
    with pytest.raises(Unreachable):
        find_history(Archive(node), question(), Stop())


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
@pytest.mark.parametrize("patient", [data.DOE, data.WANG], ids=["latin", "chinese"])
def test_real_archives(
    kind: str, patient: data.Patient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    files = data.study(tmp_path, 1, patient=patient)
    files += data.study(tmp_path, 1, key="2", patient=patient)
    files += data.study(tmp_path, 1, patient=replace(patient, id="ELSEWHERE"))
    files += data.study(tmp_path, 1, key="3", patient=replace(patient, birth_date="19990101"))
    files += data.study(tmp_path, 1, patient=replace(data.LI, id="OTHER"))
    cased = patient.name.title() if patient.name == patient.name.upper() else patient.name.upper()
    files += data.study(tmp_path, 1, patient=replace(patient, id="CASED", name=cased))
    node = request.getfixturevalue(kind)(files).node(name="B")
    me = PatientMatch(
        source="A", patient_id=patient.id, name=patient.name, birth_date=patient.birth_date, sex=patient.sex
    )
    uid = str(data.uid(patient.id, "1"))
    now = StudyMatch(source="A", study_uid=uid, patient=me)
    found = find_history(Archive(node), question(current=now), Stop())
    same = {one.match.study_uid for one in found.studies if one.agreement is Agreement.SAME}
    perhaps = {"; ".join(one.differences) for one in found.studies if one.agreement is Agreement.PERHAPS}
    assert same == {str(data.uid(patient.id, key)) for key in "12"}
    assert perhaps == {
        *("other patient ID: ELSEWHERE", "other patient ID: CASED"),
        "other birth date: 1999-01-01",
    }
