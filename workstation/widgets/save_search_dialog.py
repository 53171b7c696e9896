"""Names a search to be saved, with its sources or not, and of which period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from workstation.dicom import display
from workstation.dicom.date_periods import WORDS
from workstation.dicom.levels import Level
from workstation.dicom.saved_search import SavedSearch, folded_name
from workstation.errors import BadInput
from workstation.models.saved_search_texts import description, period_name, source_name
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.form import Entry, Form, Note
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit
from workstation.widgets.searches_button import KEYS

_NAMED = 3
"""Sources that are named; the others are counted."""
_LONGEST = 24


class SaveSearchDialog(QDialog):
    """Shows what is saved; a period relative to now stays so, whatever the day."""

    def __init__(
        self,
        search: SavedSearch,
        ticked: Sequence[str],
        saved: Sequence[SavedSearch],
        parent: QWidget | None = None,
    ) -> None:
        """``search``: what the form says; ``ticked``: its sources; ``saved``: what is saved already."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save this search"))
        self._search, self._ticked = search, tuple(ticked)
        self._positions = {folded_name(one.name): position for position, one in enumerate(saved)}
        self.name = Entry("", self._check_name)
        self.period = QComboBox()
        self.period.setEnabled(search.level is Level.STUDY)
        for words in dict.fromkeys((search.period, *WORDS.values(), "")):
            self.period.addItem(period_name(words), words)
        self.with_sources = QCheckBox(
            self.tr("Search in {names}").format(names=self._named(ticked))
            if ticked
            else self.tr("No source is ticked")
        )
        self.with_sources.setEnabled(bool(ticked))
        self.at_start = QCheckBox(self.tr("Run when the program starts"))
        self.key = QLabel()
        self.buttons = ok_and_cancel(self.tr("Save"))
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._lay_out()
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self.name.changed.connect(self._follow)
        self._follow()
        self.name.line.setFocus()
        fit(self)

    def _named(self, keys: Sequence[str]) -> str:
        """The first sources by name, as many as there is room for."""
        names = [display.plain(source_name(key), _LONGEST) for key in keys[:_NAMED]]
        if len(keys) > _NAMED:
            names.append(self.tr("{n} more").format(n=len(keys) - _NAMED))
        return ", ".join(names)

    def _lay_out(self) -> None:
        what = QLabel("\n".join(description(replace(self._search.with_period(""), sources=None))))
        what.setWordWrap(True)
        what.setTextFormat(Qt.TextFormat.PlainText)
        fields = QWidget()
        form = Form(fields)
        form.entry(self.tr("&Name"), self.name)
        if what.text():
            form.field(self.tr("Criteria"), what)
        form.field(
            self.tr("&Date"), self.period, Note(self.tr("“Today” and the like mean the day it is run."))
        )
        form.field(self.tr("S&ources"), self.with_sources, Note(self.tr("Else those ticked when it is run.")))
        form.field(self.tr("&Start"), self.at_start)
        form.field(self.tr("Key"), self.key)
        note = QLabel(self.tr("What you typed is kept on this computer until you delete the search."))
        note.setObjectName("note")
        note.setWordWrap(True)
        form.across(note)
        form.end()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 16, 14)
        column.addWidget(Scrolling(fields), 1)
        column.addWidget(self.buttons)

    def _check_name(self, name: str) -> None:
        if not name:
            raise BadInput("name", "", "give the search a name.")
        replace(self._search, name=name)

    def _follow(self) -> None:
        replaced = self._positions.get(folded_name(self.name.text))
        self.ok.setEnabled(self.name.error is None)
        self.ok.setText(self.tr("Save") if replaced is None else self.tr("Replace"))
        if self.name.error is None and replaced is not None:
            self.name.note.setText(self.tr("It takes the place of the search of this name."))
        position = len(self._positions) if replaced is None else replaced
        has_key = position < KEYS
        self.key.setText(
            f"Ctrl+Alt+{position + 1}" if has_key else self.tr("none: only the first nine have one")
        )

    @property
    def search(self) -> SavedSearch:
        """The search to be saved."""
        found = self._search
        if self.period.isEnabled() and self.period.currentData() != found.period:
            found = found.with_period(self.period.currentData())
        return replace(
            found,
            name=self.name.text,
            sources=self._ticked if self.with_sources.isChecked() else None,
            at_start=self.at_start.isChecked(),
        )
