"""Many studies: memory for each, garbage collection while they come, the work for one Patient ID."""

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
from workstation.models.deferred_free import freeze_objects
from workstation.models.result_tree import ResultTree
from workstation.models.visible_rows import VisibleRows
from workstation.network.find import FindResponse
from workstation.operations.find_answers import to_match

BATCH = 50
FEW, MANY = 2000, 12_000
EACH = 3500
"""Bytes for a study and half a patient, with all that an archive told of them and where they stand."""


def add(tree: ResultTree, first: int, last: int) -> None:
    """Studies, two of each patient, as many at a time as a job hands over."""
    for begin in range(first, last, BATCH):
        tree.add_studies(
            tree.generation,
            [
                StudyMatch(
                    source="A",
                    study_uid=f"1.2.{number}",
                    patient=PatientMatch(
                        source="A", patient_id=f"ID{number // 2}", name=f"Family{number // 2}^Given"
                    ),
                    date=f"20{number % 30:02}0101",
                )
                for number in range(begin, begin + BATCH)
            ],
        )


def test_what_is_collected_does_not_grow_with_the_number_of_studies() -> None:
    """All that is there is kept out of the collections, but for what has come since."""
    tree = ResultTree()
    VisibleRows(tree)
    tree.begin(["A"])

    def gone_through() -> int:
        """References followed by the next collection, after one batch."""
        freeze_objects()
        present = tree.study_count
        add(tree, present, present + BATCH)
        return sum(len(gc.get_referents(one)) for one in gc.get_objects())

    gc.disable()
    try:
        add(tree, 0, FEW)
        few = gone_through()
        add(tree, FEW + BATCH, MANY)
        assert gone_through() < 1.5 * few
    finally:
        gc.enable()
        gc.unfreeze()


def test_a_study_takes_little_memory() -> None:
    """What many answers tell alike is kept once."""
    tree, node = ResultTree(), Node(name="A", ae_title="A", host="127.0.0.1", port=104)
    VisibleRows(tree)
    tree.begin(["A"])
    answers = [FindResponse(0xFF00, data, wire.EXPLICIT) for data in rows(2 * FEW, wire.EXPLICIT)]

    def tell(first: int, last: int) -> None:
        for begin in range(first, last, BATCH):
            found = (to_match(Level.STUDY, node, one) for one in answers[begin : begin + BATCH])
            tree.add_studies(tree.generation, [one for one in found if isinstance(one, StudyMatch)])

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
        StudyMatch(
            source=source,
            study_uid=f"1.2.{number}",
            patient=PatientMatch(source=source, patient_id="ANON", name=f"Family{number}^Given"),
        )
        for number in range(first, last)
        for source in ["A" if number % 2 else "B"]
    ]


def test_the_work_for_one_patient_id_grows_with_its_studies() -> None:
    def work(count: int) -> int:
        calls = 0

        def note(frame: FrameType, event: str, arg: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        tree = ResultTree()
        VisibleRows(tree)
        tree.begin(["A", "B"])
        sys.setprofile(note)
        try:
            for begin in range(0, count, BATCH):
                tree.add_studies(tree.generation, under_one_id(begin, begin + BATCH))
        finally:
            sys.setprofile(None)
        assert all(row.doubtful for row in tree.store.patients.values())
        return calls

    few = work(500)
    assert work(2000) < 5 * few


@pytest.mark.parametrize("seed", range(5))
def test_doubts_about_a_patient_id_do_not_depend_on_the_order(seed: int) -> None:
    """More patients have it than are compared with each other; one is the only one of its archive."""
    tree, chance = ResultTree(), random.Random(seed)
    tree.begin(["A", "B", "C"])
    alone = StudyMatch(
        source="C", study_uid="1.3", patient=PatientMatch(source="C", patient_id="ANON", name="Other^Given")
    )
    told = [*under_one_id(0, 150), alone]
    chance.shuffle(told)
    while told:
        some = chance.randrange(1, 30)
        tree.add_studies(tree.generation, told[:some])
        del told[:some]
    found = list(tree.store.patients.values())
    assert len(found) == 151
    assert [row.best.source for row in found if not row.doubtful] == ["C"]
