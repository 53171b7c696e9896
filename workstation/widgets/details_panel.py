"""The details of a transfer: how it stands, missing objects, the DCMTK command."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workstation.dicom.masking import MASK
from workstation.models.transfer import Details


class DetailsPanel(QWidget):
    """Shows a :class:`Details`, its UIDs masked at first; all text can be copied."""

    def __init__(self, details: Details, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        column.addWidget(_label(details.title))
        if details.message:
            column.addWidget(_label(details.message))
        if details.status:
            column.addWidget(_label(details.status, quiet=True))
        self.copy_destination: QPushButton | None = None
        if details.destination:
            column.addWidget(self._for_the_administrator(details.destination))
        self._details = details
        counted = self.tr("Missing ({n})") if details.fetch else self.tr("Remarks ({n})")
        plain = self.tr("Missing") if details.fetch else self.tr("Remarks")
        column.addWidget(
            _label(counted.format(n=len(details.report)) if details.report else plain, quiet=True)
        )
        self.report = _text("")
        column.addWidget(self.report, 2)
        self.command = _text("")
        if details.command:
            column.addWidget(_label(self.tr("DCMTK command"), quiet=True))
            column.addWidget(self.command, 1)
        self.set_masked(True)

    def set_masked(self, masked: bool) -> None:
        """Mask the UIDs, or show them."""
        details, command = self._details, self._details.command
        shown = [(MASK if masked and uid else uid, why) for uid, why in details.report]
        report = "\n".join(f"{uid}   {why}" for uid, why in shown)
        for uid in sorted(filter(None, details.uids), key=len, reverse=True) if masked else ():
            command = command.replace(uid, MASK)
        self.report.setPlainText(report or self._nothing_listed(details))
        self.command.setPlainText(command)

    def _nothing_listed(self, details: Details) -> str:
        if not details.fetch:
            return self.tr("No remarks about single objects.")
        if details.whole:
            return self.tr("Nothing is known to be missing.")
        return self.tr("It is not known what is missing.")

    def _for_the_administrator(self, text: str) -> QFrame:
        box = QFrame()
        box.setObjectName("notice")
        box.setProperty("calm", True)
        row = QHBoxLayout(box)
        lines = QVBoxLayout()
        lines.addWidget(_label(self.tr("The administrator of the archive has to enter:"), quiet=True))
        facts = _label(text)
        facts.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        lines.addWidget(facts)
        row.addLayout(lines, 1)
        self.copy_destination = copy = QPushButton(self.tr("Copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        return box


def _label(text: str, *, quiet: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    if quiet:
        label.setObjectName("quiet")
    return label


def _text(text: str) -> QPlainTextEdit:
    edit = QPlainTextEdit(text)
    edit.setReadOnly(True)
    edit.setTabChangesFocus(True)
    edit.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return edit
