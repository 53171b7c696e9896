"""Rows of answers that something is wrong with: shown, marked, said, not opened in vain."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.matches import series, study
from tests.rows import below, child, first_study, patients, unfold
from workstation.dicom.uids import placeholder_uid
from workstation.errors import UserMessage
from workstation.models.columns import Column
from workstation.models.row_targets import target_of
from workstation.models.rows import Row
from workstation.models.tree_model import TreeModel
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.usefixtures("qapp")
FAULT = UserMessage("Its {name} is not valid.", name=UserMessage("Study Instance UID"))


def row(model: TreeModel, index: object) -> Row:
    found = model.row(index)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_fault_is_said_to_eyes_and_ears() -> None:
    model = TreeModel()
    model.results.add_studies(model.results.begin(), [study("1.2.ABC", description="Chest", fault=FAULT)])
    index = first_study(model)
    assert index.data(Role.FAULT) == "Its Study Instance UID is not valid."
    assert "Study 1.2.ABC" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "Its Study Instance UID is not valid." in index.data(Qt.ItemDataRole.ToolTipRole)
    spoken = index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert spoken == "Study, closed. Its Study Instance UID is not valid."


def test_what_may_be_asked_for_opens_and_can_be_fetched() -> None:
    model = TreeModel()
    model.results.add_studies(model.results.begin(), [study("1.2.ABC", fault=FAULT)])
    found = row(model, first_study(model))
    assert found.opens
    assert found.uncounted
    target = target_of(found)
    assert target is not None
    assert target.study == "1.2.ABC"


@pytest.mark.parametrize("uid", ["1.2.*", "1\\2", "9" * 129, "é", placeholder_uid("A", 1)])
def test_what_may_not_is_a_row_that_asks_for_nothing(uid: str) -> None:
    model = TreeModel()
    wanted: list[int] = []
    model.children_wanted.connect(wanted.append)
    model.results.add_studies(model.results.begin(), [study(uid, description="Chest", fault=FAULT)])
    index = first_study(model)
    assert index.data(Role.DETAIL) == "Chest"
    assert index.data(Role.OPEN) is None
    unfold(index)
    found = row(model, index)
    assert (wanted, found.uncounted, target_of(found)) == ([], False, None)
    assert "no UID" not in index.data(Qt.ItemDataRole.ToolTipRole)


def test_a_series_below_such_a_study_cannot_be_asked_for_either() -> None:
    model = TreeModel()
    generation = model.results.begin()
    model.results.add_studies(generation, [study("1.1"), study("1.2", "2")])
    study_index = first_study(model)
    number = study_index.internalId()
    model.results.add_children(generation, number, [series("1.1.1"), series("1.*", fault=FAULT)])
    model.results.filled(generation, number, complete=True)
    unfold(study_index)
    found = {row(model, index).uid: row(model, index) for index in below(study_index)}
    assert target_of(found["1.1.1"]) is not None
    assert target_of(found["1.*"]) is None
    assert not found["1.*"].uncounted
    assert row(model, study_index).series == 2


def test_rows_without_uid_of_two_sources_are_never_one() -> None:
    model = TreeModel()
    generation = model.results.begin()
    for source in ("A", "B"):
        one = study(placeholder_uid(source, 1), "1", source, issuer="I", description=source, fault=FAULT)
        model.results.add_studies(generation, [one])
    assert len(patients(model)) == 1
    assert sorted(index.data() for index in below(patients(model)[0])) == ["A", "B"]
    assert child(patients(model)[0], column=Column.SOURCE).data() in ("A", "B")
