"""The buttons of every dialog: one main action at most, and the focus changes no ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.dialog_blocks import DIALOGS
from workstation.dicom.series_choice import SeriesChoice
from workstation.widgets.ae_title_dialog import AeTitleDialog
from workstation.widgets.series_dialog import SeriesDialog
from workstation.widgets.theme import DARK, LIGHT, apply_theme

pytestmark = pytest.mark.usefixtures("theme_kept")

Make = Callable[[QWidget], QDialog]


def _message(parent: QWidget) -> QDialog:
    box = QMessageBox(QMessageBox.Icon.Critical, "A", "B", parent=parent)
    box.setStandardButtons(QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel)
    return box


def _file(parent: QWidget) -> QDialog:
    dialog = QFileDialog(parent)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog


MAKE: dict[str, Make] = {
    **DIALOGS,
    "series": lambda parent: SeriesDialog("A", SeriesChoice(), parent),
    "AE title": AeTitleDialog,
    "message": _message,
    "file": _file,
}
WITHOUT = {"about", "inspector", "keys", "nodes", "message", "file"}
"""They have nothing to be invited to, or are Qt's."""


def ground(button: QPushButton) -> QColor:
    """The colour near the left edge, inside the border and beside the text."""
    return button.grab().toImage().pixelColor(5, button.height() // 2)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_the_focus_is_a_ring_and_the_main_action_stays(
    name: str, dark: bool, qtbot: QtBot, qapp: QApplication
) -> None:
    apply_theme(qapp, dark)
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = MAKE[name](parent)
    with qtbot.waitActive(dialog):
        dialog.show()
    buttons = [one for one in dialog.findChildren(QPushButton) if one.isVisible()]
    primary = [one for one in buttons if one.property("primary")]
    assert len(primary) == (name not in WITHOUT)
    accent = QColor(asdict(DARK if dark else LIGHT)["accent"])
    for focused in buttons:
        for one in buttons:
            one.setEnabled(True)  # a form that is empty disables some
        focused.setFocus()
        grounds = {one.text(): ground(one) == accent for one in buttons}
        assert grounds == {one.text(): one in primary and one.isEnabled() for one in buttons}, focused.text()
    dialog.reject()
