"""Folders and documents that a program of the system is to show, and what is said where none does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.conftest import Windows, choose_action
from tests.app.window_steps import DEADLINE, receive
from tests.archives import data
from tests.rows import first_study
from workstation.app.parts import Workstation
from workstation.app.system_opener import SystemOpener
from workstation.widgets.row_menu import RowAction

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="xdg-open is of Linux desktops")
STUDY = str(data.uid(data.DOE.id, "1"))


class Desktop:
    """The xdg-open of a desktop, which notes what it is asked for and ends with a status."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log, self._program = folder / "log", folder / "xdg-open"
        monkeypatch.setenv("PATH", str(folder))

    def answer(self, status: int) -> None:
        self._program.write_text(f'#!/bin/sh\necho "$1" >> "{self._log}"\nexit {status}\n')
        self._program.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [QUrl(line).toLocalFile() for line in lines]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    (tmp_path / "programs").mkdir()
    return Desktop(tmp_path / "programs", monkeypatch)


@pytest.fixture
def workstation(qtbot: QtBot, windows: Windows, tmp_path: Path) -> Workstation:
    """A window whose library has a study, which is selected."""
    workstation = windows.open()
    receive(workstation, data.study(tmp_path / "study", 1))
    workstation.window.criteria.search()
    qtbot.waitUntil(lambda: workstation.tree_model.results.study_count == 1, timeout=DEADLINE)
    workstation.window.tree.setCurrentIndex(first_study(workstation.tree_model))
    return workstation


def test_a_folder_nobody_shows_is_said_and_its_path_copied(
    qtbot: QtBot, workstation: Workstation, desktop: Desktop
) -> None:
    desktop.answer(3)
    notice, folder = workstation.window.notice, str(workstation.library.root / STUDY)
    choose_action(workstation, RowAction.FOLDER)
    qtbot.waitUntil(
        lambda: notice.text == f"No file manager answered. The folder is {folder}", timeout=DEADLINE
    )
    assert desktop.asked == [folder]
    assert notice.act.text() == "Copy path"
    notice.act.click()
    assert QApplication.clipboard().text() == folder
    workstation.documents.ready.emit(folder)
    qtbot.waitUntil(
        lambda: notice.text == f"No program opened the document. It is {folder}", timeout=DEADLINE
    )


def test_what_is_shown_needs_no_message(qtbot: QtBot, workstation: Workstation, desktop: Desktop) -> None:
    desktop.answer(0)
    choose_action(workstation, RowAction.FOLDER)
    processes = [
        process
        for opener in workstation.window.findChildren(SystemOpener)
        for process in opener.findChildren(QProcess)
    ]
    ended = QProcess.ProcessState.NotRunning
    qtbot.waitUntil(lambda: [one.state() for one in processes] == [ended], timeout=DEADLINE)
    assert len(desktop.asked) == 1
    assert not workstation.window.notice.isVisible()


@pytest.mark.parametrize("name", ["a b", "50% é#?", "山田"])
def test_any_path_is_opened_as_it_is(qtbot: QtBot, desktop: Desktop, tmp_path: Path, name: str) -> None:
    desktop.answer(3)
    opener = SystemOpener()
    with qtbot.waitSignal(opener.unanswered, timeout=DEADLINE) as said:
        opener.open(str(tmp_path / name))
    assert said.args == [str(tmp_path / name)]
    assert desktop.asked == [str(tmp_path / name)]


@pytest.mark.qt_log_ignore("does not support QPlatformServices", extend=True)
def test_a_program_that_does_not_start_or_is_killed(qtbot: QtBot, desktop: Desktop, tmp_path: Path) -> None:
    opener, program = SystemOpener(), tmp_path / "programs" / "xdg-open"
    for content in ("#!/nowhere/at/all\n", "#!/bin/sh\nkill -9 $$\n"):
        program.write_text(content)
        program.chmod(0o755)
        with qtbot.waitSignal(opener.unanswered, timeout=DEADLINE):
            opener.open("/tmp")
    program.unlink()
    with qtbot.waitSignal(opener.unanswered, timeout=DEADLINE):
        opener.open("/tmp")  # by Qt, which knows no other program here
