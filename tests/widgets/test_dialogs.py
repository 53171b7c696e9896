"""What an opened and closed dialog leaves in memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from workstation.models.transfers_model import Details
from workstation.settings.preferences import Preferences
from workstation.widgets.about_dialog import AboutDialog
from workstation.widgets.details_dialog import DetailsDialog
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.nodes_dialog import NodesDialog
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.settings_dialog import SettingsDialog

OPENED = 60


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda parent: AboutDialog((("Qt", "6"),), parent), id="about"),
        pytest.param(lambda parent: DetailsDialog(Details("A study", ""), parent), id="details"),
        pytest.param(lambda parent: NodeDialog(None, parent), id="node"),
        pytest.param(lambda parent: NodesDialog([], parent), id="nodes"),
        pytest.param(lambda parent: PasscodeDialog("A", "b", parent), id="passcode"),
        pytest.param(lambda parent: SettingsDialog(Preferences(), parent), id="settings"),
    ],
)
def test_no_connection_is_left(make: Callable[[QWidget], QDialog], qtbot: QtBot) -> None:
    """Each dialog would leave a block of Python's memory for each connection that is left.

    PySide and Qt keep tables that grow for a while: what counts is that in the end nearly nothing is added.
    """
    parent = QWidget()
    qtbot.addWidget(parent)

    def open_and_delete() -> int:
        before = sys.getallocatedblocks()
        for _ in range(OPENED):
            make(parent).deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[call-overload]
        gc.collect()
        return sys.getallocatedblocks() - before

    open_and_delete()
    assert any(open_and_delete() < OPENED / 2 for _ in range(20))
