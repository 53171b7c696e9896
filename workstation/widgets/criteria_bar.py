"""The search form: criteria, sources, and the search button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.criteria import Criteria
from workstation.dicom.levels import Level
from workstation.models.date_periods import Period
from workstation.models.source_state import SourceState
from workstation.widgets.criteria_chips import CriteriaChips
from workstation.widgets.date_box import DateBox
from workstation.widgets.flow_layout import FlowLayout
from workstation.widgets.folding_row import FoldingRow
from workstation.widgets.further_criteria import FurtherCriteria
from workstation.widgets.keys import Key, of_labels
from workstation.widgets.modality_box import ModalityBox
from workstation.widgets.search_line_box import SearchLineBox
from workstation.widgets.source_box import SourceBox, share_room

_MARGIN = 12
_MARGINS, _LOW_MARGINS = (_MARGIN, 10, _MARGIN, 8), (_MARGIN, 4, _MARGIN, 4)
_ROW = 29
"""Height of the row of sources with the menu, in pixels."""
_SEPARATOR = "\n"
_NARROW, _NARROW_NAME = 84, 130
"""Of a field at least, in pixels; a window narrower than all of them shows them in two rows."""


class CriteriaBar(QWidget):
    """The search form.

    Signals:
        search_requested: A search for these :class:`Criteria`.
        stop_requested: The running search is to end.
        results_requested: The focus is to move to the results.
        load_all_requested: Key of a source whose answer was truncated.
        split_requested: Key of an archive that limits its answers.
        details_requested: Message and detail of a source's failure.
    """

    search_requested = Signal(object)
    stop_requested = Signal()
    results_requested = Signal()
    load_all_requested = Signal(str)
    split_requested = Signal(str)
    details_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.name = QLineEdit()
        self.patient_id = QLineEdit()
        self.accession = QLineEdit()
        self.description = QLineEdit()
        self.dates = DateBox()
        self.dates.choose(Period.TODAY, by_user=False)
        self.modality = ModalityBox()
        self.by = QComboBox()
        self.button = QPushButton(self.tr("Search"))
        self.clear = QPushButton(self.tr("Clear"))
        self.more = QPushButton(self.tr("M&ore…"))
        self.one_line = QPushButton(self.tr("One line"))
        self.further = FurtherCriteria(self)
        self.line = SearchLineBox(self)
        self.chips = CriteriaChips()
        self.sources: dict[str, SourceBox] = {}
        self._unticked: set[str] = set()
        self._corner: QWidget | None = None
        self._searching = False
        self._fill()
        self._lay_out()
        for field in self._texts.values():
            field.setClearButtonEnabled(True)
            field.setMinimumWidth(_NARROW)
            field.textChanged.connect(self._suggest_period)
            field.textChanged.connect(self.fields.show_filled)
        self.name.setMinimumWidth(_NARROW_NAME)
        self.button.clicked.connect(self._pressed)
        self.clear.clicked.connect(self.empty)
        self.dates.entered.connect(self.search)
        self.by.currentIndexChanged.connect(self._level_changed)
        self.more.clicked.connect(lambda: self.further.open_below(self.more))
        self.one_line.clicked.connect(self.open_line)
        self.further.changed.connect(self._further_changed)
        self.further.entered.connect(self.search)
        self.chips.opened.connect(lambda path: self.further.open_below(self.chips, path))
        self.chips.removed.connect(self._remove_key)
        self.line.entered.connect(self._search_line)

    @property
    def _texts(self) -> dict[str, QLineEdit]:
        return {
            "name": self.name,
            "patient_id": self.patient_id,
            "accession": self.accession,
            "description": self.description,
        }

    def _fill(self) -> None:
        self.name.setPlaceholderText(self.tr("Family, given"))
        self.name.setToolTip(
            self.tr('Names or their beginnings, in any order; a "quoted" name is searched as typed.')
            + "\n"
            + self.tr("Enter searches, ↓ goes to the results.")
        )
        self.accession.setToolTip(self.tr("Accession number; * stands for any characters, ? for one."))
        self.patient_id.setToolTip(self.tr("* stands for any characters, ? for one."))
        self.description.setToolTip(self.tr("A part of the study description is enough."))
        self.by.addItem(self.tr("Studies"), Level.STUDY.value)
        self.by.addItem(self.tr("Patients"), Level.PATIENT.value)
        self.by.setToolTip(
            self.tr("Search for studies, or for patients whose studies are listed when opened")
        )
        self.button.setObjectName("primary")  # whatever has the focus; Enter is taken by the form
        self.button.setMinimumWidth(84)
        self.button.setToolTip(self.tr("Search (Enter), again (F5), stop (Esc)"))
        self.clear.setObjectName("link")
        self.clear.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)  # as high as a field
        self.clear.setToolTip(self.tr("Clear all fields"))
        for link in (self.more, self.one_line):
            link.setObjectName("link")
            link.setAutoDefault(True)
        self.more.setToolTip(self.tr("More criteria: physicians, institution, series, UIDs, any key"))
        self.one_line.setToolTip(self.tr("Type the whole search: doe j ct last 2w (Ctrl+L)"))

    def _lay_out(self) -> None:
        fields = self.fields = FoldingRow()  # in a narrow window they take two rows
        cells: dict[QWidget, tuple[QWidget, QLabel]] = {}
        for words, field, share in (
            (self.tr("&Name"), self.name, 3),
            (self.tr("Patient &ID"), self.patient_id, 2),
            (self.tr("&Accession"), self.accession, 2),
            (self.tr("D&escription"), self.description, 2),
            (self.tr("&Modality"), self.modality, 0),
            (self.tr("&Date"), self.dates, 0),
            (self.tr("Search &by"), self.by, 0),
        ):
            label = QLabel(words)
            label.setObjectName("quiet")
            target = field.focusProxy() or field  # Alt and the letter do not follow a proxy
            label.setBuddy(target)
            target.setAccessibleName(words.replace("&", ""))
            field.setMinimumHeight(30)
            cells[field] = cell, _ = _below(label, field), label
            fields.add(cell, share=share)
        for field in (self.by, self.accession, self.description, self.patient_id):  # the first goes first
            fields.fold(*cells[field], partial(self._is_unused, field))
        self.modality.setMinimumWidth(64)
        fields.add(_below(QLabel(), self.button))
        fields.add(_below(QLabel(), self.clear))
        fields.end(_below(QLabel(), fields.more))
        self._flow = FlowLayout()
        self._last_row = QHBoxLayout()
        self._last_row.addLayout(self._flow, 1)
        ending = QWidget()
        ending.setFixedHeight(_ROW)
        in_line = QHBoxLayout(ending)
        in_line.setContentsMargins(0, 0, 0, 0)
        for part in (self.chips, self.more, self.one_line):
            in_line.addWidget(part)
        self._last_row.addWidget(ending, 0, Qt.AlignmentFlag.AlignTop)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(3)
        column.addWidget(fields)
        column.addLayout(self._last_row)

    def _is_unused(self, field: QLineEdit | QComboBox) -> bool:
        """Whether a field says nothing, and may be out of sight."""
        return not field.text() if isinstance(field, QLineEdit) else self.level is Level.STUDY

    def set_low(self, low: bool) -> None:
        """Take as little height as possible, in a low window, or as much as usual."""
        self.fields.set_low(low)
        self._column.setContentsMargins(*(_LOW_MARGINS if low else _MARGINS))
        self._show_chips()

    def set_corner(self, corner: QWidget) -> None:
        """Add a widget at the end of the row of sources."""
        self._corner = corner
        self._last_row.addWidget(corner, 0, Qt.AlignmentFlag.AlignTop)

    # --- Sources ----------------------------------------------------------------------------------------

    def set_sources(self, sources: Sequence[tuple[str, str]], ticked: Sequence[str]) -> None:
        """Show sources (key and name) as check boxes; states already set are kept."""
        before, self.sources = self.sources, {}
        for box in before.values():
            self._flow.removeWidget(box)
            box.hide()
            box.deleteLater()
        for key, name in sources:
            box = SourceBox(name, ticked=key in ticked and key not in self._unticked)
            if key in before:
                box.set_answer(before[key].answer)
                box.set_standing(before[key].standing)
            box.toggled.connect(lambda _, key=key: self._tick_changed(key))
            box.load_all_requested.connect(lambda key=key: self.load_all_requested.emit(key))
            box.split_requested.connect(lambda key=key: self.split_requested.emit(key))
            box.details_requested.connect(self.details_requested)
            self.sources[key] = box
            self._flow.addWidget(box)
        self._show_chips()

    def set_source_answer(self, key: str, state: SourceState | None) -> None:
        """Show the state of a source in the search; None: it is not queried."""
        if key in self.sources:
            self.sources[key].set_answer(state)

    def set_source_standing(self, key: str, state: SourceState | None) -> None:
        """Show why a source is unavailable for any search; None: it is available."""
        if key in self.sources:
            self.sources[key].set_standing(state)

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked sources."""
        return [key for key, box in self.sources.items() if box.box.isChecked()]

    def _tick_changed(self, key: str) -> None:
        (self._unticked.discard if key in self.ticked else self._unticked.add)(key)

    # --- Criteria ---------------------------------------------------------------------------------------

    @property
    def level(self) -> Level:
        """The query level, STUDY or PATIENT."""
        return Level(self.by.currentData())

    @property
    def criteria(self) -> Criteria:
        """The criteria as entered; at PATIENT level only those of a patient."""
        texts = {key: field.text().strip() for key, field in self._texts.items()}
        name, patient_id = texts["name"], texts["patient_id"]
        if self.level is Level.PATIENT:
            return Criteria(name=name, patient_id=patient_id)
        first, last = self.dates.span
        return Criteria(
            name=name,
            patient_id=patient_id,
            accession=texts["accession"],
            description=texts["description"],
            modalities=self.modality.chosen,
            date_from=first,
            date_to=last,
            others=self.further.keys,
        )

    def set_criteria(self, criteria: Criteria) -> None:
        """Fill the form with these criteria of studies."""
        self.by.setCurrentIndex(self.by.findData(Level.STUDY.value))
        for name, field in self._texts.items():
            field.setText(getattr(criteria, name))
        self.modality.choose(criteria.modalities)
        self.further.set_keys(criteria.others)
        if criteria.date_from is None and criteria.date_to is None:
            self.limit_to_today()
            self._suggest_period()
        else:
            self.dates.choose_span(criteria.date_from, criteria.date_to)

    def open_line(self) -> None:
        """Show the line to type a whole search."""
        criteria = self.criteria
        if not self.dates.by_user:
            criteria = replace(criteria, date_from=None, date_to=None)
        self.line.open_over(self, criteria)

    def _search_line(self, criteria: Criteria) -> None:
        self.set_criteria(criteria)
        self.search()

    def _further_changed(self) -> None:
        self._show_chips()
        self._suggest_period()

    def _show_chips(self) -> None:
        """Show the further criteria where the row of sources leaves room: it stays one row."""
        beside = (self.more, self.one_line, self._corner)
        others = sum(widget.sizeHint().width() + self._last_row.spacing() for widget in beside if widget)
        room = self.width() - 2 * _MARGIN - others - self._last_row.spacing()
        chips, most = (_NARROW, 0.6) if self.further.keys else (0, 1.4)
        boxes = list(self.sources.values())
        share_room(boxes, room - chips, self._flow.gap, most=most, low=self.fields.low)
        sources = sum(box.sizeHint().width() + self._flow.gap for box in boxes)
        self.chips.show_keys(self.further.keys, max(_NARROW, room - sources))
        ends = (self.clear, self.fields.more, *(part for box in boxes for part in (box.box, box.link)))
        for before, after in pairwise([*ends, *self.chips.chips, *filter(None, beside)]):
            self.setTabOrder(before, after)  # as they stand there

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_chips()

    def _remove_key(self, path: str) -> None:
        self.further.set_keys([key for key in self.further.keys if key.path != path])
        (self.chips.chips[0] if self.chips.chips else self.more).setFocus()

    def empty(self) -> None:
        """Clear all fields, as they were at first, and focus the name."""
        for field in self._texts.values():
            field.clear()
        self.modality.choose(())
        self.further.set_keys(())
        self.limit_to_today()
        self.name.setFocus()

    def limit_to_today(self) -> None:
        """Let the dates stand at today until more is typed or another period chosen, as at first."""
        self.dates.choose(Period.TODAY, by_user=False)

    def search(self) -> None:
        """Request a search for the entered criteria; show what is wrong with them instead, if anything is."""
        if self.dates.isEnabled() and self.dates.error:
            self.dates.ask_for_days()
        elif self.more.isEnabled() and self.further.error:
            self.further.open_below(self.more)
        else:
            self.search_requested.emit(self.criteria)

    def _suggest_period(self) -> None:
        """A patient one looks for has studies of any date; without a key a search means those of today."""
        if not self.dates.by_user:
            typed = any(field.text().strip() for field in self._texts.values())
            typed = typed or any(key.path != "StudyTime" for key in self.further.keys)
            self.dates.choose(Period.ANY if typed else Period.TODAY, by_user=False)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` takes, and those of the labels."""
        own = (
            Key(self.tr("Search"), "Return Enter"),
            Key(self.tr("To the results"), "Down"),
            Key(self.tr("More criteria"), "Alt+O"),
        )
        return own + of_labels(self)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.search()  # from any field; a focused button has handled it
        elif event.key() == Qt.Key.Key_Down:
            self.results_requested.emit()  # combo boxes and date fields have handled it
        else:
            super().keyPressEvent(event)

    def set_searching(self, searching: bool) -> None:
        """Show Stop instead of Search while a search runs."""
        self._searching = searching
        self.button.setText(self.tr("Stop") if searching else self.tr("Search"))

    def _pressed(self) -> None:
        if self._searching:
            self.stop_requested.emit()
        else:
            self.search()

    def _level_changed(self) -> None:
        self.fields.show_filled()
        for field in (
            *(self.accession, self.description, self.modality, self.dates),
            *(self.more, self.chips),
        ):
            field.setEnabled(self.level is Level.STUDY)

    # --- Restored at the next start ------- --------------------------------------------------------------

    @property
    def values(self) -> dict[str, str]:
        """Settings of the form to keep, as text; nothing about a patient."""
        return {
            "modalities": _SEPARATOR.join(self.modality.chosen),
            "period": self.dates.period.value if self.dates.by_user else "",
            "first": self.dates.first.date().toString(Qt.DateFormat.ISODate),
            "last": self.dates.last.date().toString(Qt.DateFormat.ISODate),
            "by": self.level.value,
            "unticked": _SEPARATOR.join(sorted(self._unticked)),
        }

    def set_values(self, values: Mapping[str, str]) -> None:
        """Restore :attr:`values`; missing or invalid ones are skipped."""
        self.modality.choose(values.get("modalities", "").split(_SEPARATOR))
        for name, days in (("first", self.dates.first), ("last", self.dates.last)):
            day = QDate.fromString(values.get(name, ""), Qt.DateFormat.ISODate)
            if day.isValid():
                days.setDate(day)
        if values.get("period") in list(Period):
            self.dates.choose(Period(values["period"]))
        index = self.by.findData(values.get("by", ""))
        self.by.setCurrentIndex(max(0, index))
        self._unticked = {key for key in values.get("unticked", "").split(_SEPARATOR) if key}
        for key, box in self.sources.items():
            if key in self._unticked:
                box.box.setChecked(False)


def _below(label: QLabel, field: QWidget) -> QWidget:
    """Return a field with its label above it."""
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(label)
    column.addWidget(field, 1)
    return cell
