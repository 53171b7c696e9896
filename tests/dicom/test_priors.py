"""Which earlier studies are fetched beside one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.prior_rule import Likeness, PriorRule
from workstation.dicom.priors import (
    Content,
    earlier_studies,
    is_alike,
    may_be_looked_for,
)
from workstation.errors import BadInput, UserMessage

JANE = PatientMatch(
    source="A", patient_id="7", name="DOE^JANE", birth_date="19700101", sex="F", domain=("source", "A")
)


def study(uid: str, date: str, patient: PatientMatch = JANE, **facts: object) -> StudyMatch:
    return StudyMatch(source="A", study_uid=uid, patient=patient, date=date, **facts)  # type: ignore[arg-type]


NOW = study("1.1", "20240531", time="1200")


@pytest.mark.parametrize(
    ("rule", "answers", "priors"),
    [
        (PriorRule(), [study("1.2", "20230101"), study("1.3", "20240101")], ["1.3", "1.2"]),
        (PriorRule(), [NOW, study("1.2", "20240601"), study("1.3", ""), study("1.4", "2023")], []),
        (
            PriorRule(),
            [study("1.2", "20240531", time="1100"), study("1.3", "20240531", time="1300")],
            ["1.2"],
        ),
        (PriorRule(), [study("1.2", "20240531")], ["1.2"]),
        (PriorRule(months=3), [study("1.2", "20240229"), study("1.3", "20240301")], ["1.3"]),
        (PriorRule(months=600), [study("1.2", "19800101")], ["1.2"]),
        (PriorRule(), [study("1.2", "20230101", replace(JANE, birth_date=""))], []),
        # one UID that is told of two patients is of neither
        (
            PriorRule(),
            [study("1.2", "20230101"), study("1.2", "20230101", replace(JANE, name="ROE^JANE"))],
            [],
        ),
        (PriorRule(), [study("1*", "20230101"), study("", "20230101")], []),
        (PriorRule(), [study("1.2", "20230101", fault=UserMessage("It is broken."))], []),
    ],
)
def test_what_is_earlier(rule: PriorRule, answers: list[StudyMatch], priors: list[str]) -> None:
    assert [one.study_uid for one in earlier_studies(rule, NOW, answers)] == priors


def test_without_a_date_nothing_is_earlier() -> None:
    assert earlier_studies(PriorRule(), replace(NOW, date=""), [study("1.2", "20230101")]) == []


@pytest.mark.parametrize(
    ("likeness", "one", "other", "alike"),
    [
        (Likeness.ANY, Content(), Content(), True),
        (Likeness.MODALITY, Content(frozenset(["CT"])), Content(frozenset(["CT", "SR"])), True),
        (Likeness.MODALITY, Content(frozenset(["CT", "SR"])), Content(frozenset(["MR", "SR"])), False),
        (Likeness.MODALITY, Content(), Content(), False),
        (Likeness.BODY_PART, Content(frozenset(["CT"]), frozenset(["CHEST"])), Content(), False),
        (
            Likeness.BODY_PART,
            Content(frozenset(["CT"]), frozenset(["CHEST"])),
            Content(frozenset(["CR"]), frozenset(["CHEST", "SPINE"])),
            True,
        ),
    ],
)
def test_what_is_alike(likeness: Likeness, one: Content, other: Content, alike: bool) -> None:
    assert is_alike(PriorRule(likeness=likeness), one, other) is alike


@pytest.mark.parametrize("rule", [{"studies": 0}, {"studies": 11}, {"months": -1}, {"months": 601}])
def test_a_rule_has_bounds(rule: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        PriorRule(**rule)


@pytest.mark.parametrize("patient_id", ["", "*", "7?", "7\\8"])
def test_an_id_that_would_match_others_is_not_asked_for(patient_id: str) -> None:
    assert not may_be_looked_for(replace(JANE, patient_id=patient_id))
