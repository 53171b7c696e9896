"""What to search for, and where: fields, sources, one button."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from workstation.dicom.criteria import Criteria

MODALITIES = ("CT", "MR", "CR", "DX", "US", "MG", "XA", "RF", "NM", "PT", "SC", "OT")


class CriteriaBar(QWidget):
    """The search form.

    Signals:
        search_requested: :class:`Criteria` as they stand.
        stop_requested: The running search is to end.
        sources_changed: Keys of the ticked sources.
    """

    search_requested = Signal(object)
    stop_requested = Signal()
    sources_changed = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name = QLineEdit()
        self.patient_id = QLineEdit()
        self.accession = QLineEdit()
        self.dates = QComboBox()
        self.modality = QComboBox()
        self.button = QPushButton(self.tr("Search"))
        self._sources: dict[str, QCheckBox] = {}
        self._searching = False
        self._fill()
        self._lay_out()
        for field in (self.name, self.patient_id, self.accession):
            field.returnPressed.connect(self.search)
            field.setClearButtonEnabled(True)
        self.button.clicked.connect(self._pressed)

    def _fill(self) -> None:
        self.name.setPlaceholderText(self.tr("Family, given"))
        for words, days in (
            (self.tr("Any date"), -1),
            (self.tr("Today"), 0),
            (self.tr("Since yesterday"), 1),
            (self.tr("Last 7 days"), 7),
            (self.tr("Last 30 days"), 30),
            (self.tr("Last 12 months"), 365),
        ):
            self.dates.addItem(words, days)
        self.modality.addItem(self.tr("Any modality"), "")
        for code in MODALITIES:
            self.modality.addItem(code, code)
        self.button.setDefault(True)
        self.button.setMinimumWidth(104)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        fields: tuple[tuple[str, QWidget, int], ...] = (
            (self.tr("Patient’s &name"), self.name, 3),
            (self.tr("Patient &ID"), self.patient_id, 2),
            (self.tr("&Accession number"), self.accession, 2),
            (self.tr("&Date"), self.dates, 0),
            (self.tr("&Modality"), self.modality, 0),
        )
        for column, (words, field, stretch) in enumerate(fields):
            label = QLabel(words)
            label.setObjectName("quiet")
            label.setBuddy(field)
            field.setAccessibleName(words.replace("&", ""))
            grid.addWidget(label, 0, column)
            field.setMinimumHeight(30)
            grid.addWidget(field, 1, column)
            grid.setColumnStretch(column, stretch)
        grid.addWidget(self.button, 1, len(fields))
        self._row = QHBoxLayout()
        self._row.setSpacing(16)
        self._row.addStretch(1)
        grid.addLayout(self._row, 2, 0, 1, len(fields) + 1)

    def set_sources(self, sources: Sequence[tuple[str, str]], ticked: Sequence[str]) -> None:
        """Offer sources, each a key and its name, as check boxes."""
        for box in self._sources.values():
            self._row.removeWidget(box)
            box.deleteLater()
        self._sources = {}
        for place, (key, name) in enumerate(sources):
            box = QCheckBox(name.replace("&", "&&"))
            box.setChecked(key in ticked)
            box.toggled.connect(lambda _: self.sources_changed.emit(self.ticked))
            self._sources[key] = box
            self._row.insertWidget(place, box)

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked sources."""
        return [key for key, box in self._sources.items() if box.isChecked()]

    @property
    def criteria(self) -> Criteria:
        """What the fields say now."""
        days = self.dates.currentData()
        modality = self.modality.currentData()
        return Criteria(
            name=self.name.text().strip(),
            patient_id=self.patient_id.text().strip(),
            accession=self.accession.text().strip(),
            modalities=(modality,) if modality else (),
            date_from=None if days < 0 else date.today() - timedelta(days=days),
        )

    def search(self) -> None:
        """Ask for a search of what the fields say."""
        self.search_requested.emit(self.criteria)

    def set_searching(self, searching: bool) -> None:
        """Offer Stop while a search runs."""
        self._searching = searching
        self.button.setText(self.tr("Stop") if searching else self.tr("Search"))

    def _pressed(self) -> None:
        if self._searching:
            self.stop_requested.emit()
        else:
            self.search()
