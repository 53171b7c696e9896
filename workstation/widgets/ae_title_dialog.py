"""Asks for the AE title that an archive is to send to."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from workstation.dicom.nodes import check_ae_title
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.form import Entry, Form
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit


class AeTitleDialog(QDialog):
    """An entry for an AE title; what is sent to it is asked afterwards."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Send from the archive to another AE title"))
        self.title = Entry("", check_ae_title, self.tr("It must be registered in the archive"))
        self.buttons = ok_and_cancel(self.tr("Continue"))
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setEnabled(False)
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self.title.changed.connect(lambda: self.ok.setEnabled(self.title.error is None))
        fields = QWidget()
        form = Form(fields)
        form.entry(self.tr("AE &title"), self.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 16, 14)
        column.addWidget(Scrolling(fields), 1)
        column.addWidget(self.buttons)
        self.title.line.setFocus()
        fit(self)
