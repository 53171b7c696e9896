"""The steps of an answer, and which of them fit what was asked for."""

from __future__ import annotations

from datetime import date

import pytest

from tests.peers.worklist import answer, sequence, step
from workstation.dicom.transfer_syntaxes import EXPLICIT_LE
from workstation.dicom.worklist import DATES, WorklistCriteria, WorklistStep, difference, steps_of, untold

TODAY = date(2026, 12, 1)


def steps(data: bytes) -> list[WorklistStep]:
    return steps_of(data, EXPLICIT_LE, "RIS")


def test_each_item_is_a_step_of_the_same_patient() -> None:
    found = steps(answer(step(description=b"Thorax"), step(b"20261202", b"MR", b"MR1\\MR2")))
    assert [(one.item, one.items, one.date, one.modality) for one in found] == [
        (1, 2, "20261201", "CT"),
        (2, 2, "20261202", "MR"),
    ]
    assert {one.patient_id for one in found} == {"P1"}
    assert {element.tag for element in found[1].elements} >= {0x00100020, 0x00400100}
    assert found[0].description == "Thorax"
    assert found[1].stations == ("MR1", "MR2")


def test_an_answer_without_items_is_a_step_of_which_nothing_is_told() -> None:
    for data in (answer(), answer()[:-12]):  # an empty sequence, and none
        [found] = steps(data)
        assert (found.item, found.date, found.modality, found.stations) == (0, "", "", ())
        assert (found.patient_name, found.accession) == ("Doe^John", "A1")


def test_codes_stand_for_descriptions_that_are_not_told() -> None:
    code = sequence(0x00321064, [(0x00080104, "LO", b"CT of chest")], [(0x00080104, "LO", b"CT of neck")])
    [found] = steps(code + answer())
    assert found.procedure == "CT of chest, CT of neck"


def test_an_answer_that_breaks_off_is_a_step_all_the_same() -> None:
    data = answer(step())
    [found] = steps(data[:-3])
    assert not found.whole
    assert found.patient_id == "P1"


STEP = WorklistStep(
    source="RIS",
    date="20261201",
    modality="CT",
    stations=("CT1", "CT2"),
    patient_name="Doe^John",
    patient_id="12*",
    accession="A1",
)


@pytest.mark.parametrize(
    ("criteria", "differs"),
    [
        (WorklistCriteria(), ()),
        (WorklistCriteria(date_from=TODAY, date_to=TODAY), ()),
        (WorklistCriteria(date_from=date(2026, 12, 2)), (DATES,)),
        (WorklistCriteria(date_to=date(2026, 11, 30)), (DATES,)),
        (WorklistCriteria(station="ct2"), ()),
        (WorklistCriteria(station="CT"), ("station",)),
        (WorklistCriteria(modalities=("MR", "CT")), ()),
        (WorklistCriteria(modalities=("MR",)), ("modalities",)),
        (WorklistCriteria(name="john doe"), ()),
        (WorklistCriteria(name="jane"), ("name",)),
        (WorklistCriteria(patient_id="12"), ("patient_id",)),
        (WorklistCriteria(patient_id='"12*"'), ()),
        (WorklistCriteria(patient_id='"1*"'), ("patient_id",)),
        (WorklistCriteria(accession="B1", station="X"), ("station", "accession")),
    ],
)
def test_what_does_not_fit(criteria: WorklistCriteria, differs: tuple[str, ...]) -> None:
    assert difference(criteria, STEP) == differs


def test_what_a_step_does_not_tell_is_no_difference_but_cannot_be_checked() -> None:
    criteria = WorklistCriteria(date_from=TODAY, station="CT1", modalities=("CT",))
    nothing = WorklistStep(source="RIS")
    assert difference(criteria, nothing) == ()
    assert untold(criteria, nothing) == (DATES, "station", "modalities")
    assert untold(WorklistCriteria(), nothing) == ()
    assert untold(criteria, STEP) == ()


def test_a_date_that_cannot_be_read_does_not_fit_a_day() -> None:
    odd = WorklistStep(source="RIS", date="tomorrow")
    assert difference(WorklistCriteria(date_from=TODAY), odd) == (DATES,)
    assert difference(WorklistCriteria(), odd) == ()
