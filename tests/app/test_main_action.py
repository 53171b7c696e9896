"""Fetch is the main action while something of the selected rows is missing, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.app.conftest import Start, Windows
from tests.app.window_steps import DEADLINE, search, state
from tests.archives import data
from workstation.app.parts import Workstation
from workstation.models.rows import Local
from workstation.models.transfer import TransferState
from workstation.models.tree_roles import Role

pytestmark = pytest.mark.archives


def main_actions(workstation: Workstation) -> list[str]:
    buttons = (workstation.window.criteria.button, workstation.window.results_bar.fetch)
    return [button.text() for button in buttons if button.property("primary")]


def test_nothing_invites_to_fetch_what_is_here(
    qtbot: QtBot, windows: Windows, dcmqrscp: Start, tmp_path: Path
) -> None:
    files = [*data.study(tmp_path / "one", 2), *data.study(tmp_path / "two", 1, key="2")]
    workstation = windows.open([dcmqrscp(files).node()])
    window, tree = workstation.window, workstation.window.tree
    study = search(qtbot, workstation, "DOE", studies=2)
    qtbot.waitUntil(lambda: main_actions(workstation) == ["Search"], timeout=DEADLINE)  # it has ended
    tree.setCurrentIndex(study)
    assert main_actions(workstation) == ["Fetch"]
    window.results_bar.fetch.setFocus()
    qtbot.keyClick(window.results_bar.fetch, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: study.data(Role.LOCAL) == Local.HERE, timeout=DEADLINE)
    qtbot.waitUntil(lambda: main_actions(workstation) == ["Search"], timeout=DEADLINE)
    assert not window.results_bar.fetch.isEnabled()
    assert window.focusWidget() is tree
    qtbot.keyClick(tree, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert main_actions(workstation) == ["Fetch"]
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualRect(study).center())
    assert main_actions(workstation) == ["Search"]
    qtbot.waitUntil(lambda: state(workstation) is TransferState.COMPLETE, timeout=DEADLINE)
    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    window.question.yes.click()
    qtbot.waitUntil(lambda: main_actions(workstation) == ["Fetch"], timeout=DEADLINE)
