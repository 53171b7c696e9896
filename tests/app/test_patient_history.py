"""All studies of a patient beside the search, from several archives and the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Keys, Start, Windows, choose_action
from tests.app.window_steps import DEADLINE, double_click, receive, search, shows_any, slices, transfers
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.dicom.matches import PatientMatch, StudyMatch
from workstation.models.history_model import HistoryColumn, HistoryRole
from workstation.models.rows import Local
from workstation.widgets.row_menu import RowAction
from workstation.widgets.window_state import restore_window, window_writer

pytestmark = pytest.mark.archives

ARABIC = data.Patient("قباني^لنزار", "ARA-1", "ISO_IR 192", "19230321", "M")
MARKING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
OTHERS = ("other birth date: 1999-01-01", "other patient ID: ELSEWHERE")


def history(folder: Path, patient: data.Patient = data.DOE) -> tuple[list[Path], list[Path]]:
    """What two archives have: studies of a patient; in the second also of two who may be somebody else."""
    first = slices(folder / "1", 2, patient=patient, date="20240531")
    first += slices(folder / "2", 3, key="2", patient=patient, date="20230101")
    second = slices(folder / "3", 2, key="3", patient=patient, date="20230601", modality="MR")
    second += slices(folder / "4", 2, key="4", patient=replace(patient, birth_date="19990101"))
    second += slices(folder / "5", 2, patient=replace(patient, id="ELSEWHERE"), date="20220101")
    return first, second


def rows(workstation: Workstation, column: HistoryColumn = HistoryColumn.DESCRIPTION) -> list[str]:
    model = workstation.history.model
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def open_history(qtbot: QtBot, workstation: Workstation, press: Callable[[], None] | None = None) -> None:
    """Ask by the key, and wait until all sources have answered."""
    if press is None:
        qtbot.keyClick(workstation.window.tree, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    else:
        press()
    qtbot.waitUntil(lambda: workstation.window.history.isVisible(), timeout=DEADLINE)
    settled(qtbot, workstation)


def settled(qtbot: QtBot, workstation: Workstation) -> None:
    qtbot.waitUntil(lambda: not workstation.history.asking, timeout=DEADLINE)


def uid(key: str, patient: data.Patient = data.DOE) -> str:
    return str(data.uid(patient.id, key))


def here(workstation: Workstation, study: str) -> int:
    return len(workstation.library.index.sop_uids(study))


def in_tree(workstation: Workstation) -> tuple[object, ...]:
    """What must stay of the list: rows, selection, scroll position."""
    view, model = workstation.window.tree, workstation.tree_model
    texts = tuple(model.index(row, 0).data() for row in range(model.rowCount()))
    return texts, tuple(view.selection.numbers), view.verticalScrollBar().value(), view.currentIndex().row()


def wait_for_picture(qtbot: QtBot, workstation: Workstation, files: Sequence[Path]) -> None:
    qtbot.waitUntil(lambda: shows_any(workstation, list(files)), timeout=DEADLINE)


@pytest.mark.parametrize(
    ("kind", "patient"),
    [("dcmqrscp", data.DOE), ("orthanc", data.WANG), ("dcmqrscp", ARABIC)],
    ids=["latin", "chinese", "arabic"],
)
def test_beside_the_search_and_by_keys_alone(
    qtbot: QtBot,
    windows: Windows,
    kind: str,
    patient: data.Patient,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    start: Start = request.getfixturevalue(kind)
    first, second = history(tmp_path, patient)
    workstation = windows.open([start(first).node(name="A"), start(second).node(name="B")])
    window, keys = workstation.window, Keys(qtbot, workstation.window)
    view, model = window.tree, workstation.tree_model
    window.criteria.name.setText(patient.name.split("^")[0])  # no keyboard of a test types Arabic
    qtbot.keyClick(window.criteria.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.results.study_count == 5, timeout=DEADLINE)
    newest = next(
        index
        for row in range(model.rowCount())
        if (found := model.row(index := model.index(row, 0))) is not None and found.uid == uid("1", patient)
    )
    double_click(qtbot, workstation, newest)
    wait_for_picture(qtbot, workstation, first[:2])
    before = in_tree(workstation)
    view.setFocus()
    open_history(qtbot, workstation)
    assert in_tree(workstation) == before
    assert shows_any(workstation, first[:2])
    dates = rows(workstation, HistoryColumn.DATE)
    assert rows(workstation, HistoryColumn.SOURCE)[:3] == ["A, Library", "B", "A"]
    assert [index for index, text in enumerate(rows(workstation)) if "Current study" in text] == [0]
    assert [one for one in OTHERS if any(one in text for text in rows(workstation)[4:])] == list(OTHERS)
    assert len(dates) == 6
    assert dates[3].startswith("Perhaps the same patient")
    assert "3 studies" in window.history.status.text()
    assert "2 perhaps of the same patient" in window.history.status.text()
    # Down and Enter: the study of the other archive, fetched and shown
    assert keys.focus is window.history.table
    keys.press(Qt.Key.Key_Down)
    keys.press(Qt.Key.Key_Return)
    wait_for_picture(qtbot, workstation, second[:2])
    qtbot.waitUntil(
        lambda: (
            workstation.history.model.row(1) is not None
            and workstation.history.model.row(1).local is Local.HERE  # type: ignore[union-attr]
        ),
        timeout=DEADLINE,
    )
    assert in_tree(workstation)[:3] == before[:3]
    # past the heading; what is not sure is not shown by being current
    keys.press(Qt.Key.Key_Down)
    keys.press(Qt.Key.Key_Down)
    assert window.history.table.currentIndex().data(HistoryRole.UNSURE)
    shown = workstation.preview.study_uid
    # Enter asks, with what differs; No leaves all as it is
    keys.press(Qt.Key.Key_Return)
    assert window.question.isVisible()
    assert "may be of another patient" in window.question.label.text()
    assert any(one in window.question.label.text() for one in OTHERS)
    keys.press(Qt.Key.Key_Escape)
    assert not window.question.isVisible()
    assert window.history.isVisible()
    assert workstation.preview.study_uid == shown
    assert here(workstation, uid("4", patient)) == 0
    # Escape: back to the list and its picture
    keys.press(Qt.Key.Key_Escape)
    assert not window.history.isVisible()
    assert keys.focus is view
    wait_for_picture(qtbot, workstation, first[:2])
    assert in_tree(workstation) == before
    assert here(workstation, uid("4", patient)) == 0


def test_one_that_is_not_sure_is_shown_once_the_user_agrees(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    first, second = history(tmp_path)
    workstation = windows.open([dcmqrscp(first).node(name="A"), dcmqrscp(second).node(name="B")])
    search(qtbot, workstation, "DOE", studies=5)
    model, window = workstation.tree_model, workstation.window
    for row in range(model.rowCount()):
        found = model.row(model.index(row, 0))
        if found is not None and found.uid == uid("1"):
            window.tree.setCurrentIndex(model.index(row, 0))
    open_history(qtbot, workstation)
    position = next(at for at, text in enumerate(rows(workstation)) if OTHERS[0] in text)
    window.history.table.go_to(position)
    qtbot.keyClick(window.history.table, Qt.Key.Key_Return)
    qtbot.keyClick(window.question.yes, Qt.Key.Key_Return)
    wait_for_picture(qtbot, workstation, second[2:4])
    assert len(transfers(workstation)) == 1
    assert here(workstation, uid("3")) == 0  # nothing else came


def test_a_study_that_another_archive_tells_of_another_patient_is_shown_as_it_tells(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """And as the first archive tells, once that row is current again."""
    twin = replace(data.DOE, birth_date="19990101")
    files = slices(tmp_path / "1", 2)
    node = dcmqrscp(slices(tmp_path / "2", 2, patient=twin)).node(name="B")
    workstation = windows.open([dcmqrscp(files).node(name="A"), node])
    window, captions = workstation.window, list[str]()
    workstation.preview.cleared.connect(lambda caption, words: captions.append(caption.birth_date))
    window.criteria.sources["B"].box.setChecked(False)
    double_click(qtbot, workstation, search(qtbot, workstation, "DOE"))
    wait_for_picture(qtbot, workstation, files)
    window.criteria.sources["B"].box.setChecked(True)
    window.tree.setFocus()
    open_history(qtbot, workstation)
    assert rows(workstation)[2].startswith(OTHERS[0])
    keys = Keys(qtbot, window)
    keys.press(Qt.Key.Key_End)
    keys.press(Qt.Key.Key_Return)
    qtbot.keyClick(window.question.yes, Qt.Key.Key_Return)
    assert captions[-1] == "19990101"
    keys.press(Qt.Key.Key_Home)
    assert captions[-1] == "19600102"
    keys.press(Qt.Key.Key_Escape)
    wait_for_picture(qtbot, workstation, files)


def test_an_archive_that_does_not_answer_is_named_and_asked_again(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    first, second = history(tmp_path)
    late = dcmqrscp(second)
    workstation = windows.open([dcmqrscp(first).node(name="A"), late.node(name="B")])
    search(qtbot, workstation, "DOE", studies=5)
    window = workstation.window
    window.tree.go_to_first_study()
    late.kill()
    open_history(qtbot, workstation)
    panel = window.history
    assert panel.failure.text().startswith("B did not answer: ")
    assert panel.retry.isVisible()
    shown = rows(workstation)
    qtbot.mouseClick(panel.retry, Qt.MouseButton.LeftButton)
    assert workstation.history.asking
    settled(qtbot, workstation)
    assert panel.failure.text().startswith("B did not answer: ")
    assert rows(workstation) == shown


def test_from_the_viewer_it_is_about_the_study_on_show(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    """In a window of its own, too; also of a study that the history itself has shown."""
    first, second = history(tmp_path)
    workstation = windows.open([dcmqrscp(first).node(name="A"), dcmqrscp(second).node(name="B")])
    search(qtbot, workstation, "DOE", studies=5)
    window, model = workstation.window, workstation.history.model
    current = workstation.tree_model.results.studies(uid("1"))[0]
    window.tree.setCurrentIndex(workstation.tree_model.index_of(current))
    open_history(qtbot, workstation)
    qtbot.keyClick(window.history.table, Qt.Key.Key_Down)
    qtbot.keyClick(window.history.table, Qt.Key.Key_Return)
    wait_for_picture(qtbot, workstation, second[:2])
    window.preview.tools.apart.trigger()
    own = window.placement.window
    assert own is not None
    qtbot.waitExposed(own)
    qtbot.keyClick(window.canvas, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(
        lambda: model.question is not None and model.question.study_uid == uid("3"),
        timeout=DEADLINE,
    )
    settled(qtbot, workstation)
    assert rows(workstation)[1].startswith("Current study")
    assert workstation.preview.study_uid == uid("3")


def test_the_same_accession_number_of_another_patient(
    qtbot: QtBot, windows: Windows, orthanc: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "1", 2)
    files += slices(tmp_path / "2", 2, patient=data.WANG)
    files += slices(tmp_path / "3", 2, patient=data.LI)
    for path, number in zip(files, ["A7", "A7", "A7", "A7", "A70", "A70"], strict=True):
        dataset = data.dcmread(path)
        dataset.AccessionNumber = number
        dataset.save_as(path)
    workstation = windows.open([orthanc(files).node(name="A")])
    search(qtbot, workstation, "DOE")
    workstation.window.tree.go_to_first_study()
    open_history(qtbot, workstation, lambda: choose_action(workstation, RowAction.SAME_ACCESSION))
    john, _, wang = rows(workstation, HistoryColumn.PATIENT)
    assert (john, wang) == ("DOE, JOHN  ·  ENG-1", "王 小东 (Wang, XiaoDong)  ·  CHN-1")
    assert rows(workstation, HistoryColumn.DATE)[1] == "Of other patients, or perhaps of the same"
    assert "accession number A7" in workstation.window.history.title.text()


def test_the_same_referring_physician_today(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    today = f"{date.today():%Y%m%d}"
    files = slices(tmp_path / "1", 2, date=today)
    files += slices(tmp_path / "2", 2, patient=data.WANG, date=today)
    files += slices(tmp_path / "3", 2, patient=data.LI, date="20240101")
    files += slices(tmp_path / "4", 2, patient=data.MUELLER, date=today)
    for path, name in zip(files, [*["HOUSE^G"] * 6, *["WILSON^J"] * 2], strict=True):
        dataset = data.dcmread(path)
        dataset.ReferringPhysicianName = name
        dataset.save_as(path)
    workstation = windows.open([dcmqrscp(files).node(name="A")])
    search(qtbot, workstation, "DOE")
    workstation.window.tree.go_to_first_study()
    open_history(qtbot, workstation, lambda: choose_action(workstation, RowAction.SAME_PHYSICIAN))
    patients = sorted(rows(workstation, HistoryColumn.PATIENT))
    assert patients == ["DOE, JOHN  ·  ENG-1", "王 小东 (Wang, XiaoDong)  ·  CHN-1"]
    assert workstation.history.model.heading == -1


def test_nothing_is_shown_or_fetched_of_one_that_is_not_sure_by_a_click(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    first, second = history(tmp_path)
    workstation = windows.open([dcmqrscp(first).node(name="A"), dcmqrscp(second).node(name="B")])
    search(qtbot, workstation, "DOE", studies=5)
    receive(workstation, second[2:4])  # what is here of it is not shown either
    window, table = workstation.window, workstation.window.history.table
    current = workstation.tree_model.results.studies(uid("1"))[0]
    window.tree.setCurrentIndex(workstation.tree_model.index_of(current))
    open_history(qtbot, workstation)
    position = next(at for at, text in enumerate(rows(workstation)) if OTHERS[0] in text)
    place = table.visualRect(workstation.history.model.index(position, HistoryColumn.DESCRIPTION)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert table.currentIndex().row() == position
    assert workstation.preview.study_uid == uid("1")
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.question.isVisible()
    qtbot.keyClick(window.question.no, Qt.Key.Key_Return)
    assert workstation.preview.study_uid == uid("1")
    assert not transfers(workstation)


def test_the_keys_that_mark_are_not_about_the_list_while_another_study_is_on_show(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    first, _ = history(tmp_path)
    workstation = windows.open([dcmqrscp(first).node(name="A")])
    search(qtbot, workstation, "DOE", studies=2)
    window, results = workstation.window, workstation.tree_model.results
    [current] = results.studies(uid("1"))
    window.tree.setCurrentIndex(workstation.tree_model.index_of(current))
    open_history(qtbot, workstation)
    pinned = results.store.layout.marks

    def pin() -> list[str]:
        with qtbot.waitActive(window, timeout=DEADLINE):
            window.activateWindow()
        qtbot.keyClick(window, Qt.Key.Key_I, MARKING)
        return pinned.pinned

    assert pin() == [uid("1")], "the history is at the study that is selected"
    Keys(qtbot, window).press(Qt.Key.Key_Down)
    assert pin() == [uid("1")]
    assert "list of results" in window.notice.text
    Keys(qtbot, window).press(Qt.Key.Key_Return)
    wait_for_picture(qtbot, workstation, first[2:])
    window.canvas.setFocus()
    assert pin() == [uid("1")], "the picture is of another study"
    window.tree.setFocus()
    assert pin() == []


@pytest.mark.parametrize("place", [3, 199])
def test_a_long_list_stays_where_it_is_scrolled_to(qtbot: QtBot, windows: Windows, place: int) -> None:
    workstation = windows.open()
    view, results = workstation.window.tree, workstation.tree_model.results
    workstation.window.invite(False)
    results.add_studies(
        results.begin(["A"]),
        [
            StudyMatch(
                source="A",
                study_uid=f"1.2.{number}",
                patient=PatientMatch(source="A", patient_id=str(number), name=f"Doe^{number}"),
                date="20240101",
            )
            for number in range(200)
        ],
    )
    qtbot.waitUntil(lambda: workstation.tree_model.rowCount() == 200, timeout=DEADLINE)
    qtbot.waitUntil(workstation.window.isActiveWindow, timeout=DEADLINE)  # else no key is taken
    view.setCurrentIndex(workstation.tree_model.index(place, 0))
    before = in_tree(workstation)
    view.setFocus()
    open_history(qtbot, workstation)
    assert in_tree(workstation) == before
    qtbot.keyClick(workstation.window.history.table, Qt.Key.Key_Escape)
    assert not workstation.window.history.isVisible()
    assert in_tree(workstation) == before


def test_what_cannot_be_looked_for_is_said(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = slices(tmp_path / "1", 2)
    for path in files:
        dataset = data.dcmread(path)
        dataset.AccessionNumber = ""
        dataset.save_as(path)
    workstation = windows.open([dcmqrscp(files).node(name="A")])
    search(qtbot, workstation, "DOE")
    workstation.window.tree.go_to_first_study()
    choose_action(workstation, RowAction.SAME_ACCESSION)
    assert "No accession number" in workstation.window.notice.text
    assert not workstation.window.history.isVisible()


def test_the_menu_of_a_row_and_the_height_that_is_kept(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    workstation = windows.open([dcmqrscp(history(tmp_path)[0]).node(name="A")])
    search(qtbot, workstation, "DOE", studies=2)
    window = workstation.window
    window.tree.go_to_first_study()
    open_history(qtbot, workstation, lambda: choose_action(workstation, RowAction.HISTORY))
    height = window.history.height()
    splitter = window.history.parentWidget()
    handle = splitter.handle(1)  # type: ignore[attr-defined]
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(5, 0))
    qtbot.mouseMove(handle, QPoint(5, -40))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(5, -40))
    moved = window.history.height()
    assert moved != height
    qtbot.mouseClick(window.history.close_button, Qt.MouseButton.LeftButton)
    window_writer(window, tmp_path / "window.json")()
    windows.close(workstation)
    again = windows.open([])
    restore_window(again.window, tmp_path / "window.json")
    again.window.history.show()
    QApplication.processEvents()
    assert again.window.history.height() == moved
