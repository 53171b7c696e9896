"""The row of a series says what is known of it before it is fetched; what is unknown is not claimed."""

from __future__ import annotations

import pytest

from tests.matches import series, study
from workstation.dicom.matches import LIBRARY, SeriesMatch
from workstation.models.columns import COLUMNS, Column, cell
from workstation.models.compression_texts import compression, compression_tip
from workstation.models.first_column import detail
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.tool_tips import tip

PLAIN, JPEG, JPEG_LOSSLESS, J2K = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.91",
)


def row_of_series(*matches: SeriesMatch) -> Row:
    tree = ResultTree()
    generation = tree.begin(["A"])
    [row] = tree.add_studies(generation, [study("1.1")])
    tree.add_children(generation, row.number, matches)
    [below] = row.children
    return below


def told(**facts: object) -> Row:
    return row_of_series(series("1.1.1", number=3, description="Axial", **facts))


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, ""),
        ({"lossy": True}, "lossy"),
        ({"lossy": False}, "not lossy"),
        ({"syntaxes": (PLAIN,)}, "uncompressed"),
        ({"syntaxes": (PLAIN,), "lossy": True}, "lossy"),
        ({"syntaxes": (JPEG_LOSSLESS,)}, "compressed"),
        ({"syntaxes": (JPEG_LOSSLESS,), "lossy": False}, "compressed"),
        ({"syntaxes": (JPEG,)}, "lossy"),
        ({"syntaxes": (J2K,)}, "compressed"),
        ({"syntaxes": (JPEG, JPEG_LOSSLESS)}, "compressed"),
        ({"syntaxes": (PLAIN, JPEG)}, ""),
        ({"syntaxes": ("1.2.3.4",)}, ""),
        ({"syntaxes": (JPEG, "1.2.3.4")}, ""),
    ],
)
def test_compression_is_said_only_where_it_is_told(facts: dict[str, object], word: str) -> None:
    assert compression(told(**facts)) == word


def test_the_tool_tip_names_the_syntaxes_the_method_and_the_ratio() -> None:
    row = told(
        syntaxes=(JPEG, JPEG_LOSSLESS), lossy=True, lossy_ratios=(10.0,), lossy_methods=("ISO_10918_1",)
    )
    assert compression_tip(row) == [
        "A sends: JPEG, JPEG lossless",
        "Compressed with loss: ISO_10918_1, 10 : 1",
    ]
    assert "JPEG lossless" in tip(row, Column.COMPRESSION)
    assert compression_tip(told()) == []


def test_local_files_are_told_apart_from_what_the_archive_sends() -> None:
    row = row_of_series(
        series("1.1.1", syntaxes=(PLAIN,)), series("1.1.1", source=LIBRARY, syntaxes=(JPEG_LOSSLESS,))
    )
    assert compression_tip(row) == ["A sends: uncompressed", "Stored here: JPEG lossless"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"body_part": "HEAD", "slice_thickness": 0.625, "lossy": True}, "lossy · HEAD · 0.625 mm"),
        ({"body_part": "AXIAL"}, ""),
        ({"slice_thickness": 5.0, "lossy": False}, "5 mm"),
    ],
)
def test_what_stands_behind_its_name(facts: dict[str, object], said: str) -> None:
    assert detail(told(**facts)) == said


def test_columns_and_tool_tip_have_the_rest_and_are_hidden_at_first() -> None:
    row = told(protocol="Routine head", slice_thickness=1.25, body_part="HEAD")
    assert cell(row, Column.PROTOCOL) == "Routine head"
    assert cell(row, Column.THICKNESS) == "1.25 mm"
    assert row.parent is not None
    assert cell(row.parent, Column.PROTOCOL) == "Routine head"
    said = tip(row, Column.NAME)
    for words in ("Body part: HEAD", "Protocol: Routine head", "Slice thickness: 1.25 mm"):
        assert words in said
    assert all(COLUMNS[one].hidden for one in (Column.PROTOCOL, Column.THICKNESS, Column.COMPRESSION))


def test_what_one_source_leaves_out_another_tells() -> None:
    row = row_of_series(
        series("1.1.1", protocol="", slice_thickness=None),
        series("1.1.1", source="B", protocol="Head", slice_thickness=2.0, lossy=True),
    )
    assert (cell(row, Column.PROTOCOL), cell(row, Column.THICKNESS), compression(row)) == (
        "Head", "2 mm", "lossy"
    )  # fmt: skip
