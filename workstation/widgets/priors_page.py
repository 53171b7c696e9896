"""The page “Priors” of a node: which earlier studies are fetched in the background."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QSpinBox, QWidget

from workstation.dicom.prior_rule import MAX_MONTHS, MAX_PRIORS, Likeness, PriorRule
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.form import Form, Note


class PriorsPage(QWidget):
    """A rule for priors, off at first.

    Signals:
        changed: A field changed.
    """

    changed = Signal()

    def __init__(self, rule: PriorRule | None) -> None:
        super().__init__()
        start = rule or PriorRule()
        self.on = QCheckBox(self.tr("Fetch &priors of what I fetch, in the background"))
        self.on.setChecked(rule is not None)
        self.studies = QSpinBox()
        self.studies.setRange(1, MAX_PRIORS)
        self.studies.setValue(start.studies)
        self.likeness = ChoiceBox(
            (
                (Likeness.MODALITY, self.tr("Of the same modality")),
                (Likeness.BODY_PART, self.tr("Of the same body part")),
                (Likeness.ANY, self.tr("Of any kind")),
            ),
            start.likeness,
        )
        self.months = QSpinBox()
        self.months.setRange(0, MAX_MONTHS)
        self.months.setSpecialValueText(self.tr("Of any age"))
        self.months.setSuffix(self.tr(" months"))
        self.months.setValue(start.months)
        self._fields = (self.studies, self.likeness, self.months)
        for number in (self.studies, self.months):
            number.lineEdit().setTextMargins(6, 0, 0, 0)  # as in other fields; a style sheet cannot say it
            number.valueChanged.connect(self.changed)
        self.likeness.currentIndexChanged.connect(self.changed)
        self.on.toggled.connect(self.changed)
        self.on.toggled.connect(self._follow)
        self._lay_out()
        self._follow()

    @property
    def rule(self) -> PriorRule | None:
        """The rule as entered; None: no priors are fetched."""
        if not self.on.isChecked():
            return None
        return PriorRule(self.studies.value(), self.likeness.value, self.months.value())

    def _follow(self) -> None:
        for each in self._fields:
            each.setEnabled(self.on.isChecked())

    def _lay_out(self) -> None:
        form = Form(self)
        form.across(self.on)
        form.field(self.tr("The &last studies"), self.studies, Note(self.tr("At most so many")))
        form.field(
            self.tr("&Which"), self.likeness, Note(self.tr("What the archive does not tell is not the same"))
        )
        form.field(self.tr("Not &older than"), self.months, Note(self.tr("At the date of the study")))
        safe = QLabel(
            self.tr(
                "Only of the same patient beyond doubt: Patient ID and its issuer or domain agree, or Patient"
                " ID, name and birth date. They come only while nothing else is fetched or searched."
            )
        )
        safe.setWordWrap(True)
        safe.setObjectName("quiet")
        form.across(safe)
        form.end()
