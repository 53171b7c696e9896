"""Asks for the passcode of a node's user, once a session, and for consent to send it unencrypted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.python_slot import python_slot
from workstation.widgets.theme import mark


class PasscodeDialog(QDialog):
    """A password field, and a warning if the passcode would be sent unencrypted."""

    def __init__(
        self,
        node: str,
        user: str,
        parent: QWidget | None = None,
        *,
        typed: bool = True,
        in_clear: bool = False,
    ) -> None:
        """Ask for the passcode of a user at a node.

        Args:
            node: Its name.
            user: Whose passcode it is.
            parent: The window it belongs to.
            typed: The passcode is to be typed; False: it is known.
            in_clear: It would be sent unencrypted: to accept is to consent.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Passcode"))
        words = (
            self.tr("Passcode of “{user}” for {node}:") if typed else self.tr("Log in to {node} as “{user}”?")
        )
        question = _label(words.format(user=user, node=node))
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setMinimumWidth(320)
        self.line.setAccessibleName(self.tr("Passcode"))
        self.line.setVisible(typed)
        self.warning = _label(
            self.tr(
                "The connection to {node} is not encrypted: others in the network can read the passcode."
                " If the archive offers TLS, cancel and switch it on under Security."
            ).format(node=node)
        )
        self.warning.setObjectName("warning")
        self.warning.setVisible(in_clear)
        buttons = ok_and_cancel()
        buttons.accepted.connect(python_slot(self.accept))
        buttons.rejected.connect(python_slot(self.reject))
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        if in_clear:
            ok.setText(self.tr("Send unencrypted"))
            mark(ok, "primary", False)  # nothing to be invited to
        ok.setEnabled(not typed)
        self.line.textChanged.connect(lambda text: ok.setEnabled(bool(text)))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        for widget in (question, self.line, self.warning, buttons):
            column.addWidget(widget)
        if typed:
            self.line.setFocus()
        else:
            buttons.button(QDialogButtonBox.StandardButton.Cancel).setFocus()

    @property
    def passcode(self) -> str:
        """The typed passcode."""
        return self.line.text()


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(320)
    return label
