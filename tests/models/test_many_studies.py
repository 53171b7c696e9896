"""Many studies: what garbage collection goes through while they come does not grow with their number."""

from __future__ import annotations

import gc

import pytest

from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.memory import keep_for_long
from workstation.models.tree import TreeModel

BATCH = 50
FEW, MANY = 2000, 12_000


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
