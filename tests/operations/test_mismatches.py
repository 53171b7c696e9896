"""Answers that our own check finds not to fit are set aside, not dropped; what is not told fits anything."""

from __future__ import annotations

from datetime import date

import pytest

from tests.peers import wire
from tests.peers.answering import Answering, study
from tests.peers.peer import Server
from workstation.dicom.criteria import Criteria
from workstation.dicom.date_span import DateSpan
from workstation.dicom.mismatch import DATES, Mismatch
from workstation.errors import NetworkError
from workstation.operations.sources import Answers, Archive
from workstation.stop import Stop

DAY = {"span": DateSpan(date(2024, 1, 5), date(2024, 1, 5))}


def searched(criteria: Criteria, *rows: bytes) -> tuple[list[str], list[Mismatch]]:
    """Study UIDs that fit, and what was set aside."""
    with Server(Answering(study=rows).play) as server:
        answers = Archive(server.node()).search(criteria, Stop())
        return [found.study_uid for found in answers], list(answers.mismatches)


MISFITS = {
    "a name": (Criteria(name="Mueller"), study(b"1.2.3", b"Meyer^Hans"), ("name",)),
    "an ID": (Criteria(patient_id="123"), study(b"1.2.3", patient=b"0000123"), ("patient_id",)),
    "a date": (Criteria(**DAY), study(b"1.2.3", date=b"20240106"), (DATES,)),
    "a date that is none": (Criteria(**DAY), study(b"1.2.3", date=b"yesterday"), (DATES,)),
    "a modality": (Criteria(modalities=("MR",)), study(b"1.2.3", modality=b"CT"), ("modalities",)),
    "a description": (Criteria(description="knee"), study(b"1.2.3", description=b"Hip"), ("description",)),
    "an accession number": (Criteria(accession="A1"), study(b"1.2.3"), ("accession",)),
    "two of them": (
        Criteria(name="Mueller", patient_id="123"),
        study(b"1.2.3", b"Meyer^Hans", b"0000123"),
        ("name", "patient_id"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("criteria", "row", "differs"), MISFITS.values(), ids=MISFITS.keys())
def test_what_does_not_fit_is_set_aside_with_what_differs(
    criteria: Criteria, row: bytes, differs: tuple[str, ...]
) -> None:
    found, [aside] = searched(criteria, row)
    assert found == []
    assert aside.match.patient.name  # type: ignore[union-attr]
    assert aside.differs == differs


NOT_TOLD = {
    "a date": (Criteria(**DAY), study(b"1.2.3", date=b"")),
    "a date of blanks": (Criteria(**DAY), study(b"1.2.3", date=b"        ")),
    "modalities": (Criteria(modalities=("MR",)), study(b"1.2.3")),
}


@pytest.mark.parametrize(("criteria", "row"), NOT_TOLD.values(), ids=NOT_TOLD.keys())
def test_what_is_not_told_is_no_mismatch(criteria: Criteria, row: bytes) -> None:
    assert searched(criteria, row) == (["1.2.3"], [])


def test_each_is_set_aside_once_however_many_queries_are_made() -> None:
    criteria = Criteria(name="mueller", modalities=("CT", "MR"))
    found, aside = searched(criteria, study(b"1.2.3", b"Meyer^Hans"), study(b"1.2.4", b"Meyer^Hans"))
    assert found == []
    assert [one.match.study_uid for one in aside] == ["1.2.3", "1.2.4"]  # type: ignore[union-attr]


def test_patients_are_set_aside_too() -> None:
    row = wire.explicit((0x00100010, "PN", b"Meyer^Hans"), (0x00100020, "LO", b"P1"))
    with Server(Answering(patient=[row]).play) as server:
        answers = Archive(server.node()).patients(Criteria(name="Mueller"), Stop())
        assert list(answers) == []
    [aside] = answers.mismatches
    assert (aside.match.patient_id, aside.differs) == ("P1", ("name",))  # type: ignore[union-attr]


def test_they_are_kept_of_a_search_that_breaks_off() -> None:
    def broken(talk):  # type: ignore[no-untyped-def]
        talk.accept()
        asked = talk.message(wire.FIND_RQ)
        talk.send(wire.response(asked, 0xFF00, study(b"1.2.3", b"Meyer^Hans")))
        talk.send(wire.response(asked, 0xFF00, study(b"1.2.4", b"Mueller^Hans")))
        talk.send(wire.abort())

    with Server(broken) as server:
        answers: Answers = Archive(server.node()).search(Criteria(name="Mueller"), Stop())
        with pytest.raises(NetworkError):
            list(answers)
    assert len(answers.mismatches) == 1


def test_what_only_a_wider_query_brings_is_not_set_aside() -> None:
    """It asks for more than was typed: what does not fit is no surprise."""

    def rows(question: bytes) -> list[bytes]:
        if b"Mueller*" in question:
            return [study(b"1.2.3", b"Meyer^Hans")]
        return [study(b"1.2.4", b"Miller^Ruth"), study(b"1.2.5", b"MULLER^ANNA")]

    with Server(Answering(study=rows).play) as server:
        answers = Archive(server.node()).search(Criteria(name="Mueller"), Stop())
        assert [found.study_uid for found in answers] == ["1.2.5"]
    assert [one.match.study_uid for one in answers.mismatches] == ["1.2.3"]  # type: ignore[union-attr]
    assert answers.further
