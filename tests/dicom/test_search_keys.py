"""What an archive is asked for."""

from __future__ import annotations

import pytest

from tests.name_cases import CASES
from workstation.dicom.criteria import Criteria
from workstation.dicom.further_query import Reason
from workstation.dicom.name_pattern import name_pattern
from workstation.dicom.search_keys import FURTHER_QUERIES, SearchKeys, name_keys, search_keys


def keys(typed: str, *, capitals: bool = False) -> list[str]:
    return [key.value for key in name_keys(name_pattern(typed), capitals=capitals)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", []),
        ("doe", ["doe*", "*DOE*", "*^DOE*", "*Doe*"]),
        ("muller", ["muller*", "*M*LL*R*", "*^M*LL*R*", "*M*ll*"]),
        ("HEAD EXP2", ["HEAD*^EXP2*", "*H*D*XP2*", "*XP2*^H*D*", "*H*"]),
        ("Hans Müller", ["Hans*^Müller*", "*H*NS*M*LL*R*", "*M*LL*R*^H*NS*", "*M*ll*"]),
        ("Müller, Hans Peter", ["Müller*^Hans*Peter*", "*M*LL*R*H*NS*P*T*R*", "*P*T*R*^M*LL*R*", "*M*ll*"]),
        ("van der Berg", ["van*der*Berg*", "*V*N*D*R*B*RG*", "*B*RG*^V*N*", "*B*rg*"]),
        ("O'Brien", ["O*Brien*", "*BR*N*", "*^*BR*N*", "*Br*"]),
        ("王小东", ["*王*小*东*", "*王*^*小*东*", "*王*小*^*东*", "*=*"]),
        ("王 小东", ["*王*^*小*东*", "*王*小*东*", "*小*东*^*王*", "*=*"]),
        ("D*", ["D*", "*D*", "*^D*"]),
        ('"HEAD EXP2"', ["HEAD EXP2"]),
        ('"Do*"', ["Do*"]),
        ("*", []),
        ("%", ["*%*"]),
        ("\\", ["*?*"]),
        ('"A\\B"', ["A?B"]),
        ("A\\B", ["A*B*", "*A*B*", "*^A*B*", "*b*"]),
    ],
)
def test_keys_of_names(typed: str, expected: list[str]) -> None:
    assert keys(typed) == expected


@pytest.mark.parametrize("typed", sorted({typed for typed, _, _ in CASES}))
@pytest.mark.parametrize("capitals", [False, True])
def test_keys_are_few_valid_and_different(typed: str, capitals: bool) -> None:
    found = keys(typed, capitals=capitals)
    assert len(found) <= 1 + FURTHER_QUERIES
    assert len(set(found)) == len(found)
    for key in found:
        assert len(key) <= 64
        assert "\\" not in key
        assert "**" not in key
        assert key.strip("*^")  # "*" leaves out the studies without a name on some archives


def test_a_long_name_is_cut_to_a_wider_key() -> None:
    for key in keys("a" * 100) + keys("王" * 100) + keys("b c " * 50):
        assert len(key) <= 64
        assert key.endswith("*")


def test_an_archive_known_for_capitals_is_asked_in_them_first() -> None:
    assert keys("doe john", capitals=True)[0] == "DOE*^JOHN*"
    first, *_ = search_keys(Criteria(name="doe john"), capitals=True)
    assert (first.reason, first.changed) == (Reason.CAPITALS, "DOE*^JOHN*")
    first, *_ = search_keys(Criteria(name="DOE"), capitals=True)
    assert first == SearchKeys(name="DOE*")


def test_no_texts_are_one_query() -> None:
    assert search_keys(Criteria()) == (SearchKeys(),)


def test_a_further_query_carries_the_most_telling_text_only() -> None:
    first, *further = search_keys(Criteria(name="doe", accession="a1", description="chest", patient_id="7"))
    assert first == SearchKeys("doe*", "7", "a1", "*chest*")
    assert further == [
        SearchKeys(accession="a1", reason=Reason.ALONE, changed="a1"),
        SearchKeys(accession="A1", reason=Reason.CAPITALS, changed="A1"),
    ]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  ", [""]),
        ("ct  thorax ", ["*ct*thorax*", "*CT*THORAX*", "*horax*"]),
        ("Test Study", ["*Test*Study*", "*TEST*STUDY*", "*est*tudy*", "*test*study*"]),
        ("knee*", ["knee*", "KNEE*", "*nee*"]),
        ("a\\b", ["a?b", "A?B"]),
    ],
)
def test_keys_of_descriptions(typed: str, expected: list[str]) -> None:
    assert [each.description for each in search_keys(Criteria(description=typed))] == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" A1 ", ["A1", "a1"]),
        ("aB*", ["aB*", "AB*", "ab*"]),
        ("17", ["17"]),
        ("1  2", ["1  2"]),
        ("1\\2", ["1?2"]),
    ],
)
def test_keys_of_accession_numbers(typed: str, expected: list[str]) -> None:
    assert [each.accession for each in search_keys(Criteria(accession=typed))] == expected
    assert [each.patient_id for each in search_keys(Criteria(patient_id=typed))] == expected[:1]
