"""Which IDs, accession numbers and descriptions fit what was typed."""

from __future__ import annotations

import pytest

from workstation.dicom.text_pattern import exactly, part_of_text, whole_text


@pytest.mark.parametrize(
    ("typed", "value", "fits"),
    [
        ("", "", True),
        ("", "A1", True),
        ("A1", "A1", True),
        ("a1", " A1 ", True),
        (" A1 ", "a1", True),
        ("A 1", "A  1", True),
        ("A1", "A12", False),
        ("A1", "", False),
        ("A*", "a12", True),
        ("A?", "A12", False),
        ("A[1]", "A1", False),
        ("a.1", "ax1", False),
        ("Ä1", "A1", True),
        ("A\\1", "A\\1", True),
        ('"A*"', "A*", True),
        ('"A*"', "A1", False),
        ('"A?"', " A? ", True),
        ('"a?"', "A?", False),
        ('"a1"', "A1", False),
        ('"A 1"', "A  1", False),
        ('"A?"', "A1", False),
        ('""', "", False),
    ],
)
def test_whole_texts(typed: str, value: str, fits: bool) -> None:
    assert whole_text(typed).fits(value) == fits


@pytest.mark.parametrize("value", ["A1", "A", "A*", "A?1", '"A"', "A\\1", '"', '""', "Ä*", "a 1"])
def test_what_is_made_to_fit_one_text_fits_no_other(value: str) -> None:
    pattern = whole_text(exactly(value))
    assert pattern.fits(value)
    for other in ("A", "A1", "A12", "AX1", "A\\1x", '"', '"A', "Äx", "a1", "a", "\uff211", "Ä", "a  1"):
        assert pattern.fits(other) == (other == value), other
    assert "*" not in pattern.key
    assert "\\" not in pattern.key


@pytest.mark.parametrize(
    ("typed", "value", "fits"),
    [
        ("thorax", "CT Thorax nativ", True),
        ("ct  thorax", "CT Thorax", True),
        ("ct nativ", "CT Thorax nativ", True),
        ("thorax ct", "CT Thorax", False),
        ("schadel", "MRT Schädel", True),
        ("thorax", "CT Abdomen", False),
        ("thorax", "", False),
        ("ct*", "CT Thorax", True),
        ("thorax*", "CT Thorax", False),
        ("100% [", "CT 100% [Thorax]", True),
    ],
)
def test_parts_of_texts(typed: str, value: str, fits: bool) -> None:
    assert part_of_text(typed).fits(value) == fits


def test_many_stars_take_no_time() -> None:
    assert not part_of_text("a " * 5000 + "b").fits("a " * 20_000)
    assert not whole_text("*a" * 5000 + "*b").fits("a" * 20_000)
