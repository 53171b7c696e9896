"""What was on show is on show again: another row and back, the same search again, a row that holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.window_steps import receive
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.dicom.levels import Level
from workstation.imaging.view import CT_WINDOWS
from workstation.models.rows import Row

DEADLINE = 40_000
JOHN, JANE = data.Patient("DOE^JOHN", "P-1"), data.Patient("DOE^JANE", "P-2")


@pytest.fixture
def workstation(qtbot: QtBot, windows: Windows, tmp_path: Path) -> Workstation:
    """A window that lists two patients whose studies are here, the first with two series."""
    workstation = windows.open([])
    receive(workstation, data.study(tmp_path / "john", 6, patient=JOHN, series=2))
    receive(workstation, data.study(tmp_path / "jane", 3, patient=JANE))
    workstation.window.criteria.name.setText("DOE")
    search(qtbot, workstation)
    qtbot.waitActive(workstation.window)
    return workstation


def search(qtbot: QtBot, workstation: Workstation) -> None:
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: not workstation.search.asking, timeout=DEADLINE)


def study(workstation: Workstation, patient: data.Patient) -> Row:
    [row] = workstation.tree_model.results.studies(str(data.uid(patient.id, "1")))
    return row


def choose(workstation: Workstation, row: Row) -> QModelIndex:
    index = workstation.tree_model.index_of(row)
    workstation.window.tree.setCurrentIndex(index)
    return index


def shows(qtbot: QtBot, workstation: Workstation, patient: data.Patient) -> None:
    canvas = workstation.window.canvas
    qtbot.waitUntil(
        lambda: canvas.picture is not None and canvas.caption.patient_id == patient.id, timeout=DEADLINE
    )


def second_series(qtbot: QtBot, workstation: Workstation) -> None:
    """Look at the third picture of John's second series, with a window of one's own."""
    preview = workstation.preview
    choose(workstation, study(workstation, JOHN))
    shows(qtbot, workstation, JOHN)
    qtbot.waitUntil(lambda: preview.series.rowCount() == 2, timeout=DEADLINE)
    preview.turn_to(preview.series.uid(preview.series.index(1)))
    preview.go_to(2)
    qtbot.waitUntil(lambda: is_third_of_second(workstation), timeout=DEADLINE)
    workstation.window.canvas.choose_window(CT_WINDOWS[2])


def is_third_of_second(workstation: Workstation) -> bool:
    canvas, preview = workstation.window.canvas, workstation.preview
    if canvas.picture is None or canvas.caption.patient_id != JOHN.id:
        return False
    return (canvas.caption.series_number, preview.position) == (2, 2) and canvas.caption.number == 3


def test_a_study_one_comes_back_to(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    choose(workstation, study(workstation, JANE))
    shows(qtbot, workstation, JANE)
    choose(workstation, study(workstation, JOHN))
    qtbot.waitUntil(lambda: is_third_of_second(workstation), timeout=DEADLINE)
    assert workstation.window.canvas.window_level == CT_WINDOWS[2]


def test_a_row_of_another_patient_removes_the_picture_at_once(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    workstation.window.preview.tools.apart.trigger()
    jane = study(workstation, JANE)
    for row in (jane, jane.top):
        choose(workstation, row)
        assert workstation.window.canvas.picture is None
        choose(workstation, study(workstation, JOHN))
        qtbot.waitUntil(lambda: is_third_of_second(workstation), timeout=DEADLINE)


def test_rows_that_hold_the_picture(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    john = study(workstation, JOHN)
    workstation.window.tree.open_row(workstation.tree_model.index_of(john))
    qtbot.waitUntil(lambda: len(john.entities) == 2, timeout=DEADLINE)
    for row in (john, john.entities[1], john):
        choose(workstation, row)
        assert is_third_of_second(workstation)
    choose(workstation, john.entities[0])
    assert workstation.window.canvas.picture is None


def test_from_a_series_to_its_study(qtbot: QtBot, workstation: Workstation) -> None:
    john = study(workstation, JOHN)
    workstation.window.tree.open_row(workstation.tree_model.index_of(john))
    qtbot.waitUntil(lambda: len(john.entities) == 2, timeout=DEADLINE)
    choose(workstation, john.entities[1])
    shows(qtbot, workstation, JOHN)
    assert workstation.preview.series.rowCount() == 1
    choose(workstation, john)
    assert workstation.window.canvas.picture is not None
    qtbot.waitUntil(lambda: workstation.preview.series.rowCount() == 2, timeout=DEADLINE)
    assert workstation.window.canvas.caption.series_number == 2


def test_a_deleted_study_goes_though_its_patient_is_current(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    choose(workstation, study(workstation, JOHN).top)
    workstation.local_copy_actions.question_asked.connect(lambda text, verb, then: then())
    workstation.window.tree.setFocus()
    qtbot.keyClick(workstation.window.tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is None, timeout=DEADLINE)


def test_the_same_search_again(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    tree, canvas = workstation.window.tree, workstation.window.canvas
    john = study(workstation, JOHN)
    tree.open_row(workstation.tree_model.index_of(john))
    qtbot.waitUntil(lambda: len(john.entities) == 2, timeout=DEADLINE)
    tree.selection.add(study(workstation, JANE).number)
    removed: list[object] = []
    workstation.preview.cleared.connect(lambda *about: removed.append(about))
    qtbot.keyClick(workstation.window, Qt.Key.Key_F5)
    assert workstation.tree_model.results.study_count == 0
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(study(workstation, JOHN).entities) == 2, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(tree.selection.numbers) == 2, timeout=DEADLINE)
    assert workstation.tree_model.row(tree.currentIndex()) is study(workstation, JOHN)
    assert is_third_of_second(workstation)
    assert canvas.window_level == CT_WINDOWS[2]
    assert not removed


def test_the_same_search_again_with_a_series_current(qtbot: QtBot, workstation: Workstation) -> None:
    john = study(workstation, JOHN)
    workstation.window.tree.open_row(workstation.tree_model.index_of(john))
    qtbot.waitUntil(lambda: len(john.entities) == 2, timeout=DEADLINE)
    series = john.entities[1].uid
    choose(workstation, john.entities[1])
    shows(qtbot, workstation, JOHN)
    for _ in range(2):  # the second before all has come
        workstation.window.criteria.search()
    tree = workstation.window.tree

    def current() -> Row | None:
        return workstation.tree_model.row(tree.currentIndex())

    qtbot.waitUntil(lambda: current() is not None, timeout=DEADLINE)
    row = current()
    assert row is not None
    assert (row.level, row.uid) == (Level.SERIES, series)
    assert workstation.window.canvas.picture is not None


def test_the_same_search_that_finds_it_no_more(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    workstation.library.delete(str(data.uid(JOHN.id, "1")))
    search(qtbot, workstation)
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is None, timeout=DEADLINE)
    assert workstation.tree_model.results.study_count == 1


def test_the_same_search_that_finds_the_series_no_more(qtbot: QtBot, workstation: Workstation) -> None:
    john = study(workstation, JOHN)
    workstation.window.tree.open_row(workstation.tree_model.index_of(john))
    qtbot.waitUntil(lambda: len(john.entities) == 2, timeout=DEADLINE)
    series = john.entities[1].uid
    choose(workstation, john.entities[1])
    shows(qtbot, workstation, JOHN)
    workstation.library.index.remove(workstation.library.index.paths(john.uid, series))
    search(qtbot, workstation)
    qtbot.waitUntil(lambda: workstation.window.canvas.picture is None, timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(study(workstation, JOHN).entities) == 1, timeout=DEADLINE)


def test_another_search_removes_the_picture_at_once(qtbot: QtBot, workstation: Workstation) -> None:
    second_series(qtbot, workstation)
    workstation.window.criteria.name.setText("DO")
    workstation.window.criteria.search()
    assert workstation.window.canvas.picture is None
