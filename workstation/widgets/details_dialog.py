"""Show the details of a transfer: missing objects, messages, the DCMTK command."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.models.transfer import Details
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import fit


class DetailsDialog(QDialog):
    """Shows a :class:`Details`; all text can be copied."""

    def __init__(self, details: Details, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Details of a transfer"))
        fit(self, QSize(720, 480))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addWidget(_label(details.title))
        if details.message:
            column.addWidget(_label(details.message))
        if details.status:
            column.addWidget(_label(details.status, quiet=True))
        self.copy_destination: QPushButton | None = None
        if details.destination:
            column.addWidget(self._for_the_administrator(details.destination))
        self.tabs = QTabWidget()
        report = "\n".join(f"{uid}   {why}" for uid, why in details.report)
        self.report = _text(report or self._nothing_listed(details))
        self.messages = _text("\n".join(details.messages) or self.tr("No messages yet."))
        self.command = _text(details.command)
        counted = self.tr("Missing ({n})") if details.fetch else self.tr("Remarks ({n})")
        plain = self.tr("Missing") if details.fetch else self.tr("Remarks")
        self.tabs.addTab(self.report, counted.format(n=len(details.report)) if report else plain)
        self.tabs.addTab(self.messages, self.tr("Messages"))
        self.tabs.addTab(self.command, self.tr("DCMTK command"))
        if not details.report:
            self.tabs.setCurrentWidget(self.messages)
        column.addWidget(self.tabs, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("Copy this page"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setAutoDefault(False)  # Enter closes
        copy.clicked.connect(self._copy_page)
        buttons.rejected.connect(python_slot(self.close))
        column.addWidget(buttons)

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

    def _copy_page(self) -> None:
        page = self.tabs.currentWidget()
        assert isinstance(page, QPlainTextEdit)
        QGuiApplication.clipboard().setText(page.toPlainText())


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
