"""Files opened from the command line or dropped: the right pixels, nothing copied, a library in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Desk
from tests.app.test_door import starts
from tests.app.test_main import run
from tests.app.test_thread import shows, slices
from tests.rows import below, child
from workstation.app.building import Workstation, build
from workstation.app.door import Wishes
from workstation.app.front import Front, put_up, take_down
from workstation.app.program import Program
from workstation.app.wiring import open_files
from workstation.dicom.matches import OPENED
from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.settings.places import places
from workstation.settings.preferences import Preferences
from workstation.store.library import Library

DEADLINE = 20_000


def shown_files(workstation: Workstation, files: list[Path]) -> bool:
    return any(shows(workstation, path) for path in files)


def test_opened_files_are_shown_and_not_copied(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 3)
    workstation = desk.open()
    open_files(workstation, files)
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(workstation.preview.stack.places) == 3, timeout=DEADLINE)
    assert shown_files(workstation, files)
    row = workstation.tree_model.row(workstation.window.tree.currentIndex())
    assert row is not None
    assert row.sources == (OPENED,)
    assert row.instances == 3
    assert not list(workstation.library.root.glob("*/*.dcm"))
    assert OPENED in workstation.window.criteria.ticked
    assert all(path.is_file() for path in files)


def test_a_row_of_opened_files_opens_to_its_images(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 3)
    workstation = desk.open()
    open_files(workstation, [tmp_path / "study"])
    tree = workstation.window.tree
    qtbot.waitUntil(lambda: tree.currentIndex().isValid(), timeout=DEADLINE)
    study = tree.currentIndex()
    tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 1, timeout=DEADLINE)
    series = child(study)
    tree.open_row(series)
    qtbot.waitUntil(lambda: len(below(series)) == len(files), timeout=DEADLINE)


def test_opened_files_can_be_searched(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    slices(tmp_path / "study", 2)
    workstation = desk.open()
    open_files(workstation, [tmp_path / "study"])
    qtbot.waitUntil(lambda: workstation.tree_model.study_count == 1, timeout=DEADLINE)
    name = workstation.window.criteria.name
    name.setText("nobody")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "0 studies" in workstation.window.status.text(), timeout=DEADLINE)
    name.setText("doe")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: workstation.tree_model.study_count == 1, timeout=DEADLINE)


def test_a_drop_on_the_window(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    workstation = desk.open()
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    offered = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    window = workstation.window
    enter = QDragEnterEvent(QPointF(40, 40).toPoint(), offered, dropped, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert enter.dropAction() is Qt.DropAction.CopyAction
    drop = QDropEvent(QPointF(40, 40), offered, dropped, buttons, keys)
    QApplication.sendEvent(window, drop)
    assert drop.isAccepted()
    qtbot.waitUntil(lambda: not window.canvas.image.isNull(), timeout=DEADLINE)
    assert shown_files(workstation, files)


def test_text_dropped_on_the_window_is_not_taken(desk: Desk) -> None:
    workstation = desk.open()
    dropped = QMimeData()
    dropped.setText("/etc/passwd")
    dropped.setUrls([QUrl("https://example.org/study.dcm")])
    enter = QDragEnterEvent(
        QPointF(40, 40).toPoint(),
        Qt.DropAction.CopyAction,
        dropped,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter.ignore()
    QApplication.sendEvent(workstation.window, enter)
    assert not enter.isAccepted()


def test_what_cannot_be_shown_is_named_once(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 1)
    note = tmp_path / "note.txt"
    note.write_text("hello")
    workstation = desk.open()
    told: list[tuple[str, str, bool]] = []
    workstation.notices.posted.connect(lambda *notice: told.append(notice))
    open_files(workstation, [*files, note])
    qtbot.waitUntil(lambda: bool(told), timeout=DEADLINE)
    assert told == [
        (
            "1 of 2 files cannot be shown (note.txt: it is not a DICOM file).",
            "",
            False,
        )
    ]
    assert workstation.tree_model.study_count == 1


def test_what_was_shown_goes_with_a_new_opening(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    first, second = slices(tmp_path / "one", 1), slices(tmp_path / "two", 1, key="two")
    workstation = desk.open()
    for files in (first, second):
        open_files(workstation, files)
        qtbot.waitUntil(lambda files=files: shows_if_any(workstation, files[0]), timeout=DEADLINE)
        assert workstation.tree_model.study_count == 1


def shows_if_any(workstation: Workstation, path: Path) -> bool:
    preview, image = workstation.preview, workstation.window.canvas.image
    return (
        preview.path == path and isinstance(image, QImage) and not image.isNull() and shows(workstation, path)
    )


def test_nothing_of_it_is_left_behind(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    workstation = desk.open()
    open_files(workstation, files)
    qtbot.waitUntil(lambda: workstation.tree_model.study_count == 1, timeout=DEADLINE)
    folder = workstation.places.cache / "opened"
    assert len(list(folder.iterdir())) == 1
    desk.close(workstation)
    assert not list(folder.iterdir())
    assert all(path.is_file() for path in files)


def test_beside_a_window_that_holds_the_library(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    holder = desk.open()
    workstation = build(holder.places, Preferences(port=desk.port), beside=True)
    desk.adopt(workstation)
    open_files(workstation, files)
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)
    assert shown_files(workstation, files)
    with pytest.raises(LibraryInUse):
        workstation.library.delete("1.2.3")
    with pytest.raises(LibraryInUse):
        workstation.plans.create("PACS", Target("1.2.3"))
    desk.close(workstation)
    assert holder.plans.unfinished() == []


def test_the_program_opens_paths_while_the_library_is_in_use(tmp_path: Path) -> None:
    home = tmp_path / "other"
    files = slices(tmp_path / "study", 1)
    library = Library.open(home / "data" / "library")
    try:
        done = run(home, "open", str(files[0]))
    finally:
        library.close()
    assert done.returncode == 0, done.stderr
    log = (home / "logs" / "workstation.log").read_text("utf-8")
    assert "Workstation ends" in log
    assert "ERROR" not in log
    assert "CRITICAL" not in log


def test_open_without_paths_is_just_the_window(tmp_path: Path) -> None:
    assert run(tmp_path / "other", "open").returncode == 0


def test_opening_nothing_readable_leaves_what_is_there(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    """Files that were opened, their picture, the count below them; also what a search had found."""
    files = slices(tmp_path / "study", 2)
    (tmp_path / "note.txt").write_text("no DICOM")
    (tmp_path / "empty").mkdir()
    workstation = desk.open()
    ended: list[bool] = []
    workstation.opening.ended.connect(ended.append)
    open_files(workstation, files)
    qtbot.waitUntil(lambda: ended == [True] and shown_files(workstation, files), timeout=DEADLINE)
    status = workstation.window.status.text()
    for path in (tmp_path / "note.txt", tmp_path / "absent", tmp_path / "empty"):
        ended.clear()
        open_files(workstation, [path])
        qtbot.waitUntil(lambda: ended == [False], timeout=DEADLINE)
        assert workstation.tree_model.study_count == 1
        assert shown_files(workstation, files)
        assert workstation.window.status.text() == status
        assert workstation.window.notice.isVisibleTo(workstation.window)
    tree = workstation.window.tree
    study = tree.currentIndex()
    tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 1, timeout=DEADLINE)


def test_the_exit_status_says_whether_anything_was_shown(tmp_path: Path) -> None:
    """Of the first start, which has the window, and of those that hand over to it."""
    home, note = tmp_path / "home", tmp_path / "note.txt"
    note.write_text("no DICOM")
    files = slices(tmp_path / "study", 1)
    first = starts(home, "open", str(note))
    try:
        log = home / "logs" / "workstation.log"
        deadline = time.monotonic() + 60
        while not log.is_file() or "is loaded" not in log.read_text():
            assert time.monotonic() < deadline
            assert first.poll() is None
        for paths, status, words in (
            ([note], 1, "note.txt: it is not a DICOM file.\n"),
            ([tmp_path / "absent"], 1, "absent: it is not there.\n"),
            ([tmp_path / "absent", note, files[0]], 0, ""),
            ([tmp_path / "study"], 0, ""),
        ):
            second = starts(home, "open", *map(str, paths))
            try:
                _, said = second.communicate(timeout=60)
            finally:
                second.kill()
            assert (second.returncode, said) == (status, words)
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


@pytest.mark.parametrize(("readable", "status"), [(True, 0), (False, 1)])
def test_the_first_start_ends_with_what_it_could_show(
    qtbot: QtBot, home: Path, free_port: Callable[[], int], tmp_path: Path, readable: bool, status: int
) -> None:
    (tmp_path / "note.txt").write_text("no DICOM")
    path = slices(tmp_path / "study", 1)[0] if readable else tmp_path / "note.txt"
    front = put_up(places(home), Preferences(port=free_port()))
    program = Program(front, Wishes((str(path),)), None)
    program.running.window.show()
    try:
        qtbot.waitUntil(lambda: not isinstance(program.running, Front), timeout=DEADLINE)
        workstation = program.running
        assert isinstance(workstation, Workstation)
        told: list[bool] = []
        workstation.opening.ended.connect(told.append)
        qtbot.waitUntil(lambda: bool(told), timeout=DEADLINE)
        assert (told, program.status) == ([readable], status)
    finally:
        program.running.window.close()
        assert take_down(program.running)
        program.log.close()
        program.running.window.deleteLater()
