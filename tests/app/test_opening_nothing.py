"""Opening what holds nothing that can be shown: what was open stays, and the start ends with 1."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows
from tests.app.processes import start_program
from tests.app.window_steps import DEADLINE, shows_any, slices
from tests.rows import below
from workstation.app.loader import Loader
from workstation.app.shell import show_shell, shut_down
from workstation.app.single_instance import LaunchRequest
from workstation.app.wiring import open_files
from workstation.settings.folders import folders
from workstation.settings.preferences import Preferences


def test_opening_nothing_readable_leaves_what_is_there(
    qtbot: QtBot, windows: Windows, tmp_path: Path
) -> None:
    """Files that were opened, their picture, the count below them; also what a search had found."""
    files = slices(tmp_path / "study", 2)
    (tmp_path / "note.txt").write_text("no DICOM")
    (tmp_path / "empty").mkdir()
    workstation = windows.open()
    ended: list[bool] = []
    workstation.file_opening.ended.connect(ended.append)
    open_files(workstation, files)
    qtbot.waitUntil(lambda: ended == [True] and shows_any(workstation, files), timeout=DEADLINE)
    status = workstation.window.status.text()
    for path in (tmp_path / "note.txt", tmp_path / "absent", tmp_path / "empty"):
        ended.clear()
        open_files(workstation, [path])
        qtbot.waitUntil(lambda: ended == [False], timeout=DEADLINE)
        assert workstation.tree_model.results.study_count == 1
        assert shows_any(workstation, files)
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
    first = start_program(home, "open", str(note))
    try:
        log = home / "logs" / "workstation.log"
        deadline = time.monotonic() + 100
        while not log.is_file() or "is loaded" not in log.read_text():
            assert time.monotonic() < deadline
            assert first.poll() is None
        for paths, status, words in (
            ([note], 1, "note.txt: it is not a DICOM file.\n"),
            ([tmp_path / "absent"], 1, "absent: it is not there.\n"),
            ([tmp_path / "absent", note, files[0]], 0, ""),
            ([tmp_path / "study"], 0, ""),
        ):
            second = start_program(home, "open", *map(str, paths))
            try:
                _, said = second.communicate(timeout=100)
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
    front = show_shell(folders(home), Preferences(port=free_port()))
    program = Loader(front, LaunchRequest((str(path),)), None)
    program.status = -1  # until it is known
    program.running.window.show()
    try:
        qtbot.waitUntil(lambda: program.status >= 0, timeout=DEADLINE)
        assert program.status == status
    finally:
        program.running.window.close()
        assert shut_down(program.running)
        program.log.close()
        program.running.window.deleteLater()
