from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from workstation.imaging.stack import Slice, is_image, stacked

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def one(name: str, z: float | None, number: int | None = None, **changes: object) -> Slice:
    position = None if z is None else (0.0, 0.0, z)
    values: dict[str, object] = {"orientation": AXIAL, "rows": 512, "columns": 512, "position": position}
    return Slice(path=Path(name), sop_uid=name, number=number, **(values | changes))  # type: ignore[arg-type]


def order(*slices: Slice) -> str:
    mixed = list(slices)
    random.Random(5).shuffle(mixed)
    return "".join(place.slice.sop_uid for place in stacked(mixed).positions)


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
    assert [place.frame for place in stack.positions] == [0, 1, 2]
    assert stack.find("a", 2) == 2
    assert stack.find("b") is None
    assert stacked([]).positions == ()


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


def test_every_picture_has_a_place_even_with_equal_names_and_numbers() -> None:
    twins = [one("a", 0, 1), replace(one("a", 0, 1), path=Path("other")), one("a", 5, 1)]
    assert sorted(str(place.slice.path) for place in stacked(twins).positions) == ["a", "a", "other"]


def phases(*moments: tuple[float | None, ...], numbers: str) -> str:
    """Slices a, b, c at three positions, once for each moment; upper case: the second time, and so on."""
    names = ("abc", "ABC", "xyz")
    slices = []
    for moment, letters in zip(moments, names, strict=False):
        slices += [
            one(name, z, numbers.index(name), moment=moment)
            for name, z in zip(letters, (0, 5, 10), strict=True)
            if name in numbers
        ]
    return order(*slices)


@pytest.mark.parametrize("numbers", ["abcABCxyz", "aAxbByczC", "zyxCBAcba", "aAxbByc"])
@pytest.mark.parametrize(
    "moments",
    [
        ((1.0,), (2.0,), (3.0,)),
        ((None, 4.6), (None, 9.2), (None, 13.8)),
        ((1.0, None, 0.0), (1.0, None, 800.0), (1.0, None, 1200.0)),
    ],
    ids=["temporal position", "echo time", "b-value"],
)
def test_positions_met_again_are_gone_through_once_for_each_moment(
    moments: tuple[tuple[float | None, ...], ...], numbers: str
) -> None:
    forward = "".join(name for name in "abcABCxyz" if name in numbers)
    found = phases(*moments, numbers=numbers)
    assert found in (forward, "cbaCBAzyx")
    assert (found == forward) is (numbers != "zyxCBAcba")


def test_two_moments_together() -> None:
    slices = []
    for n, name in enumerate("abcdefgh"):
        moment = float(n // 4 + 1), float(n // 2 % 2), None
        slices.append(one(name, 5.0 * (n % 2), 100 - n, moment=moment))
    assert order(*slices) in ("abcdefgh", "badcfehg")


def test_trigger_times_that_differ_from_slice_to_slice_part_nothing() -> None:
    slices = [one(name, z, n, moment=(None, None, None, 37.0 * n)) for n, (name, z) in enumerate(
        zip("abcABC", (0, 5, 10, 0, 5, 10), strict=True))]  # fmt: skip
    assert order(*slices) == "abcABC"


def test_a_moment_that_only_parts_slabs_does_not_stand_in_the_way_of_the_echo() -> None:
    slices = [
        one("a", 0, 1, moment=(1.0, 4.0)), one("b", 5, 3, moment=(2.0, 4.0)),
        one("A", 0, 2, moment=(1.0, 9.0)), one("B", 5, 4, moment=(2.0, 9.0)),
    ]  # fmt: skip
    assert order(*slices) == "abAB"


def test_positions_met_again_without_any_moment_keep_their_numbers_in_each_pass() -> None:
    assert (
        order(*(one(name, z, n) for n, (name, z) in enumerate(zip("aAbB", (0, 0, 5, 5), strict=True))))
        == "abAB"
    )


def test_positions_that_differ_by_rounding_are_one() -> None:
    assert order(one("a", 0, 1), one("b", 5, 2), one("A", 0.004, 3), one("B", 5.004, 4)) == "abAB"


def test_a_picture_of_unknown_position_loses_nobody() -> None:
    assert sorted(order(one("a", 0, 1), one("b", None, 2), one("c", 5, 3))) == ["a", "b", "c"]
