from __future__ import annotations

import random
from pathlib import Path

from workstation.imaging.stack import Slice, is_image, stacked

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def one(name: str, z: float | None, number: int | None = None, **changes: object) -> Slice:
    position = None if z is None else (0.0, 0.0, z)
    values: dict[str, object] = {"orientation": AXIAL, "rows": 512, "columns": 512, "position": position}
    return Slice(Path(name), name, number=number, **(values | changes))  # type: ignore[arg-type]


def order(*slices: Slice) -> str:
    mixed = list(slices)
    random.Random(5).shuffle(mixed)
    return "".join(place.slice.sop_uid for place in stacked(mixed).places)


def test_position_decides_when_numbers_are_random() -> None:
    assert order(one("a", 0, 7), one("b", 1.5, 9), one("c", 3, 2), one("d", 4.5, 50)) == "abcd"


def test_the_direction_is_that_of_the_numbers() -> None:
    assert order(one("a", 30, 1), one("b", 20, 2), one("c", 10, 3)) == "abc"


def test_without_positions_numbers_decide_and_absent_ones_are_last() -> None:
    assert order(one("c", None), one("a", None, 2), one("b", None, 10)) == "abc"


def test_equal_positions_fall_back_to_numbers() -> None:
    assert order(one("a", 0, 1), one("b", 5, 2), one("c", 0, 3), one("d", 5, 4)) == "abcd"


def test_a_localizer_does_not_stand_between() -> None:
    assert order(one("x", 0, 1, orientation=CORONAL), one("a", 0, 2), one("b", 1, 3)) == "abx"


def test_frames_are_places() -> None:
    stack = stacked([one("a", 0, 1, frames=3)])
    assert [place.frame for place in stack.places] == [0, 1, 2]
    assert stack.find("a", 2) == 2
    assert stack.find("b") is None
    assert stacked([]).places == ()


def test_reports_and_presentation_states_are_no_images() -> None:
    assert is_image("1.2.840.10008.5.1.4.1.1.2")
    assert not is_image("1.2.840.10008.5.1.4.1.1.88.11")
    assert not is_image("1.2.840.10008.5.1.4.1.1.11.1")
    assert not is_image("1.2.840.10008.5.1.4.1.1.104.1")


def test_orientations_that_differ_by_rounding_are_one_group() -> None:
    slanted = [one(name, z, n, orientation=(1.0, 0.0, 0.0, 0.0, 0.995 + n * 1e-5, -0.005 - n * 1e-5))
               for n, (name, z) in enumerate(zip("abcd", (9, 6, 3, 0), strict=True), 1)]  # fmt: skip
    assert order(*slanted) == "abcd"
    assert order(one("a", 0, 1), one("c", 5, 3), one("b", 1, 2, orientation=(1, 0, 0, 0, 0.99, 0.1))) == "acb"


def test_localizers_are_last_even_if_they_are_more() -> None:
    localizers = [one(name, n, n, localizer=True) for n, name in enumerate("xyz")]
    assert order(*localizers, one("a", 7, 1), one("b", 8, 2)) == "abxyz"
