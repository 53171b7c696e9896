"""What is asked of a worklist: the node, the days, the station, and the patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.date_periods import Period
from workstation.dicom.nodes import check_ae_title
from workstation.dicom.worklist import WorklistCriteria
from workstation.errors import BadInput
from workstation.models.translation import translated
from workstation.widgets.date_box import DateBox
from workstation.widgets.field_labels import below, field_label
from workstation.widgets.flow_layout import FlowLayout
from workstation.widgets.modality_box import ModalityBox
from workstation.widgets.search_button import SearchButton
from workstation.widgets.theme import mark

_PERIODS = (Period.TODAY, Period.TOMORROW, Period.THIS_WEEK, Period.ANY, Period.CHOSEN)
_HEIGHT = 30
_SEPARATOR = "\n"


class WorklistForm(QWidget):
    """The criteria of a worklist. Enter searches from any field.

    Signals:
        search_requested: The name of a node, and the :class:`WorklistCriteria`.
        stop_requested: The running search is to end.
        rows_requested: The focus is to move to the rows.
        station_chosen: Whether only this station is asked for, and its AE title, as it is to be remembered.
    """

    search_requested = Signal(str, object)
    stop_requested = Signal()
    rows_requested = Signal()
    station_chosen = Signal(bool, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._wanted = ""  # the node to be chosen as soon as it is offered
        self.node = QComboBox()
        self.node.setMinimumContentsLength(16)
        self.node.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.dates = DateBox(offered=_PERIODS, times=False)
        self.dates.choose(Period.TODAY)
        self.only_station = QCheckBox(self.tr("&This station"))
        self.only_station.setToolTip(self.tr("Only steps that are scheduled for this AE title"))
        self.station = QLineEdit()
        self.station.setMaxLength(16)
        self.station.setAccessibleName(self.tr("AE title of this station"))
        self.modality = ModalityBox()
        self.modality.setToolTip(self.tr("Steps of any of the ticked modalities"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Family, given"))
        self.patient_id = QLineEdit()
        self.accession = QLineEdit()
        wildcards = self.tr('* stands for any characters, ? for one; a "quoted" text is taken as it stands.')
        for field in (self.patient_id, self.accession):
            field.setToolTip(wildcards)
        self.button = SearchButton()
        mark(self.button, "primary", True)
        self.button.search_requested.connect(self.search)
        self.button.stop_requested.connect(self.stop_requested)
        self.dates.entered.connect(self.search)
        self.only_station.toggled.connect(self._station_changed)
        self.station.textChanged.connect(self._check_station)
        self.station.editingFinished.connect(self._remember_station)
        self._lay_out()
        self._station_changed()

    def _lay_out(self) -> None:
        fields = FlowLayout(gap=8, between=6)
        for words, field, share in (
            (self.tr("Work&list of"), self.node, 2),
            (self.tr("&Date"), self.dates, 0),
            ("", self.station, 1),
            (self.tr("&Modality"), self.modality, 0),
            (self.tr("&Name"), self.name, 3),
            (self.tr("Patient &ID"), self.patient_id, 2),
            (self.tr("&Accession"), self.accession, 2),
        ):
            above = field_label(words, field) if words else self.only_station
            above.setFixedHeight(self.only_station.sizeHint().height())  # all fields begin at one height
            field.setMinimumHeight(_HEIGHT)
            if isinstance(field, QLineEdit):
                field.setClearButtonEnabled(field is not self.station)
                field.setMinimumWidth(110)
            if share:
                fields.add_stretching(below(above, field), share)
            else:
                fields.addWidget(below(above, field))
        self.modality.setMinimumWidth(64)
        blank = QLabel()
        blank.setFixedHeight(self.only_station.sizeHint().height())
        fields.addWidget(below(blank, self.button))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addLayout(fields)
        self.setTabOrder(self.only_station, self.station)

    # --- Nodes and the station --------------------------------------------------------------------------

    def set_nodes(self, nodes: Sequence[tuple[str, bool]], *, keep: bool = False) -> None:
        """Offer nodes, each with whether it is known to have a worklist.

        ``keep``: the chosen one stays, even if it has turned out to have none, or was removed.
        """
        chosen = self.node.currentData() or self._wanted
        self.node.clear()
        for name, known in nodes:
            self.node.addItem(name if known else self.tr("{name} (not tried yet)").format(name=name), name)
        if keep and chosen and self.node.findData(chosen) < 0:
            self.node.addItem(self.tr("{name} (not offered any more)").format(name=chosen), chosen)
        self.node.setCurrentIndex(max(0, self.node.findData(chosen)) if self.node.count() else -1)
        for part in (self.node, self.button):
            part.setEnabled(bool(self.node.count()))

    def rename_node(self, old: str, new: str) -> None:
        """A node has another name from now on; if it is the chosen one, it stays so."""
        if (place := self.node.findData(old)) >= 0:
            self.node.setItemData(place, new)

    def choose_node(self, name: str) -> None:
        """Choose a node, now or when it is offered."""
        self._wanted = name
        if (place := self.node.findData(name)) >= 0:
            self.node.setCurrentIndex(place)

    def set_station(self, only: bool, title: str) -> None:
        """Set the AE title of this station, and whether only its steps are asked for."""
        self.station.setText(title)
        self.station.setCursorPosition(0)  # its beginning is seen
        self.only_station.setChecked(only)

    def _station_changed(self) -> None:
        self.station.setEnabled(self.only_station.isChecked())
        self._check_station()
        self._remember_station()

    def _remember_station(self) -> None:
        if not self._station_error:
            self.station_chosen.emit(self.only_station.isChecked(), self.station.text().strip())

    @property
    def _station_error(self) -> str:
        """What is wrong with the AE title, in words; empty: nothing, or it is not asked for."""
        if not self.only_station.isChecked():
            return ""
        try:
            check_ae_title(self.station.text().strip())
        except BadInput as error:
            return translated(error.message)
        return ""

    def _check_station(self) -> None:
        error = self._station_error
        mark(self.station, "error", bool(error))
        self.station.setToolTip(error or self.tr("The AE title that steps are scheduled for"))
        self.station.setAccessibleDescription(error)

    # --- Criteria ---------------------------------------------------------------------------------------

    @property
    def criteria(self) -> WorklistCriteria:
        """The criteria as entered."""
        span = self.dates.span
        return WorklistCriteria(
            date_from=span.first,
            date_to=span.last,
            station=self.station.text().strip() if self.only_station.isChecked() else "",
            modalities=self.modality.chosen,
            name=self.name.text().strip(),
            patient_id=self.patient_id.text().strip(),
            accession=self.accession.text().strip(),
        )

    def search(self) -> None:
        """Request a search; show what is wrong with the criteria instead, if anything is."""
        if self.dates.error:
            self.dates.ask_for_days()
        elif self._station_error:
            self.station.setFocus()
        elif self.node.currentIndex() >= 0:
            self.search_requested.emit(str(self.node.currentData()), self.criteria)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.search()  # from any field; a focused button has handled it
        elif event.key() == Qt.Key.Key_Down:
            self.rows_requested.emit()
        else:
            super().keyPressEvent(event)

    # --- Restored at the next start ---------------------------------------------------------------------

    @property
    def values(self) -> dict[str, str]:
        """Settings of the form to keep, as text; nothing about a patient."""
        return {
            "node": str(self.node.currentData() or ""),
            "period": self.dates.period.value,
            "first": self.dates.first.date().toString(Qt.DateFormat.ISODate),
            "last": self.dates.last.date().toString(Qt.DateFormat.ISODate),
            "modalities": _SEPARATOR.join(self.modality.chosen),
        }

    def set_values(self, values: Mapping[str, object]) -> None:
        """Restore :attr:`values`; missing or invalid ones are skipped."""
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        self.choose_node(texts.get("node", ""))
        for name, days in (("first", self.dates.first), ("last", self.dates.last)):
            day = QDate.fromString(texts.get(name, ""), Qt.DateFormat.ISODate)
            if day.isValid():
                days.setDate(day)
        if texts.get("period") in list(_PERIODS):
            self.dates.choose(Period(texts["period"]))
        self.modality.choose(texts.get("modalities", "").split(_SEPARATOR))
