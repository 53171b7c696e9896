from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from workstation.imaging.instance import open_instance
from workstation.imaging.orientation import Sides, sides
from workstation.imaging.picture import Picture

AXES = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "H": "F", "F": "H"}
PERPENDICULAR = [
    (right, bottom) for right, bottom in permutations(AXES, 2) if OPPOSITE[right] != bottom
]  # the 24 axis-aligned pairs


@pytest.mark.parametrize(("right", "bottom"), PERPENDICULAR)
def test_the_24_axis_aligned_orientations(right: str, bottom: str) -> None:
    assert len(PERPENDICULAR) == 24
    cosines = (*AXES[right], *AXES[bottom])
    assert sides(cosines) == Sides(OPPOSITE[right], right, OPPOSITE[bottom], bottom)


@pytest.mark.parametrize(
    ("row", "letters"),
    [
        ((0.8, 0.6, 0.0), "LP"),
        ((0.6, -0.8, 0.0), "AL"),
        ((0.7, 0.5, 0.51), "LHP"),
        ((0.995, 0.1, 0.0), "L"),
        ((-0.7, -0.5, 0.51), "RHA"),
    ],
)
def test_oblique_rows_have_up_to_three_letters(row: tuple[float, ...], letters: str) -> None:
    found = sides((*row, 0, 0, -1))
    assert found.right == letters
    assert found.left == "".join(OPPOSITE[letter] for letter in letters)


@pytest.mark.parametrize(
    "cosines",
    [
        (),
        (1, 0, 0),
        (0, 0, 0, 0, 1, 0),
        (1, 0, 0, 0, 0, 0),
        (float("nan"), 0, 0, 0, 1, 0),
        (float("inf"),) * 6,
    ],
)
def test_nobody_knows(cosines: tuple[float, ...]) -> None:
    assert sides(cosines) == Sides()


def test_projections_say_it_in_words() -> None:
    assert sides((), ["L", "F"]) == Sides("R", "L", "H", "F")
    assert sides((), ["AL", "FP"]) == Sides("PR", "AL", "HA", "FP")
    assert sides((), ["L"]) == Sides()
    assert sides((), ["", "F"]) == Sides("", "", "H", "F")
    assert sides((), ["X", "F"]) == Sides("", "X", "H", "F")


def test_quadrupeds_keep_their_words() -> None:
    assert sides((), ["CD", "V"], quadruped=True) == Sides("", "CD", "", "V")
    assert sides((1, 0, 0, 0, 1, 0), quadruped=True) == Sides("RT", "LE", "V", "D")


def shown(path: Path, frame: int = 0) -> Sides:
    content = open_instance(path).picture(frame)
    assert isinstance(content, Picture)
    return content.sides


def test_from_files(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    path = tmp_path / "ct.dcm"
    dataset.save_as(path)
    assert shown(path) == Sides("R", "L", "A", "P")
    del dataset.ImageOrientationPatient
    dataset.PatientOrientation = ["P", "F"]
    dataset.save_as(path)
    assert shown(path) == Sides("A", "P", "H", "F")
    del dataset.PatientOrientation
    dataset.save_as(path)
    assert shown(path) == Sides()


def test_each_frame_has_its_own(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    dataset.NumberOfFrames = 2
    dataset.PixelData = dataset.PixelData * 2
    groups = []
    for cosines in ([0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]):
        plane, group = pydicom.Dataset(), pydicom.Dataset()
        plane.ImageOrientationPatient = cosines
        group.PlaneOrientationSequence = [plane]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    path = tmp_path / "enhanced.dcm"
    dataset.save_as(path)
    assert shown(path, 0) == Sides("A", "P", "H", "F")
    assert shown(path, 1) == Sides("R", "L", "H", "F")


def test_all_signs_of_a_tilted_axis_stay_opposite() -> None:
    for signs in product((1, -1), repeat=3):
        row = [sign * part for sign, part in zip(signs, (0.6, 0.6, 0.53), strict=True)]
        found = sides((*row, 1, 0, 0))
        assert found.left == "".join(OPPOSITE[letter] for letter in found.right)
