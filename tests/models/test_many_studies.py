"""Many studies: memory for each, and what garbage collection goes through while they come."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
from types import FrameType

import pytest

from tests.benchmarks.canned import rows
from tests.peers import wire
from workstation.dicom.levels import Level
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.dicom.nodes import Node
from workstation.models.memory import keep_for_long
from workstation.models.tree import TreeModel
from workstation.network.find import Found
from workstation.operations.answers import match

BATCH = 50
FEW, MANY = 2000, 12_000
EACH = 3500
"""Bytes for a study and half a patient, with all that an archive told of them and where they stand."""


def add(model: TreeModel, first: int, last: int) -> None:
    """Studies, two of each patient, as many at a time as a job hands over."""
    for begin in range(first, last, BATCH):
        model.add_studies(
            model.generation,
            [
                StudyMatch(
                    "A",
                    f"1.2.{number}",
                    PatientMatch("A", f"ID{number // 2}", name=f"Family{number // 2}^Given"),
                    f"20{number % 30:02}0101",
                )
                for number in range(begin, begin + BATCH)
            ],
        )


@pytest.mark.usefixtures("qapp")
def test_what_is_collected_does_not_grow_with_the_number_of_studies() -> None:
    """All that is there is kept out of the collections, but for what has come since."""
    model = TreeModel()
    model.begin(["A"])

    def gone_through() -> int:
        """References followed by the next collection, after one batch."""
        keep_for_long()
        present = model.study_count
        add(model, present, present + BATCH)
        return sum(len(gc.get_referents(one)) for one in gc.get_objects())

    gc.disable()
    try:
        add(model, 0, FEW)
        few = gone_through()
        add(model, FEW + BATCH, MANY)
        assert gone_through() < 1.5 * few
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.usefixtures("qapp")
def test_a_study_takes_little_memory() -> None:
    """What many answers tell alike is kept once."""
    model, node = TreeModel(), Node("A", "A", "127.0.0.1", 104)
    model.begin(["A"])
    answers = [Found(0xFF00, data, wire.EXPLICIT) for data in rows(2 * FEW, wire.EXPLICIT)]

    def tell(first: int, last: int) -> None:
        for begin in range(first, last, BATCH):
            found = (match(Level.STUDY, node, one) for one in answers[begin : begin + BATCH])
            model.add_studies(model.generation, [one for one in found if isinstance(one, StudyMatch)])

    tell(0, FEW)
    tracemalloc.start()
    try:
        tell(FEW, 2 * FEW)
        assert tracemalloc.get_traced_memory()[0] < EACH * FEW
    finally:
        tracemalloc.stop()


def under_one_id(first: int, last: int) -> list[StudyMatch]:
    """Studies of different patients of one Patient ID, as where all were anonymised; of two archives."""
    return [
        StudyMatch(source, f"1.2.{number}", PatientMatch(source, "ANON", name=f"Family{number}^Given"))
        for number in range(first, last)
        for source in ["A" if number % 2 else "B"]
    ]


@pytest.mark.usefixtures("qapp")
def test_the_work_for_one_patient_id_grows_with_its_studies() -> None:
    def work(count: int) -> int:
        calls = 0

        def note(frame: FrameType, event: str, arg: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        model = TreeModel()
        model.begin(["A", "B"])
        sys.setprofile(note)
        try:
            for begin in range(0, count, BATCH):
                model.add_studies(model.generation, under_one_id(begin, begin + BATCH))
        finally:
            sys.setprofile(None)
        assert all(row.doubtful for row in model._tops.values())
        return calls

    few = work(500)
    assert work(2000) < 5 * few


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.usefixtures("qapp")
def test_doubts_about_a_patient_id_do_not_depend_on_the_order(seed: int) -> None:
    """More patients have it than are compared with each other; one is the only one of its archive."""
    model, chance = TreeModel(), random.Random(seed)
    model.begin(["A", "B", "C"])
    alone = StudyMatch("C", "1.3", PatientMatch("C", "ANON", name="Other^Given"))
    told = [*under_one_id(0, 150), alone]
    chance.shuffle(told)
    while told:
        some = chance.randrange(1, 30)
        model.add_studies(model.generation, told[:some])
        del told[:some]
    rows = list(model._tops.values())
    assert len(rows) == 151
    assert [row.best.source for row in rows if not row.doubtful] == ["C"]
