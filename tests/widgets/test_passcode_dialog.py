"""The question for a passcode, and for consent to send it unencrypted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from workstation.widgets.passcode_dialog import PasscodeDialog


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("in_clear", [True, False])
def test_it_warns_and_asks_as_far_as_it_must(qtbot: QtBot, typed: bool, in_clear: bool) -> None:
    dialog = PasscodeDialog("<b>PACS</b>", "reader", typed=typed, in_clear=in_clear)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.warning.isVisible() is in_clear
    assert dialog.line.isVisible() is typed
    [buttons] = dialog.findChildren(QDialogButtonBox)
    ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert (ok.text() == "Send unencrypted") is in_clear
    assert ok.isEnabled() is not typed
    dialog.line.setText("x")
    assert ok.isEnabled()


def test_enter_does_not_agree_to_what_was_not_read(qtbot: QtBot) -> None:
    dialog = PasscodeDialog("PACS", "reader", typed=False, in_clear=True)
    qtbot.addWidget(dialog)
    dialog.show()
    focus = dialog.focusWidget()
    assert focus is not None
    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(focus, Qt.Key.Key_Return)
