"""Asks for the passcode of a node's user, once a session."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget


class PasscodeDialog(QDialog):
    """One hidden line."""

    def __init__(self, node: str, user: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Passcode"))
        question = QLabel(self.tr("Passcode of “{user}” for {node}:").format(user=user, node=node))
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setMinimumWidth(320)
        self.line.setAccessibleName(self.tr("Passcode"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(False)
        self.line.textChanged.connect(lambda text: ok.setEnabled(bool(text)))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        for widget in (question, self.line, buttons):
            column.addWidget(widget)
        self.line.setFocus()

    @property
    def passcode(self) -> str:
        """What was typed."""
        return self.line.text()
