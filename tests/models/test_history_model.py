"""The rows of a history: the newest first, what is not sure apart and never joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt

from workstation.dicom.history_question import HistoryQuestion, HistoryStudy, Shared
from workstation.dicom.matches import LIBRARY, PatientMatch, StudyMatch
from workstation.dicom.same_patient import Agreement
from workstation.errors import UserMessage
from workstation.models.history_model import HistoryColumn, HistoryModel, HistoryRole

JANE = PatientMatch(source="A", patient_id="7", name="DOE^JANE", birth_date="19700101", sex="F")
NOW = StudyMatch(source="A", study_uid="1.1", patient=JANE, date="20240101", description="Now", instances=4)
BORN = UserMessage("other birth date: {date}", date="1970-01-02")


def study(uid: str, date: str, source: str = "A", patient: PatientMatch = JANE) -> StudyMatch:
    its = replace(patient, source=source)
    return StudyMatch(source=source, study_uid=uid, patient=its, date=date, description=uid)


def sure(*matches: StudyMatch) -> list[HistoryStudy]:
    return [HistoryStudy(match, Agreement.SAME) for match in matches]


def unsure(*matches: StudyMatch) -> list[HistoryStudy]:
    return [HistoryStudy(match, Agreement.PERHAPS, (BORN,)) for match in matches]


def descriptions(model: HistoryModel) -> list[object]:
    cells = [model.index(row, HistoryColumn.DESCRIPTION) for row in range(model.rowCount())]
    return ["---" if cell.data(HistoryRole.HEADING) else cell.data() for cell in cells]


@pytest.fixture
def model(qapp: object) -> Iterator[HistoryModel]:
    made = HistoryModel()
    made.begin(HistoryQuestion(shared=Shared.PATIENT, patients=(JANE,), current=(NOW,)), ["A", "B"])
    yield made
    made.deleteLater()


def test_the_newest_first_and_the_current_one_marked(model: HistoryModel) -> None:
    generation = model.tree.results.generation
    model.add(generation, sure(NOW, study("1.2", "20230101"), study("1.3", "20240601", "B")))
    assert descriptions(model) == ["1.3", "Current study  ·  Now", "1.2"]
    assert model.current == 1
    assert model.counts == (3, 0)


def test_what_is_not_sure_stands_below_a_heading_with_what_differs(model: HistoryModel) -> None:
    generation = model.tree.results.generation
    twin = replace(JANE, birth_date="19700102")
    model.add(generation, [*unsure(study("1.9", "20250101", "B", twin)), *sure(study("1.2", "20230101"))])
    assert descriptions(model) == [
        "Current study  ·  Now",
        "1.2",
        "---",
        "other birth date: 1970-01-02  ·  1.9",
    ]
    assert model.counts == (2, 1)
    row = model.row(3)
    assert row is not None
    assert row.apart
    assert not row.uncounted_by  # no archive is asked to count it
    assert not model.flags(model.index(2, 0)) & Qt.ItemFlag.ItemIsSelectable


def test_one_study_of_two_sources_is_one_row_but_never_with_what_is_not_sure(model: HistoryModel) -> None:
    generation = model.tree.results.generation
    model.add(generation, sure(study("1.2", "20230101"), study("1.2", "20230101", LIBRARY)))
    bare = replace(JANE, birth_date="")
    model.add(generation, unsure(study("1.2", "20230101", "B", bare)))
    assert descriptions(model)[1:] == ["1.2", "---", "other birth date: 1970-01-02  ·  1.2"]
    sources = [model.index(row, HistoryColumn.SOURCE).data() for row in (1, 3)]
    assert sources == ["A, Library", "B"]


def test_late_answers_to_another_question_are_dropped(model: HistoryModel) -> None:
    before = model.tree.results.generation
    other = replace(NOW, study_uid="2.1", description="Other")
    model.begin(HistoryQuestion(shared=Shared.PATIENT, patients=(JANE,), current=(other,)), ["A"])
    model.add(before, [*sure(study("1.2", "20230101")), *unsure(study("1.3", "20230101"))])
    assert descriptions(model) == ["Current study  ·  Other"]


def test_rows_that_come_leave_the_selection_at_its_study(model: HistoryModel) -> None:
    at = QPersistentModelIndex(model.index(model.current, HistoryColumn.DATE))
    generation = model.tree.results.generation
    model.add(generation, sure(study("1.3", "20250101", "B")))
    model.add(generation, unsure(study("1.4", "20250101", "B")))
    assert at.row() == 1
    assert at.data(HistoryRole.CURRENT)


def test_all_of_a_physician_stand_in_one_list_with_their_patients(qapp: object) -> None:
    model = HistoryModel()
    generation = model.begin(
        HistoryQuestion(shared=Shared.PHYSICIAN, patients=(JANE,), current=(NOW,)), ["A"]
    )
    wang = replace(JANE, patient_id="8", name="Wang^XiaoDong=王^小东")
    model.add(generation, [HistoryStudy(study("1.2", "20240101", patient=wang), Agreement.OTHER)])
    assert model.heading == -1
    patients = {model.index(row, HistoryColumn.PATIENT).data() for row in range(model.rowCount())}
    assert patients == {"DOE, JANE  ·  7", "王 小东 (Wang, XiaoDong)  ·  8"}
    model.deleteLater()
