"""The search form: criteria, sources, and the search button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
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
from workstation.dicom.date_periods import Period
from workstation.dicom.levels import Level
from workstation.widgets.criteria_chips import CriteriaChips
from workstation.widgets.date_box import DateBox
from workstation.widgets.field_labels import below, field_label
from workstation.widgets.folding_row import FoldingRow
from workstation.widgets.further_criteria import FurtherCriteria
from workstation.widgets.keys import Key, of_labels
from workstation.widgets.modality_box import ModalityBox
from workstation.widgets.search_button import SearchButton
from workstation.widgets.search_line_box import SearchLineBox
from workstation.widgets.searches_button import SearchesButton
from workstation.widgets.source_box import SourceBox
from workstation.widgets.source_boxes import SourceBoxes
from workstation.widgets.typed_values import TypedValues

if TYPE_CHECKING:
    from workstation.dicom.saved_search import SavedSearch

_MARGIN = 12
_MARGINS, _LOW_MARGINS = (_MARGIN, 10, _MARGIN, 8), (_MARGIN, 4, _MARGIN, 4)
_ROW = 29
"""Height of the row of sources with the menu, in pixels."""
_NARROW, _NARROW_NAME = 84, 130
"""Of a field at least, in pixels; a window narrower than all of them shows them in two rows."""


class CriteriaBar(QWidget):
    """The search form.

    Signals:
        search_requested: A search for these :class:`Criteria`.
        stop_requested: The running search is to end.
        results_requested: The focus is to move to the results.

    Attributes:
        button: Search, or Stop.
        source_boxes: What is searched in.
        searches: The menu of saved and recent searches.
        typed: What was typed into each field before.
        line_used: The last search was typed in one line; the next start opens that then.
    """

    search_requested = Signal(object)
    stop_requested = Signal()
    results_requested = Signal()

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
        self.button = SearchButton()
        self.searches = SearchesButton()
        self.clear = QPushButton(self.tr("Clear"))
        self.more = QPushButton(self.tr("M&ore…"))
        self.one_line = QPushButton(self.tr("One line"))
        self.further = FurtherCriteria(self)
        self.line = SearchLineBox(self)
        self.chips = CriteriaChips()
        self.source_boxes = SourceBoxes(self)
        self._corner: QWidget | None = None
        self.line_used = False
        self._fill()
        self._lay_out()
        for field in self._texts.values():
            field.setClearButtonEnabled(True)
            field.setMinimumWidth(_NARROW)
            field.textChanged.connect(self._suggest_period)
            field.textChanged.connect(self.fields.show_filled)
        self.typed = [TypedValues(field) for field in (*self._texts.values(), *self.further.fields.values())]
        for typed in self.typed[: len(self._texts)]:
            typed.entered.connect(self.search)
        self.name.setMinimumWidth(_NARROW_NAME)
        self.button.search_requested.connect(self.search)
        self.button.stop_requested.connect(self.stop_requested)
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
            label = field_label(words, field)
            field.setMinimumHeight(30)
            cells[field] = below(label, field), label
            fields.add(cells[field][0], share=share)
        for field in (self.by, self.accession, self.description, self.patient_id):  # the first goes first
            cell, label = cells[field]
            fields.fold(cell, partial(self._is_unused, field), label)
        self.modality.setMinimumWidth(64)
        fields.add(below(QLabel(), self.button))
        fields.add(below(QLabel(), self.searches))
        clear = below(QLabel(), self.clear)
        fields.add(clear)
        fields.fold(clear, lambda: True)
        fields.end(below(QLabel(), fields.more))
        self._last_row = QHBoxLayout()
        self._last_row.addLayout(self.source_boxes.layout, 1)
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
        self.source_boxes.offer(sources, ticked)
        self._show_chips()

    @property
    def sources(self) -> Mapping[str, SourceBox]:
        """The boxes of the sources by their keys."""
        return self.source_boxes.boxes

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked sources."""
        return self.source_boxes.ticked

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
        return Criteria(
            name=name,
            patient_id=patient_id,
            accession=texts["accession"],
            description=texts["description"],
            modalities=self.modality.chosen,
            span=self.dates.span,
            others=self.further.keys,
        )

    def set_criteria(self, criteria: Criteria, period: str = "") -> None:
        """Fill the form with these criteria of studies; ``period``: in the words that said it."""
        self.by.setCurrentIndex(self.by.findData(Level.STUDY.value))
        for name, field in self._texts.items():
            field.setText(getattr(criteria, name))
        self.modality.choose(criteria.modalities)
        self.further.set_keys(criteria.others)
        if words := period or str(criteria.span):
            self.dates.choose_words(words)
        elif not self.any_date_chosen:
            self.limit_to_today()
            self._suggest_period()

    @property
    def period(self) -> str:
        """The words of the period, relative to now where it is; empty: any date, and at PATIENT level."""
        return self.dates.words if self.level is Level.STUDY else ""

    @property
    def saved_search(self) -> SavedSearch:
        """What the form says as a search to be saved, in the ticked sources.

        Raises:
            BadInput: It cannot be saved.
        """
        from workstation.dicom.saved_search import search_of

        return search_of(self.criteria, self.period, self.level, self.ticked)

    def show_search(self, criteria: Criteria, period: str, level: Level, keys: Sequence[str] | None) -> None:
        """Fill the form with a saved search, and tick these sources; None: those that are ticked stay."""
        self.line.close()  # it says what the form said before
        self.set_criteria(criteria, period)
        if not period and level is Level.STUDY:
            self.dates.choose(Period.ANY)
        self.by.setCurrentIndex(self.by.findData(level.value))
        if keys is not None:
            self.source_boxes.tick_only(keys)

    def open_line(self) -> None:
        """Show the line to type a whole search."""
        period = self.period if self.dates.by_user else ""
        self.line.open_over(self, self.criteria, period, any_date=self.any_date_chosen)

    def reopen_line(self) -> None:
        """Show the line, if the search before was typed there."""
        if self.line_used:
            self.open_line()

    def _search_line(self, criteria: Criteria, period: str) -> None:
        self.set_criteria(criteria, period)
        self.search()
        self.line_used = True

    def _further_changed(self) -> None:
        self._show_chips()
        self._suggest_period()

    def _show_chips(self) -> None:
        """Show the further criteria where the row of sources leaves room: it stays one row."""
        beside = (self.more, self.one_line, self._corner)
        others = sum(widget.sizeHint().width() + self._last_row.spacing() for widget in beside if widget)
        room = self.width() - 2 * _MARGIN - others - self._last_row.spacing()
        chips, most = (_NARROW, 0.6) if self.further.keys else (0, 1.4)
        self.source_boxes.share_room(room - chips, most=most, low=self.fields.low)
        self.chips.show_keys(self.further.keys, max(_NARROW, room - self.source_boxes.width))
        boxes = [part for box in self.sources.values() for part in (box.box, box.link)]
        ends = (self.button, self.searches, self.clear, self.fields.more, *boxes)
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
        if not self.is_wrong:
            self.line_used = False
            for typed in self.typed:
                typed.note()
            self.search_requested.emit(self.criteria)
        elif self.dates.error:
            self.dates.ask_for_days()
        else:
            self.further.open_below(self.more)

    @property
    def is_wrong(self) -> bool:
        """Whether something was entered that cannot be searched for; patients are by name and ID only."""
        return self.level is Level.STUDY and bool(self.dates.error or self.further.error)

    def _suggest_period(self) -> None:
        """A patient one looks for has studies of any date; without a key a search means those of today."""
        if not self.dates.by_user:
            self.dates.choose(Period.ANY if self.is_typed else Period.TODAY, by_user=False)

    @property
    def is_typed(self) -> bool:
        """Whether something was typed by which one looks for a patient or study, be it of any date."""
        typed = Criteria(
            name=self.name.text(),
            patient_id=self.patient_id.text(),
            accession=self.accession.text(),
            description=self.description.text(),
            others=self.further.keys,
        )
        return typed.of_any_date

    @property
    def any_date_chosen(self) -> bool:
        """Whether the user chose any date, which also holds for what no date is typed with."""
        return self.dates.by_user and self.dates.period is Period.ANY

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that :meth:`keyPressEvent` takes, and those of the labels."""
        own = (
            Key(self.tr("Search"), "Return Enter"),
            Key(self.tr("To the results"), "Down"),
            Key(self.tr("More criteria"), "Alt+O"),
        )
        return self.searches.keys + own + of_labels(self)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.search()  # from any field; a focused button has handled it
        elif event.key() == Qt.Key.Key_Down:
            self.results_requested.emit()  # combo boxes and date fields have handled it
        else:
            super().keyPressEvent(event)

    def _level_changed(self) -> None:
        self.fields.show_filled()
        for field in (
            *(self.accession, self.description, self.modality, self.dates),
            *(self.more, self.chips),
        ):
            field.setEnabled(self.level is Level.STUDY)
