"""What is claimed of an entry of a list, by what the sources answered."""

from __future__ import annotations

import csv
import io

import pytest

from tests.matches import study
from workstation.dicom.csv_export import csv_file
from workstation.dicom.list_entries import ListEntry
from workstation.dicom.list_results import (
    FIELDS,
    Check,
    EntryResult,
    EntryState,
    ValueAnswer,
    carries,
    entry_result,
    records,
)
from workstation.dicom.matches import StudyMatch
from workstation.dicom.pasted_list import ColumnUse
from workstation.errors import UserMessage

ID, ACCESSION, UID = ColumnUse.PATIENT_ID, ColumnUse.ACCESSION, ColumnUse.STUDY_UID
BORN, NAME = ColumnUse.BIRTH_DATE, ColumnUse.NAME


def answer(source: str, *hits: StudyMatch, **more: object) -> ValueAnswer:
    return ValueAnswer(source=source, value="V", hits=hits, **more)  # type: ignore[arg-type]


def judged(
    *answers: ValueAnswer, sources: str = "A", by_patient: bool = False, **entry: object
) -> EntryResult:
    told = {one.source: one for one in answers}
    wanted = ListEntry(line=1, value="V", **entry)  # type: ignore[arg-type]
    return entry_result(wanted, list(sources), told, by_patient=by_patient)


def test_states_of_one_source() -> None:
    assert judged().state is EntryState.NOT_ASKED
    assert judged(answer("A")).state is EntryState.NOT_FOUND
    assert judged(answer("A", study("1.1"))).state is EntryState.ONE
    assert judged(answer("A", study("1.1"), study("1.2"))).state is EntryState.SEVERAL
    assert judged(answer("A", others=3)).state is EntryState.OTHERS
    assert judged(answer("A", study("1.1"), others=3)).state is EntryState.ONE
    refused = judged(answer("A", error=UserMessage("No.")))
    assert (refused.state, refused.reason) == (EntryState.FAILED, "No.")
    assert judged(fault=UserMessage("bad")).state is EntryState.INVALID


def test_neither_one_nor_none_is_claimed_before_all_have_answered() -> None:
    one = answer("A", study("1.1"))
    assert judged(one, sources="AB").state is EntryState.NOT_ASKED
    assert judged(answer("A"), sources="AB").state is EntryState.NOT_ASKED
    assert judged(one, answer("B", error=UserMessage("No.")), sources="AB").state is EntryState.FAILED
    assert judged(answer("A"), answer("B", error=UserMessage("No.")), sources="AB").state is EntryState.FAILED
    cut = judged(answer("A", study("1.1"), cut_off=True))
    assert cut.state is EntryState.FAILED
    assert "did not send all" in cut.reason
    assert judged(answer("A", cut_off=True, others=100)).state is EntryState.FAILED


def test_the_same_study_in_two_sources_is_one() -> None:
    both = judged(answer("A", study("1.1")), answer("B", study("1.1", source="B")), sources="AB")
    assert both.state is EntryState.ONE
    [found] = both.studies
    assert found.sources == ("A", "B")


def test_a_study_uid_of_two_patients_is_two() -> None:
    hits = study("1.1", birth_date="19700101"), study("1.1", birth_date="19800101", source="B")
    found = judged(answer("A", hits[0]), answer("B", hits[1]), sources="AB")
    assert found.state is EntryState.SEVERAL
    assert "different patients" in found.reason


def test_a_patient_id_of_two_domains_is_not_one_patient() -> None:
    answers = answer("A", study("1.1")), answer("B", study("1.2", source="B"))
    found = judged(*answers, sources="AB", by_patient=True)
    assert (found.state, found.patients) == (EntryState.SEVERAL, 2)
    assert "different patients" in found.reason
    issued = answer("A", study("1.1", issuer="X")), answer("B", study("1.2", source="B", issuer="Y"))
    assert judged(*issued, sources="AB", by_patient=True).state is EntryState.SEVERAL
    same = answer("A", study("1.1", issuer="X")), answer("B", study("1.2", source="B", issuer="X"))
    assert judged(*same, sources="AB", by_patient=True).state is EntryState.ONE


def test_one_patient_may_have_several_studies() -> None:
    several = answer("A", study("1.1"), study("1.2"))
    assert judged(several).state is EntryState.SEVERAL
    assert judged(several, by_patient=True).state is EntryState.ONE
    other = answer("A", study("1.1", birth_date="19700101"), study("1.2", birth_date="19800101"))
    assert judged(other, by_patient=True).patients == 2


def test_a_study_that_both_know_joins_their_patients() -> None:
    a = answer("A", study("1.1"), study("1.2"))
    b = answer("B", study("1.2", source="B"), study("1.3", source="B"))
    assert judged(a, b, sources="AB", by_patient=True).patients == 1


@pytest.mark.parametrize(
    ("checks", "check"),
    [
        ({BORN: "19700101"}, Check.AGREES),
        ({BORN: "19700102"}, Check.DIFFERS),
        ({BORN: "03/04/1970"}, Check.UNKNOWN),
        ({BORN: ""}, Check.UNKNOWN),
        ({NAME: "doe j"}, Check.UNKNOWN),
        ({NAME: "Doe, John"}, Check.AGREES),
        ({NAME: "Roe"}, Check.DIFFERS),
        ({NAME: "Roe", BORN: "19700101"}, Check.DIFFERS),
        ({ID: "1"}, Check.AGREES),
        ({ID: "01"}, Check.DIFFERS),
        ({}, Check.NOTHING),
    ],
)
def test_what_the_list_says_besides(checks: dict[ColumnUse, str], check: Check) -> None:
    hit = answer("A", study("1.1", birth_date="19700101"))
    found = judged(hit, checks=tuple(checks.items()))
    assert found.state is EntryState.ONE
    assert found.check is check
    assert found.fetchable is (check in (Check.AGREES, Check.NOTHING))


def test_all_sources_must_agree() -> None:
    a, b = study("1.1", birth_date="19700101"), study("1.1", source="B", name="Doe^Jane")
    both = judged(answer("A", a), answer("B", b), sources="AB", checks=((NAME, "Doe, John"),))
    assert both.check is Check.DIFFERS
    assert both.differing == (NAME,)


def test_only_what_an_archive_told_of_can_be_fetched() -> None:
    here = ValueAnswer(source="library", value="V", hits=(study("1.1", source="library"),))
    entry = ListEntry(line=1, value="V")
    assert not entry_result(entry, ["library"], {"library": here}).fetchable
    assert not judged(answer("A", study("no UID – 1 (A)"))).fetchable
    assert not judged(answer("A", study("1.1"), study("1.2"))).fetchable


def test_only_the_very_value_is_a_hit() -> None:
    hit = study("1.2.3", "00123", accession="Abc")
    assert carries(UID, "1.2.3", hit)
    assert not carries(UID, "1.2.30", hit)
    assert carries(ACCESSION, "Abc", hit)
    assert not carries(ACCESSION, "ABC", hit)
    assert not carries(ID, "123", hit)
    assert not carries(ACCESSION, "A1", study("1.2.3"))


def test_records_are_safe_to_open_in_a_spreadsheet() -> None:
    hits = (
        study("1.1", "=1+1", name="@SUM(A1)", description='a "b"', date="20240102", instances=7),
        study("1.2"),
    )
    found = judged(answer("A", *hits))
    none = judged(answer("A"))
    text = csv_file(FIELDS, [*records(ID, found), *records(ID, none)]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["study_instance_uid"] for row in rows] == ["1.1", "1.2", ""]
    assert [row["state"] for row in rows] == ["several", "several", "not found"]
    assert (rows[0]["patient_id"], rows[0]["patient_name"]) == ("'=1+1", "'@SUM(A1)")
    assert (rows[0]["images"], rows[1]["images"]) == ("7", "")
    assert (rows[0]["study_date"], rows[0]["study_description"]) == ("2024-01-02", 'a "b"')


@pytest.mark.parametrize(
    ("wanted", "told", "check"),
    [
        ("Doe, John", "Doe^John^A", Check.AGREES),
        ("Doe", "Doe^John", Check.AGREES),
        ("O'Brien", "OBrien^Pat", Check.AGREES),
        ("王小明", "Wang^Xiaoming=王^小明", Check.AGREES),
        ("Doe", "Doering^Tom", Check.UNKNOWN),
        ("Smith J", "Smith^John", Check.UNKNOWN),
        ("王", "Wang^Xiaoming=王^小明", Check.UNKNOWN),
        ("王小明", "Smith^John", Check.UNKNOWN),
        ("*", "Smith^John", Check.UNKNOWN),
        ("Doe, John", "Doe^?ohn", Check.UNKNOWN),
        ("李小明", "Wang^Xiaoming=王^小明", Check.DIFFERS),
        ("Doe, Jane", "Doe^John", Check.DIFFERS),
    ],
)
def test_a_name_agrees_only_where_all_of_its_words_are_there(wanted: str, told: str, check: Check) -> None:
    found = judged(answer("A", study("1.1", name=told)), checks=((NAME, wanted),))
    assert found.check is check
    assert found.fetchable is (check is Check.AGREES)


def test_each_of_several_studies_is_exported_with_its_own_check() -> None:
    hits = study("1.1", birth_date="19700101"), study("1.2", birth_date="19800101")
    found = judged(answer("A", *hits), checks=((BORN, "19700101"),))
    assert found.check is Check.DIFFERS
    exported = [
        (row["study_instance_uid"], row["check"], row["differs"]) for row in records(ACCESSION, found)
    ]
    assert exported == [("1.1", "agrees", ""), ("1.2", "differs", "PatientBirthDate")]
