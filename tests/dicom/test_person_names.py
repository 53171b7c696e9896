"""Names are written in the order of components and groups that the user chose."""

from __future__ import annotations

import pytest

from workstation.dicom import display
from workstation.dicom.person_names import (
    NameGroup,
    NameOrder,
    NameStyle,
    component_groups,
    is_ideographic,
    person_name,
    sort_name,
)

YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Doe^John", "Doe, John"),
        ("Doe^John^Q^Dr^Jr", "Doe, Dr John Q, Jr"),
        ("Doe", "Doe"),
        ("^John", "John"),
        ("", ""),
        ("^^^^", ""),
        (YAMADA, "山田 太郎 (Yamada, Tarou)"),
        ("=王^小东", "王 小东"),
        ("王^小东", "王 小东"),
        ("Yamada^Tarou= =", "Yamada, Tarou"),
        ("Wang^XiaoDong==", "Wang, XiaoDong"),
        ("Wang^XiaoDong=王^小东", "王 小东 (Wang, XiaoDong)"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "洪 吉洞 (Hong, Gildong)"),
        ("==やまだ^たろう", "やまだ たろう"),
        ("قباني^لنزار", "قباني, لنزار"),
        ("<img src=x>", "<img src=x>"),
        ("A\nB^C\x1b[31m\u202e", "A B, C[31m"),
        ("A\u2028B\x85C", "A B C"),
    ],
)
def test_names_by_default(value: str, shown: str) -> None:
    assert person_name(value) == shown


def test_a_very_long_name_is_bounded() -> None:
    assert len(person_name("x" * 100_000)) <= display.LONGEST


ADAMS = "Adams^John Robert^Quincy^Rev.^B.A. M.Div."


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        (NameOrder.FAMILY_COMMA, "Adams, Rev. John Robert Quincy, B.A. M.Div."),
        (NameOrder.FAMILY_FIRST, "Adams Rev. John Robert Quincy B.A. M.Div."),
        (NameOrder.GIVEN_FIRST, "Rev. John Robert Quincy Adams, B.A. M.Div."),
        (NameOrder.STORED, ADAMS),
    ],
)
def test_prefix_middle_name_and_suffix_stand_where_they_are_spoken(order: NameOrder, shown: str) -> None:
    assert person_name(ADAMS, NameStyle(order)) == shown


@pytest.mark.parametrize(
    ("style", "value", "shown"),
    [
        (NameStyle(first=NameGroup.ALPHABETIC), YAMADA, "Yamada, Tarou (山田 太郎)"),
        (NameStyle(first=NameGroup.PHONETIC), YAMADA, "やまだ たろう (山田 太郎)"),
        (NameStyle(first=NameGroup.PHONETIC), "Doe^John", "Doe, John"),
        (NameStyle(first=NameGroup.PHONETIC), "Wang^Xi=王^小", "王 小 (Wang, Xi)"),
        (NameStyle(NameOrder.GIVEN_FIRST), YAMADA, "山田 太郎 (Tarou Yamada)"),
        (NameStyle(NameOrder.GIVEN_FIRST), "Doe^John", "John Doe"),
        (NameStyle(NameOrder.GIVEN_FIRST), "^John", "John"),
        (NameStyle(NameOrder.GIVEN_FIRST), "홍^길동", "홍 길동"),
        (NameStyle(NameOrder.STORED), YAMADA, YAMADA),
        (NameStyle(NameOrder.STORED), "A\nB^C", "A B^C"),
    ],
)
def test_the_group_that_is_first_and_ideographs_never_turned(
    style: NameStyle, value: str, shown: str
) -> None:
    assert person_name(value, style) == shown


def test_sorting_stays_by_the_family_name() -> None:
    names = ["Doe^Zoe^^Dr", "Doe^Adam^^Prof", "Abel^Zoe", "^Nobody", ""]
    for order in NameOrder:
        ordered = sorted(names, key=lambda name, order=order: sort_name(name, NameStyle(order)))
        assert ordered == ["", "Abel^Zoe", "Doe^Adam^^Prof", "Doe^Zoe^^Dr", "^Nobody"]
    assert sort_name(YAMADA, NameStyle(first=NameGroup.PHONETIC)).startswith("やまだ")


def test_groups_are_told_apart_only_where_there_are_several_scripts() -> None:
    assert list(component_groups(YAMADA).values()) == ["Yamada^Tarou", "山田^太郎", "やまだ^たろう"]
    assert component_groups("A=B") == {NameGroup.ALPHABETIC: "A=B"}
    assert component_groups("^^==") == {}


@pytest.mark.parametrize(
    ("text", "found"), [("王", True), ("ﾔﾏﾀﾞ", True), ("홍", True), ("Ж", False), ("é", False)]
)
def test_what_is_ideographic(text: str, found: bool) -> None:
    assert is_ideographic(text) is found
