"""How many associations fetch at once: measured, and shared by all retrieves of a node."""

from __future__ import annotations

import contextlib

import pytest

from workstation.operations.association_limit import PAUSE, WINDOW, AssociationBudget, AssociationCount


class Archive:
    """Sends with each association ``pace`` objects a second, with all together at most ``most``."""

    def __init__(self, count: AssociationCount, most: float, pace: float = 20.0, size: int = 500_000) -> None:
        self.count = count
        self.now = 100.0
        self.came = 0.0
        self.most = most
        self.pace = pace
        self.size = size

    def send(self, seconds: float) -> int:
        """Send for so long; returns how many associations are wanted then."""
        end, step = self.now + seconds, WINDOW / 3
        while self.now < end:
            self.now += step
            self.came += step * min(self.most, self.pace * self.count.wanted)
            objects = int(self.came)
            self.count.arrived(self.now, objects * self.size, objects, self.count.wanted)
        return self.count.wanted


def test_as_many_as_help_up_to_the_setting() -> None:
    assert Archive(AssociationCount(16), most=1e9).send(5) == 16
    assert Archive(AssociationCount(6), most=1e9).send(5) == 6
    assert Archive(AssociationCount(1), most=1e9).send(5) == 1


def test_over_a_short_way_it_is_measured_sooner() -> None:
    assert Archive(AssociationCount(16, round_trip=0.01), most=1e9, pace=100.0, size=20_000).send(0.5) == 16
    assert Archive(AssociationCount(16, round_trip=0.05), most=1e9, pace=100.0, size=20_000).send(0.5) < 16


def test_a_step_without_a_gain_is_taken_back_and_tried_again_later() -> None:
    count = AssociationCount(16)
    archive = Archive(count, most=80.0)  # four of them
    assert archive.send(3) == 4
    assert count.stepped_back
    archive.most = 1e9
    assert archive.send(PAUSE + 3) == 16


def test_a_quick_archive_is_not_asked_for_more() -> None:
    assert Archive(AssociationCount(16), most=1e9, pace=600.0).send(5) == 2


def test_what_is_refused_is_not_asked_for_again() -> None:
    count = AssociationCount(8, start=8)
    assert count.wanted == 8
    count.refused(3)
    count.refused(5)
    assert (count.most, count.wanted) == (3, 3)
    assert Archive(count, most=1e9).send(10) == 3
    count.refused(0)
    assert count.most == 1


def test_nothing_is_measured_while_associations_are_opened() -> None:
    count = AssociationCount(8)
    for number in range(100):
        count.arrived(100.0 + number, number * 1000, number, 1)
    assert count.wanted == 2


def test_each_retrieve_has_one_and_the_free_ones_go_to_who_asks() -> None:
    budget = AssociationBudget()
    with budget.share() as first:
        assert [first.take(4) for _ in range(4)] == [True, True, True, False]
        with budget.share() as second:
            assert second.taken == 1
            assert not second.take(4)
            assert first.exceeds(4)
            assert not second.exceeds(4)
            first.give_back()
            first.give_back()
            assert second.take(4)
            assert not first.exceeds(4)
        assert first.take(4)


@pytest.mark.parametrize("most", [1, 2])
def test_more_retrieves_than_associations(most: int) -> None:
    budget = AssociationBudget()
    with contextlib.ExitStack() as stack:
        shares = [stack.enter_context(budget.share()) for _ in range(3)]
        assert [share.taken for share in shares] == [1, 1, 1]
        assert not any(share.take(most) or share.exceeds(most) for share in shares)
