from __future__ import annotations

from itertools import product

from workstation.imaging.prefetch import nearest


def test_three_ahead_for_one_behind() -> None:
    assert nearest(50, 100, 1, 9) == [50, 51, 52, 49, 53, 54, 55, 48, 56]
    assert nearest(50, 100, -1, 5) == [50, 49, 48, 51, 47]


def test_at_the_ends_the_other_side_gets_the_rest() -> None:
    assert nearest(99, 100, 1, 4) == [99, 98, 97, 96]
    assert nearest(0, 3, -1, 40) == [0, 1, 2]


def test_a_loop_goes_on_with_its_first() -> None:
    assert nearest(9, 10, 1, 5, loop=True) == [9, 0, 1, 2, 3]


def test_every_place_once_and_never_another() -> None:
    for count, direction, loop in product(range(6), (1, -1), (True, False)):
        for place in range(count):
            found = nearest(place, count, direction, 40, loop=loop)
            assert sorted(found) == list(range(count))
            assert found[0] == place
    assert nearest(0, 0, 1, 40) == []
