"""Files opened from the command line or dropped: the right pixels, nothing copied, a library in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.processes import run_program
from tests.app.window_steps import shows, shows_any, slices
from tests.rows import below, child
from workstation.app.assembly import build
from workstation.app.parts import Workstation
from workstation.app.wiring import open_files
from workstation.dicom.matches import OPENED
from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.settings.preferences import Preferences
from workstation.store.library import Library

DEADLINE = 40_000


def test_opened_files_are_shown_and_not_copied(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 3)
    workstation = windows.open()
    open_files(workstation, files)
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)
    qtbot.waitUntil(lambda: len(workstation.preview.stack.positions) == 3, timeout=DEADLINE)
    assert shows_any(workstation, files)
    row = workstation.tree_model.row(workstation.window.tree.currentIndex())
    assert row is not None
    assert row.sources == (OPENED,)
    assert row.instances == 3
    assert not list(workstation.library.root.glob("*/*.dcm"))
    assert OPENED in workstation.window.criteria.ticked
    assert all(path.is_file() for path in files)


def test_a_row_of_opened_files_opens_to_its_images(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 3)
    workstation = windows.open()
    open_files(workstation, [tmp_path / "study"])
    tree = workstation.window.tree
    qtbot.waitUntil(lambda: tree.currentIndex().isValid(), timeout=DEADLINE)
    study = tree.currentIndex()
    tree.open_row(study)
    qtbot.waitUntil(lambda: len(below(study)) == 1, timeout=DEADLINE)
    series = child(study)
    tree.open_row(series)
    qtbot.waitUntil(lambda: len(below(series)) == len(files), timeout=DEADLINE)


def test_opened_files_can_be_searched(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    slices(tmp_path / "study", 2)
    workstation = windows.open()
    open_files(workstation, [tmp_path / "study"])
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    name = workstation.window.criteria.name
    name.setText("nobody")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: not workstation.lanes.busy, timeout=DEADLINE)
    qtbot.waitUntil(lambda: "0 studies" in workstation.window.status.text(), timeout=DEADLINE)
    name.setText("doe")
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)


def test_a_drop_on_the_window(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    workstation = windows.open()
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    offered = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    window = workstation.window
    enter = QDragEnterEvent(QPointF(40, 40).toPoint(), offered, dropped, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert enter.dropAction() is Qt.DropAction.CopyAction
    assert window.drop_sign.isVisible()
    assert window.drop_sign.geometry() == window.rect()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_sign.isVisible()
    QApplication.sendEvent(window, enter)
    assert window.childAt(window.rect().center()) is not window.drop_sign  # the drop is for what is below
    drop = QDropEvent(QPointF(40, 40), offered, dropped, buttons, keys)
    QApplication.sendEvent(window, drop)
    assert drop.isAccepted()
    assert not window.drop_sign.isVisible()
    qtbot.waitUntil(lambda: not window.canvas.image.isNull(), timeout=DEADLINE)
    assert shows_any(workstation, files)


def test_text_dropped_on_the_window_is_not_taken(windows: Windows) -> None:
    workstation = windows.open()
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
    assert not workstation.window.drop_sign.isVisible()


def test_what_cannot_be_shown_is_named_once(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 1)
    note = tmp_path / "note.txt"
    note.write_text("hello")
    workstation = windows.open()
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
    assert workstation.tree_model.results.study_count == 1


def test_what_was_shown_goes_with_a_new_opening(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    first, second = slices(tmp_path / "one", 1), slices(tmp_path / "two", 1, key="two")
    workstation = windows.open()
    for files in (first, second):
        open_files(workstation, files)
        qtbot.waitUntil(lambda files=files: shows_if_any(workstation, files[0]), timeout=DEADLINE)
        assert workstation.tree_model.results.study_count == 1


def shows_if_any(workstation: Workstation, path: Path) -> bool:
    preview, image = workstation.preview, workstation.window.canvas.image
    return (
        preview.path == path and isinstance(image, QImage) and not image.isNull() and shows(workstation, path)
    )


def test_nothing_of_it_is_left_behind(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    workstation = windows.open()
    open_files(workstation, files)
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    folder = workstation.folders.cache / "opened"
    assert len(list(folder.iterdir())) == 1
    windows.close(workstation)
    assert not list(folder.iterdir())
    assert all(path.is_file() for path in files)


def test_beside_a_window_that_holds_the_library(qtbot: QtBot, windows: Windows, tmp_path: Path) -> None:
    files = slices(tmp_path / "study", 2)
    holder = windows.open()
    workstation = build(holder.folders, Preferences(port=windows.port), second_window=True)
    windows.adopt(workstation)
    open_files(workstation, files)
    qtbot.waitUntil(lambda: not workstation.window.canvas.image.isNull(), timeout=DEADLINE)
    assert shows_any(workstation, files)
    with pytest.raises(LibraryInUse):
        workstation.library.delete("1.2.3")
    with pytest.raises(LibraryInUse):
        workstation.plans.create("PACS", Target("1.2.3"))
    windows.close(workstation)
    assert holder.plans.unfinished() == []


def test_the_program_opens_paths_while_the_library_is_in_use(tmp_path: Path) -> None:
    home = tmp_path / "other"
    files = slices(tmp_path / "study", 1)
    library = Library.open(home / "data" / "library")
    try:
        done = run_program(home, "open", str(files[0]))
    finally:
        library.close()
    assert done.returncode == 0, done.stderr
    log = (home / "logs" / "workstation.log").read_text("utf-8")
    assert "Workstation ends" in log
    assert "ERROR" not in log
    assert "CRITICAL" not in log


def test_open_without_paths_is_just_the_window(tmp_path: Path) -> None:
    assert run_program(tmp_path / "other", "open").returncode == 0


def test_what_a_killed_program_opened_is_gone_soon_after_the_next_start(
    qtbot: QtBot, windows: Windows
) -> None:
    """Its index names the patients of a foreign medium."""
    left = windows.open().folders.cache / "opened" / "tmp1"
    windows.close_all()
    left.mkdir(parents=True)
    (left / "index.db-wal").write_bytes(b"Doe^Jane")
    windows.open()
    qtbot.waitUntil(lambda: not left.exists(), timeout=DEADLINE)
