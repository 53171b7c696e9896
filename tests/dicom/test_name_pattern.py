"""Which names fit what was typed."""

from __future__ import annotations

import random

import pytest

from tests.name_cases import CASES
from workstation.dicom.name_pattern import INDEX_WORD, index_words, name_pattern
from workstation.dicom.text_folding import UNKNOWN


@pytest.mark.parametrize(("typed", "name", "finds"), CASES)
def test_names(typed: str, name: str, finds: bool) -> None:
    assert name_pattern(typed).fits(name) == finds
    assert name_pattern(typed).fits_answer(name) == finds


@pytest.mark.parametrize("typed", ["", "  ", "^", "*", "^^", "* *", ",", "=", "**^*"])
def test_nothing_to_look_for_fits_every_name(typed: str) -> None:
    assert name_pattern(typed).anything
    assert name_pattern(typed).fits("DOE^JOHN")
    assert name_pattern(typed).fits("")


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ("müller", f"M{UNKNOWN}ller^Hans", True),
        ("muller hans", f"M{UNKNOWN}{UNKNOWN}ller^Hans", True),
        ("muller", "M?ller^Hans", True),
        ("muller", "M??ller^Hans", True),
        ("muller", f"M{UNKNOWN}yer^Hans", False),
        ("王小东", f"王{UNKNOWN}东", True),
        ("王小东", f"Wang^XiaoDong=王^{UNKNOWN}东", True),
        ("王", f"{UNKNOWN}{UNKNOWN}", False),
        ("doe", UNKNOWN * 3, False),
        ("doe", "DOE^JOHN?", True),
        ("doe", "?" * 1000, False),
    ],
)
def test_lost_characters_are_met_half_way(typed: str, name: str, fits: bool) -> None:
    assert name_pattern(typed).fits(name) == fits


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ("王小东", "Wang^XiaoDong", True),  # the archive told the Latin group only
        ("王小东", "Wang^XiaoDong=?^??", True),
        ("иванов", "Ivanov^Ivan", True),
        ("王小东", "", False),
        ("王小东", "Müller^Hans", False),
        ("Müller", "Meyer^Hans", False),
        ("doe", "", False),
    ],
)
def test_an_answer_in_another_script_cannot_be_compared(typed: str, name: str, fits: bool) -> None:
    assert name_pattern(typed).fits_answer(name) == fits
    assert not name_pattern(typed).fits(name)


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ('"doe^john"', "Doe^John^^", True),
        ('"doe^john"', " Doe ^ John ", True),
        ('"Müller"', "Mu\u0308ller", True),  # composed or not
        ('"Müller"', "Muller", False),
        ('"山田^太郎"', "Yamada^Tarou=山田^太郎", True),
        ('"D*"', "DOE", False),
        (f'"{"x" * 2000}"', "x" * 2000, True),
        ('"Doe"', "DOE^JOHN", False),
    ],
)
def test_quoted_names_stand_as_they_are(typed: str, name: str, fits: bool) -> None:
    assert name_pattern(typed).fits(name) == fits


def test_the_same_name_fits_however_it_is_composed() -> None:
    assert name_pattern("Mu\u0308ller").fits("Müller^Hans")
    assert name_pattern("Müller").fits("Mu\u0308ller^Hans")
    assert name_pattern("\uff24\uff2f\uff25").fits("DOE^JOHN")
    assert name_pattern("ヤマダ").fits("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert not name_pattern("かとう").fits("がとう^たろう")


def test_short_names_do_not_grow_into_others() -> None:
    assert not name_pattern("joe").fits("John^A")
    assert not name_pattern("lin").fits("Li^Na")
    assert not name_pattern("li li").fits("Li^Na")


@pytest.mark.parametrize(("typed", "name", "finds"), CASES)
def test_an_index_of_words_rules_out_no_name_that_fits(typed: str, name: str, finds: bool) -> None:
    if finds:
        words = index_words(name)
        for beginnings in name_pattern(typed).beginnings():
            assert any(word.startswith(beginnings) for word in words)
        for piece in name_pattern(typed).pieces():
            assert any(piece in word for word in words)


HOSTILE = (
    "a " * 50_000, "^" * 100_000, "=" * 100_000, f"{UNKNOWN} " * 50_000, "a" * 100_000,
    "王" * 50_000, "王 " * 50_000,
)  # fmt: skip


def test_hostile_names_make_few_words() -> None:
    for name in HOSTILE:
        words = index_words(name)
        assert len(words) < 200
        assert max(map(len, words), default=0) <= INDEX_WORD


def test_hostile_names_take_no_time() -> None:
    for name in HOSTILE[:5]:
        for typed in ("a b c d e f g", "*a*a*a*a*a*b", "a?" * 30 + "b", "b " * 300, "王" * 60):
            assert not name_pattern(typed).fits(name)


_MARKS = "ab Müß*?^=,\"'\\-%王小や가\ufffd\u0301\u200d\u3000\x00\x1b\ud800\U0001d518\u03a3\u0130\u0131"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_typed_or_stored_is_compared(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2000):
        typed, name = ("".join(chance.choices(_MARKS, k=chance.randrange(15))) for _ in range(2))
        pattern, words = name_pattern(typed), index_words(name)
        if pattern.fits(name) and not pattern.literal:
            for beginnings in pattern.beginnings():
                assert any(word.startswith(beginnings) for word in words), (typed, name)
            assert UNKNOWN in words or all(
                any(piece in word for word in words) for piece in pattern.pieces()
            ), (typed, name)
        if name.strip(' ^=,"\x00\u3000') and not set(name) & set('*?\ufffd"'):
            assert name_pattern(name).fits(name), name
