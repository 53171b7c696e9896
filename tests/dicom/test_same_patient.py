"""Who is the same patient, who perhaps is, and what differs in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workstation.dicom.matches import PatientMatch
from workstation.dicom.same_patient import Agreement, compare, is_same_patient
from workstation.errors import UserMessage

JANE = PatientMatch(
    source="A", patient_id="7", name="DOE^JANE", birth_date="19700101", sex="F", domain=("source", "A")
)
ISSUED = replace(JANE, issuer="CITY")
GROUPED = replace(JANE, domain=("domain", "HOSPITAL"))
BARE = replace(ISSUED, name="", birth_date="", sex="")


@pytest.mark.parametrize(
    ("one", "changes", "same"),
    [
        # without an issuer: ID, whole name and full birth date
        (JANE, {}, True),
        (JANE, {"source": "B", "domain": ("source", "B")}, True),
        (JANE, {"patient_id": "8"}, False),
        (JANE, {"patient_id": ""}, False),
        (JANE, {"name": ""}, False),
        (JANE, {"name": "DOE"}, False),
        (JANE, {"name": "DOE^JOAN"}, False),
        (JANE, {"name": "ROE^JANE"}, False),
        (JANE, {"name": "DOE^JANE^B"}, False),
        (JANE, {"name": "Doe^Jane"}, True),
        (JANE, {"name": "DOE^JANE^^"}, True),
        (JANE, {"name": "D\u00d6E^JAN\u00c9"}, True),
        (JANE, {"name": "DOE^J?NE"}, False),
        (JANE, {"name": "DOE^JANE=\u6731^\u73cd"}, False),
        (JANE, {"birth_date": ""}, False),
        (JANE, {"birth_date": "197001"}, False),
        (JANE, {"birth_date": "19700102"}, False),
        (JANE, {"birth_date": "1970.01.01"}, True),
        (JANE, {"sex": ""}, True),
        (JANE, {"sex": "M"}, False),
        (JANE, {"issuer": "CITY"}, True),
        (JANE, {"issuer": "CITY", "birth_date": ""}, False),
        (JANE, {"fault": UserMessage("The answer is broken.")}, False),
        # with an issuer, or a domain the user made: ID and issuer, and nothing contradicts
        (ISSUED, {}, True),
        (ISSUED, {"name": "", "birth_date": "", "sex": ""}, True),
        (ISSUED, {"birth_date": ""}, True),
        (ISSUED, {"issuer": "OTHER"}, False),
        (ISSUED, {"issuer": "", "birth_date": ""}, False),
        (ISSUED, {"name": "DOE^J."}, True),
        (ISSUED, {"name": "DOE^JOAN"}, False),
        (ISSUED, {"name": "ROE^JANE"}, False),
        (ISSUED, {"birth_date": "19700102"}, False),
        (ISSUED, {"sex": "M"}, False),
        (ISSUED, {"patient_id": "07"}, False),
        (BARE, {}, True),
        (BARE, {"issuer": ""}, False),
        (GROUPED, {"birth_date": ""}, True),
        (GROUPED, {"domain": ("domain", "OTHER"), "birth_date": ""}, False),
        (GROUPED, {"domain": ("source", "B"), "birth_date": ""}, False),
        (GROUPED, {"domain": ("domain", "OTHER")}, True),
    ],
)
def test_who_is_the_same_patient(one: PatientMatch, changes: dict[str, str], same: bool) -> None:
    other = replace(one, **changes)  # type: ignore[arg-type]
    assert is_same_patient(one, other) is same
    assert is_same_patient(other, one) is same


@pytest.mark.parametrize(
    ("one", "changes", "agreement", "differences"),
    [
        (JANE, {"source": "B", "domain": ("source", "B")}, Agreement.SAME, ""),
        (JANE, {"birth_date": "19700102"}, Agreement.PERHAPS, "other birth date: 1970-01-02"),
        (JANE, {"birth_date": ""}, Agreement.PERHAPS, "no birth date told"),
        (JANE, {"name": ""}, Agreement.PERHAPS, "no name told"),
        (JANE, {"name": "ROE^JANE"}, Agreement.PERHAPS, "other name: ROE, JANE"),
        (JANE, {"name": "DOE"}, Agreement.PERHAPS, "name only in part the same: DOE"),
        (JANE, {"name": "DOE^JANE^B"}, Agreement.PERHAPS, "name written otherwise: DOE, JANE B"),
        (JANE, {"sex": "M"}, Agreement.PERHAPS, "other sex: M"),
        (JANE, {"patient_id": "8"}, Agreement.PERHAPS, "other patient ID: 8"),
        (JANE, {"patient_id": ""}, Agreement.PERHAPS, "no patient ID told"),
        (JANE, {"patient_id": "8", "birth_date": ""}, Agreement.OTHER, ""),
        (JANE, {"patient_id": "8", "name": "DOE"}, Agreement.OTHER, ""),
        (JANE, {"name": "ROE^ANN", "birth_date": "19500101"}, Agreement.OTHER, ""),
        (JANE, {"fault": UserMessage("It is broken.")}, Agreement.PERHAPS, "the answer is damaged"),
        (ISSUED, {"birth_date": "", "name": ""}, Agreement.SAME, ""),
        (ISSUED, {"issuer": "TOWN"}, Agreement.PERHAPS, "other issuer of the patient ID: TOWN"),
        (ISSUED, {"issuer": "TOWN", "birth_date": ""}, Agreement.OTHER, ""),
        (
            replace(JANE, birth_date=""),
            {"birth_date": "19700101"},
            Agreement.PERHAPS,
            "birth date 1970-01-01, the current study tells none",
        ),
        (replace(JANE, name="DOE"), {}, Agreement.PERHAPS, "not enough is told to be sure"),
        (
            replace(JANE, name="Wang^XiaoDong=\u738b^\u5c0f\u4e1c"),
            {"name": "Wang^XiaoHong=\u738b^\u5c0f\u7ea2"},
            Agreement.PERHAPS,
            "other name: \u738b \u5c0f\u7ea2 (Wang, XiaoHong)",
        ),
        (
            replace(JANE, name="\u0642\u0628\u0627\u0646\u064a^\u0644\u0646\u0632\u0627\u0631"),
            {"patient_id": "\u0667"},
            Agreement.PERHAPS,
            "other patient ID: \u0667",
        ),
    ],
)
def test_what_differs_is_said(
    one: PatientMatch, changes: dict[str, str], agreement: Agreement, differences: str
) -> None:
    found = compare([one], replace(one, **changes))  # type: ignore[arg-type]
    assert found.agreement is agreement
    assert "; ".join(found.differences) == differences


def test_nobody_is_the_same_who_contradicts_another_answer_about_the_current_study() -> None:
    elsewhere = replace(JANE, source="B", sex="M")
    assert compare([JANE], JANE).agreement is Agreement.SAME
    found = compare([JANE, elsewhere], JANE)
    assert found.agreement is Agreement.PERHAPS
    assert found.differences == ("other sex: F",)


def test_one_answer_that_tells_enough_is_enough() -> None:
    bare = replace(JANE, source="B", birth_date="")
    assert compare([bare, JANE], JANE).agreement is Agreement.SAME
