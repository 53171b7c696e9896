"""The field that filters the rows of the list."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QStyledItemDelegate, QToolTip, QWidget
from typing_extensions import override

from workstation.dicom import display
from workstation.models.columns import Column
from workstation.models.filter_terms import column_word, read_filter, split_tokens

_PAUSE_MS: Final = 150
_LEAST_LETTERS: Final = 2
"""Of a word before columns are offered."""
_OFFER_WIDTH: Final = 160


class FilterBox(QLineEdit):
    """Takes words, and terms of columns, as :mod:`workstation.models.filter_terms` reads them.

    Signals:
        filter_changed: What is typed, after a short pause.
    """

    filter_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Filter these results"))
        self.setAccessibleName(self.tr("Filter these results"))
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(80)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        self.textChanged.connect(lambda _: self._pause.start())
        words = [f"{column_word(column)}:" for column in Column]
        self._completer = QCompleter(words, self)  # of the word at the cursor: Qt's own is of the whole text
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setWidget(self)
        self._offered = QListView()
        self._offered.setObjectName("offered")
        self._completer.setPopup(self._offered)
        self._offered.setItemDelegate(QStyledItemDelegate(self._offered))  # Qt's ignores style sheets
        self._completer.activated.connect(self._complete)
        self.textEdited.connect(lambda _: self._offer_columns())
        self._told = False  # that a word is no column
        self._explain("")

    @property
    def waiting(self) -> bool:
        """Whether something was typed that the list does not know yet."""
        return self._pause.isActive()

    def add_term(self, term: str) -> None:
        """Write a term behind what is there, unless it is there."""
        before = self.text().rstrip()
        if before.count('"') % 2:
            before += '"'  # one that was left open would take the term in
        if term not in split_tokens(before):
            self.setText(f"{before} {term}".lstrip())
        self.setCursorPosition(len(self.text()))

    @property
    def _begun(self) -> str:
        """The letters of a word before the cursor that may become a column; empty: there are none."""
        before = self.text()[: self.cursorPosition()]
        if before.count('"') % 2:
            return ""
        word = before.rpartition(" ")[2].removeprefix("-")
        return word if len(word) >= _LEAST_LETTERS and word.isalpha() else ""

    def _offer_columns(self) -> None:
        """Offer the columns whose words begin as the word at the cursor."""
        begun = self._begun
        self._completer.setCompletionPrefix(begun)
        if begun and self._completer.completionCount():
            self._completer.complete(QRect(0, 0, _OFFER_WIDTH, self.height()))
        else:
            self._offered.hide()

    def _complete(self, word: str) -> None:
        """Write a column in place of the word at the cursor."""
        place, begun = self.cursorPosition(), self._begun
        before, after = self.text()[: place - len(begun)], self.text()[place:]
        self.setText(before + word + after)
        self.setCursorPosition(len(before + word))

    def _tell(self) -> None:
        unknown = read_filter(self.text()).unknown
        words = ""
        if unknown:
            words = self.tr("“{word}:” is no column: it is looked for as text.").format(word=unknown[0])
        self._explain(words)
        if words and self.hasFocus():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), display.tool_tip(words), self)
        elif self._told:
            QToolTip.hideText()
        self._told = bool(words)
        self.filter_changed.emit(self.text())

    def _explain(self, remark: str) -> None:
        """Say how a filter is written, behind a remark on this one."""
        columns = ", ".join(column_word(column) for column in Column)
        lines = [
            remark,
            self.tr("Show only rows with all of these words; no archive is queried (Ctrl+Shift+F)"),
            self.tr('In one column: mod:ct · date:2024-05 · date:>=2024 · images:>100 · name:"van der"'),
            self.tr("The whole value: mod:=CT · not that: -mod:sr"),
            self.tr("Columns: {columns}").format(columns=columns),
        ]
        self.setToolTip(display.tool_tip("\n".join(filter(None, lines))))
        self.setAccessibleDescription(remark)

    # --- Escape -----------------------------------------------------------------------------------------

    @override
    def event(self, event: QEvent) -> bool:
        """Keep Escape from the window while there is something to clear."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and self._clears(event)
        ):
            event.accept()
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._clears(event):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _clears(self, event: QKeyEvent) -> bool:
        return bool(self.text()) and event.matches(QKeySequence.StandardKey.Cancel)
