"""OK and Cancel of a dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QDialogButtonBox

from workstation.widgets.theme import mark


def ok_and_cancel(words: str = "") -> QDialogButtonBox:
    """Return the buttons; OK is the main action of the dialog, and is called ``words`` if given."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
    mark(ok, "primary", True)
    if words:
        ok.setText(words)
    return buttons
