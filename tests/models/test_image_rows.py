"""The row of an image says its number, where it lies, its size and how many frames it has."""

from __future__ import annotations

import pytest

from tests.matches import series, study
from workstation.dicom.matches import ImageMatch
from workstation.models.columns import Column, cell
from workstation.models.first_column import detail, spoken
from workstation.models.list_texts import record
from workstation.models.result_tree import ResultTree
from workstation.models.rows import Row
from workstation.models.tool_tips import tip

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def image(**facts: object) -> Row:
    tree = ResultTree()
    generation = tree.begin()
    [row] = tree.add_studies(generation, [study("1.1", institution="St Mary", station="CT1")])
    tree.add_children(generation, row.number, [series("1.1.1", station="CT2", institution="")])
    [below] = row.children
    match = ImageMatch(source="A", study_uid="1.1", series_uid="1.1.1", sop_uid="1.1.1.1", number=7, **facts)  # type: ignore[arg-type]
    tree.add_children(generation, below.number, [match])
    return below.children[0]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"rows": 512, "columns": 640}, "640 × 512"),
        ({"rows": 512, "columns": None}, ""),
        ({"position": (0.0, 0.0, -12.5), "orientation": AXIAL}, "F 12.5 mm"),
        ({"position": (30.0, 0.0, 0.0), "orientation": SAGITTAL}, "L 30.0 mm"),
        ({"position": (0.0, 0.0, 12.5), "orientation": AXIAL, "location": 99.0}, "H 12.5 mm"),
        ({"position": (0.0, 0.0, 12.5), "location": 99.0}, "99.0 mm"),
        ({"location": -0.5, "rows": 4, "columns": 4}, "-0.5 mm · 4 × 4"),
    ],
)
def test_what_stands_behind_its_number(facts: dict[str, object], said: str) -> None:
    row = image(**facts)
    assert detail(row).translate(dict.fromkeys((0x2068, 0x2069))) == said
    assert said.partition(" · ")[0] in tip(row, Column.NAME)


def test_frames_are_told_beside_the_number() -> None:
    row = image(frames=30, rows=4, columns=4)
    assert cell(row, Column.NAME) == "Image 7  (30 frames)"
    assert "4 × 4" in spoken(row)


def test_all_of_it_is_exported() -> None:
    row = image(rows=512, columns=640, position=(0.0, 0.0, 5.0), orientation=AXIAL)
    found = record(row)
    assert (found["rows"], found["columns"], found["position"]) == (512, 640, "H 5.0 mm")
    assert (found["institution_name"], found["station_name"]) == ("St Mary", "CT2")


def test_a_study_names_all_stations_that_are_known() -> None:
    study_row = image().parent.parent  # type: ignore[union-attr]
    assert study_row is not None
    assert cell(study_row, Column.STATION) == "CT1, CT2"
    assert cell(study_row, Column.INSTITUTION) == "St Mary"
    assert cell(study_row.children[0], Column.STATION) == "CT2"
