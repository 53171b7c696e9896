"""Asks when and how fast something is to be fetched in the background."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTime
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from workstation.dicom.background import Background
from workstation.dicom.hours import Hours
from workstation.dicom.rate_limit import MOST_MEGABITS, RateLimit
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.form import Form, Note
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit

EVENING, MORNING = QTime(20, 0), QTime(6, 0)


class BackgroundDialog(QDialog):
    """A form: whenever nothing else is fetched or only at some hours, and how fast at most."""

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        """``what`` is to be fetched."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Fetch in the background"))
        self.when = ChoiceBox(
            ((False, self.tr("Whenever nothing else is fetched")), (True, self.tr("Only at these hours"))),
            False,
        )
        self.begin, self.end = QTimeEdit(EVENING), QTimeEdit(MORNING)
        for edit, name in ((self.begin, self.tr("Begin")), (self.end, self.tr("End"))):
            edit.setDisplayFormat("HH:mm")
            edit.setAccessibleName(name)
            edit.lineEdit().setTextMargins(6, 0, 0, 0)  # as in other fields; a style sheet cannot say it
            edit.setMinimumHeight(30)
        self.megabits = QDoubleSpinBox()
        self.megabits.setDecimals(1)
        self.megabits.setRange(0, MOST_MEGABITS)
        self.megabits.setSuffix(self.tr(" Mbit/s"))
        self.megabits.setSpecialValueText(self.tr("No limit"))
        self.megabits.lineEdit().setTextMargins(6, 0, 0, 0)
        self.buttons = ok_and_cancel(self.tr("Fetch"))
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self.when.currentIndexChanged.connect(self._follow)
        for edit in (self.begin, self.end):
            edit.timeChanged.connect(self._follow)
        self._lay_out(what)
        self._follow()
        fit(self)

    @property
    def background(self) -> Background:
        """When and how fast, as entered."""
        hours = Hours(_minute(self.begin), _minute(self.end)) if self.when.value else None
        megabits = self.megabits.value()
        return Background(hours, RateLimit(megabits) if megabits else None)

    def _lay_out(self, what: str) -> None:
        times = QHBoxLayout()
        times.setSpacing(8)
        times.addWidget(self.begin, 1)
        times.addWidget(QLabel(self.tr("to")))
        times.addWidget(self.end, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 14)
        column.setSpacing(0)
        page = QWidget()
        form = Form(page)
        form.across(_label(what))
        form.field(self.tr("&When"), self.when)
        form.compound(self.tr("&Hours"), times, self.begin, Note(self.tr("Every day, also over midnight")))
        form.field(self.tr("At &most"), self.megabits, Note(self.tr("The archive’s own limit holds, too")))
        hint = _label(
            self.tr(
                "It is fetched while this window is open, and makes way for whatever else you fetch from the"
                " same archive. Follow or cancel it in the list of transfers."
            )
        )
        hint.setObjectName("quiet")
        form.across(hint)
        form.end()
        column.addWidget(Scrolling(page), 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.buttons)
        column.addLayout(foot)

    def _follow(self) -> None:
        chosen = self.when.value
        self.begin.setEnabled(chosen)
        self.end.setEnabled(chosen)
        self.ok.setEnabled(not chosen or self.begin.time() != self.end.time())


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _minute(edit: QTimeEdit) -> int:
    return 60 * edit.time().hour() + edit.time().minute()
