"""A stack that grows is the one that all its slices make at once, and costs what is added to it.

The oracle puts everything in order anew, in plain words of the rule.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from pathlib import Path
from types import FrameType

import pytest

from workstation.imaging.stack import GrowingStack, Slice, stacked

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
NONE = (None,) * 6


def one(n: int, z: float | None, number: int | None = None, **changes: object) -> Slice:
    values: dict[str, object] = {
        "orientation": AXIAL,
        "rows": 64,
        "columns": 64,
        "position": None if z is None else (0.0, 0.0, z),
        "number": n if number is None else number,
    }
    return Slice(path=Path(f"{n:05}"), sop_uid=f"{n:05}", **(values | changes))  # type: ignore[arg-type]


def plain(count: int) -> list[Slice]:
    return [one(n, 2.5 * n) for n in range(count)]


def backwards(count: int) -> list[Slice]:
    return [one(n, -2.5 * n) for n in range(count)]


def dynamic(count: int) -> list[Slice]:
    """Positions met again, told by Temporal Position."""
    return [one(n, 5.0 * (n % 8), moment=(float(n // 8), *NONE[1:])) for n in range(count)]


def echoes(count: int) -> list[Slice]:
    """Two moments together; the numbers run over the echoes first."""
    return [
        one(n, 5.0 * (n // 6), moment=(float(n % 3), 4.6 * (n // 3 % 2), *NONE[2:])) for n in range(count)
    ]


def untold(count: int) -> list[Slice]:
    """Positions met again, and nothing tells when."""
    return [one(n, 5.0 * (n % 8)) for n in range(count)]


def triggered(count: int) -> list[Slice]:
    """Trigger times that differ from slice to slice."""
    return [one(n, 5.0 * (n % 8), moment=(*NONE[:3], 37.0 * n, *NONE[4:])) for n in range(count)]


def partly(count: int) -> list[Slice]:
    """Every seventh lacks the moment."""
    return [
        one(n, 5.0 * (n % 8), moment=NONE if n % 7 == 3 else (float(n // 8), *NONE[1:])) for n in range(count)
    ]


def nearly(count: int) -> list[Slice]:
    """Positions that differ by less than they are told apart by, and some that lie between two."""
    return [one(n, 0.006 * (n % 50) + 3.0 * (n // 50)) for n in range(count)]


def unplaced(count: int) -> list[Slice]:
    return [one(n, None if n % 9 == 4 else 2.0 * n) for n in range(count)]


def located(count: int) -> list[Slice]:
    """Slice Location, and no position."""
    return [one(n, None, position=(100.0 - 3 * n,), orientation=None) for n in range(count)]


def mixed(count: int) -> list[Slice]:
    """Two orientations, one with rounding, localizers, several frames."""
    made = []
    for n in range(count):
        slanted = (1.0, 0.0, 0.0, 0.0, 0.995 + n % 5 * 1e-5, -0.0999)
        cosines = (AXIAL, CORONAL, slanted)[n % 3]
        made.append(one(n, 2.0 * n, orientation=cosines, localizer=n % 11 == 0, frames=1 + n % 4 // 3))
    return made


def chained(count: int) -> list[Slice]:
    """Orientations that are parallel to the next one each, and not to all."""
    return [one(n, 2.0 * n, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0008 * (n % 6))) for n in range(count)]


KINDS: list[Callable[[int], list[Slice]]] = [
    *(plain, backwards, dynamic, echoes, untold, triggered, partly, nearly, unplaced, located, mixed),
    chained,
]


def names(stack: object) -> list[tuple[str, int]]:
    return [(place.slice.sop_uid, place.frame) for place in stack.positions]  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_however_they_come_the_order_is_that_of_all_at_once(
    kind: Callable[[int], list[Slice]], seed: int
) -> None:
    slices = kind(96)
    chance = random.Random(seed)
    if seed:
        chance.shuffle(slices)
    growing, there = GrowingStack(), []
    for added in slices:
        growing.add(added)
        there.append(added)
        if chance.random() < 0.2:
            others = list(there)
            chance.shuffle(others)
            assert names(growing.stack()) == names(stacked(others))
    assert names(growing.stack()) == names(stacked(kind(96)))
    assert growing.pictures == len(growing.stack().positions)


@pytest.mark.parametrize(
    "kind", [plain, backwards, dynamic, echoes, untold, triggered, partly, nearly, unplaced]
)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_is_that_of_the_rule(kind: Callable[[int], list[Slice]], seed: int) -> None:
    slices = kind(60)
    random.Random(seed).shuffle(slices)
    for count in range(1, len(slices), 7):
        assert names(stacked(slices[:count])) == [(one.sop_uid, 0) for one in by_rule(slices[:count])]


def by_rule(slices: Sequence[Slice]) -> list[Slice]:
    """One group in its order."""
    numbered = sorted(slices, key=lambda one: (one.number, one.sop_uid))
    if any(one.position is None for one in numbered):
        return numbered
    heights = [one.position[2] for one in numbered if one.position is not None]
    level, levels = 0, dict.fromkeys(sorted(heights), 0)
    for lower, higher in pairwise(sorted(heights)):
        level += higher - lower > 0.01
        levels[higher] = level
    where = [levels[height] for height in heights]
    middle = sum(heights) / len(heights)
    back = (
        sum((height - middle) * (one.number or 0) for height, one in zip(heights, numbered, strict=True))
        < -1e-6
    )
    turns = passes([one.moment for one in numbered], where)
    keys = [(turn, -level if back else level) for turn, level in zip(turns, where, strict=True)]
    return [one for _, _, one in sorted(zip(keys, range(len(keys)), numbered, strict=True))]


def passes(moments: Sequence[tuple[float | None, ...]], levels: Sequence[int]) -> list[int]:
    most = max(Counter(levels).values())
    if most == 1:
        return [0] * len(levels)
    told: list[tuple[float, ...]] = [()] * len(levels)

    def parted(by: Sequence[tuple[float, ...]]) -> int:
        return len(set(zip(by, levels, strict=True)))

    for part in range(max(map(len, moments))):
        values = [moment[part] if part < len(moment) else None for moment in moments]
        if None in values:
            continue
        finer = [(*so_far, value) for so_far, value in zip(told, values, strict=True) if value is not None]
        if len(set(finer)) > most or parted(finer) == parted(told):
            continue
        told = finer
        if parted(told) == len(levels):
            ranks = {moment: rank for rank, moment in enumerate(sorted(set(told)))}
            return [ranks[moment] for moment in told]
    met: defaultdict[int, int] = defaultdict(int)
    turns = [0] * len(levels)
    for place in sorted(range(len(levels)), key=lambda place: (told[place], place)):
        turns[place] = met[levels[place]]
        met[levels[place]] += 1
    return turns


def calls_of(work: Callable[[], object]) -> int:
    """How many functions of Python's and of C it calls."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_each_picture_costs_no_more_on_a_big_stack(
    kind: Callable[[int], list[Slice]], shuffled: bool
) -> None:
    """They come in batches of fifty, each of which is shown."""
    costs = []
    for size in (200, 2000):
        slices = kind(size)
        if shuffled:
            random.Random(3).shuffle(slices)
        growing = GrowingStack()

        def grow(growing: GrowingStack = growing, slices: list[Slice] = slices) -> None:
            for start in range(0, len(slices), 50):
                for one in slices[start : start + 50]:
                    growing.add(one)
                growing.stack().positions_by_key()

        costs.append(calls_of(grow) / size)
    assert costs[1] < 2 * costs[0], costs


def test_slice_location_then_times_where_there_is_no_position() -> None:
    chance = random.Random(1)
    located_ones = [one(n, None, position=(3.0 * n,), orientation=None) for n in range(9)]
    chance.shuffle(located_ones)
    assert [name for name, _ in names(stacked(located_ones))] == [f"{n:05}" for n in range(9)]
    timed = []
    for n, (acquired, triggered_at) in enumerate(product((100.0, 200.0), (10.0, 20.0, 30.0))):
        moment = (None, None, None, triggered_at, None, acquired)
        timed.append(Slice(path=Path(f"{9 - n}"), sop_uid=f"{9 - n}", rows=4, columns=4, moment=moment))
    wanted = [one.sop_uid for one in timed]
    chance.shuffle(timed)
    assert [name for name, _ in names(stacked(timed))] == wanted


def test_acquisition_times_part_the_passes() -> None:
    slices = [one(n, 5.0 * (n % 4), number=40 - n, moment=(*NONE[:5], 60.0 * (n // 4))) for n in range(12)]
    random.Random(2).shuffle(slices)
    found = [int(name) // 4 for name, _ in names(stacked(slices))]
    assert found == sorted(found)
