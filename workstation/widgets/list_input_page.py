"""Where a list is pasted or opened, and said what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice, pairwise

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom import display
from workstation.dicom.list_entries import ListEntries, key_of
from workstation.dicom.pasted_list import (
    MAX_BYTES,
    SEPARATORS,
    ColumnUse,
    PastedTable,
    Uses,
    is_one_line_of_many,
    suggested_uses,
)
from workstation.errors import BadInput
from workstation.models.list_search_texts import list_words, source_name, use_words
from workstation.models.translation import translated
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.question_bar import BAR_HEIGHT, QuestionBar
from workstation.widgets.scrolling import Scrolling
from workstation.widgets.theme import mark

_PAUSE_MS = 200
"""After the last letter, before the list is read."""
_SAMPLES = 3
_FAULTS = 3
_RIGHT_WIDTH = 430
_CHOICE_WIDTH = 190


class ListText(QPlainTextEdit):
    """Takes text that is not too long.

    Signals:
        refused: What was pasted is too long.
    """

    refused = Signal()

    @override
    def insertFromMimeData(self, source: QMimeData) -> None:
        if len(source.text()) > MAX_BYTES:
            self.refused.emit()
        else:
            super().insertFromMimeData(source)


class ListInputPage(QWidget):
    """Left the text, right what it holds.

    Signals:
        file_requested: A file is to be chosen and read.
        text_changed: The text, and what parts its cells; None: what seems to.
        uses_changed: The table, what its columns are, and whether its first row is a header.
        search_requested: :class:`ListEntries` that are to be searched for.

    Attributes:
        columns: What each column is.
    """

    file_requested = Signal()
    text_changed = Signal(str, object)
    uses_changed = Signal(object, object, bool)
    search_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.columns: list[ChoiceBox[ColumnUse | None]] = []
        self._first: tuple[str, ...] = ()  # the line by which it is the same list, being written
        self._chosen: dict[tuple[int, str], ColumnUse | None] = {}
        self._header_chosen: bool | None = None
        self._table: PastedTable | None = None
        self._entries: ListEntries | None = None
        self.text = ListText()
        self.text.setAccessibleName(self.tr("List"))
        self.text.setPlaceholderText(
            self.tr("Paste patient IDs, accession numbers or Study UIDs here: one on each line, or a table.")
        )
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.open = QPushButton(self.tr("&Open a file…"))
        self.open.clicked.connect(self.file_requested)
        self.separator = ChoiceBox[str | None](self._separators(), None)
        self.header = QCheckBox(self.tr("The first line is a &header"))
        self.message = _label("note")
        self.faults = _label("warning")
        self.sources = ElidedLabel()
        self.sources.setObjectName("quiet")
        self.sources.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.search = QPushButton(self.tr("&Search"))
        mark(self.search, "primary", True)
        self.results = QPushButton(self.tr("&Results"))
        self.question = QuestionBar()
        self._grid = QGridLayout()
        self._titles: list[QLabel] = []
        self._lay_out()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PAUSE_MS)
        self._later.timeout.connect(self._read)
        self.text.textChanged.connect(self._typed)
        self.text.refused.connect(
            lambda: self.show_error(self.tr("The list has more than 10 MB. Leave out what is not needed."))
        )
        self.separator.currentIndexChanged.connect(lambda _: self._read())
        self.header.clicked.connect(self._header_clicked)
        self.search.clicked.connect(self._search)
        self._forget()

    def _separators(self) -> Sequence[tuple[str | None, str]]:
        names = (self.tr("Tab"), self.tr("Semicolon"), self.tr("Comma"))
        parted = zip(SEPARATORS, names, strict=True)
        return [(None, self.tr("Automatic")), *parted, ("", self.tr("Nothing: one entry on each line"))]

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.text, 1)
        label = QLabel(self.tr("Columns are &parted by"))
        label.setBuddy(self.separator)
        self.separator.setAccessibleName(self.tr("Columns are parted by"))
        how = QHBoxLayout()
        how.setSpacing(8)
        how.addWidget(label)
        how.addWidget(self.separator, 1)
        holder = QWidget()
        holder.setObjectName("page")
        self._grid.setContentsMargins(0, 0, 6, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addStretch(1)
        title = QLabel(self.tr("What the entries are"))
        title.setObjectName("groupTitle")
        title.setIndent(0)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(how)
        right.addWidget(self.header)
        right.addSpacing(6)
        right.addWidget(title)
        self._room = Scrolling(holder)
        right.addWidget(self._room, 1)
        right.addWidget(self.message)
        right.addWidget(self.faults)
        room = QWidget()
        room.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        room.setFixedWidth(_RIGHT_WIDTH)
        body = QHBoxLayout()
        body.setSpacing(18)
        body.addLayout(left, 1)
        body.addWidget(room)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.open)
        foot.addWidget(self._messages(), 1)
        foot.addWidget(self.results)
        foot.addWidget(self.search)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 12, 14, 12)
        whole.setSpacing(10)
        whole.addLayout(body, 1)
        whole.addLayout(foot)

    def _messages(self) -> QWidget:
        """Where is searched, and a question in its place."""
        place = QWidget()
        place.setFixedHeight(BAR_HEIGHT)
        inside = QVBoxLayout(place)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.sources)
        inside.addWidget(self.question)
        self.question.told_changed.connect(lambda: self.sources.setVisible(not self.question.told))
        self.question.left.connect(self.text.setFocus)
        return place

    # --- What is shown ----------------------------------------------------------------------------------

    def ask_to_replace(self, answered: int, then: Callable[[], None]) -> None:
        """Ask whether what was found of another list may be forgotten: of so many entries."""
        one = self.tr("What was found of the list before, of 1 entry, is then forgotten. Search?")
        many = self.tr("What was found of the list before, of {n} entries, is then forgotten. Search?")
        self.question.ask(display.counted(answered, one, many), self.tr("Search"), then)

    def show_text(self, text: str) -> None:
        """Show the text of a file."""
        self.text.setPlainText(text)
        self._later.stop()
        self._read()

    def show_sources(self, names: Sequence[str]) -> None:
        """Say where is searched."""
        words = self.tr("Searches in: {names}, as ticked in the main window.")
        none = self.tr("No source is ticked in the main window: tick one first.")
        named = ", ".join(map(source_name, names))
        self.sources.setText(words.format(names=named) if names else none)

    def show_error(self, text: str) -> None:
        """Say why the list cannot be read."""
        self._forget()
        self._tell(text, error=True)

    def show_table(self, table: PastedTable) -> None:
        """Offer its columns."""
        self._table = table
        self.header.setEnabled(len(table.rows) > 1)
        first = table.rows[0] if table.rows else ()
        if first != self._first:
            self._first, self._header_chosen = first, None
            self._chosen.clear()
        said = self._header_chosen if len(table.rows) > 1 else None
        self.header.setChecked(table.header if said is None else said)
        self._suggest()

    def _header_clicked(self) -> None:
        self._header_chosen = self.header.isChecked()
        self._suggest()

    def show_entries(self, entries: ListEntries) -> None:
        """Say what the list holds; it can be searched for now."""
        self._entries = entries
        words = list_words(entries)
        if self._table is not None and is_one_line_of_many(self._table):
            words += "\n" + self.tr("All of it is on one line. If it is several entries, put each on a line.")
        self._tell(words)
        faulty = list(islice((entry for entry in entries.entries if entry.fault), _FAULTS))
        words = self.tr("Line {line} is not asked for: {fault}.")
        lines = [words.format(line=entry.line, fault=translated(entry.fault)) for entry in faulty]
        if entries.faulty > len(faulty):
            lines.append(self.tr("… and {n} more").format(n=entries.faulty - len(faulty)))
        self.faults.setText("\n".join(lines))
        self.search.setEnabled(bool(entries.values))

    def _suggest(self) -> None:
        """Make a choice for each column, with what the list itself says of it."""
        table, header = self._table, self.header.isChecked()
        if table is None:
            return
        self._clear_columns()
        for position, use in enumerate(suggested_uses(table, header=header)):
            samples = [cell for cell in islice(table.column(position, header=header), 20) if cell][:_SAMPLES]
            title = display.plain(table.title(position, header=header))
            name = title or self.tr("Column {n}").format(n=position + 1)
            if table.width == 1 and not title:
                name = self.tr("All entries")
            told = ElidedLabel()
            told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            told.setText(f"{name}:  {', '.join(map(display.plain, samples))}")
            choice = ChoiceBox[ColumnUse | None](((one, use_words(one)) for one in (None, *ColumnUse)), use)
            said = position, title
            choice.choose(self._chosen.get(said, use))
            choice.setAccessibleName(name)
            choice.setFixedWidth(_CHOICE_WIDTH)
            choice.currentIndexChanged.connect(partial(self._choose, choice, said))
            self._grid.addWidget(told, position, 0)
            self._grid.addWidget(choice, position, 1)
            self._titles.append(told)
            self.columns.append(choice)
        self._order_tabs()
        self._use_changed()

    def _order_tabs(self) -> None:
        """The focus goes as one reads: the list, what it is, what is done with it."""
        buttons = (
            self.open,
            self.question.more,
            self.question.yes,
            self.question.no,
            self.results,
            self.search,
        )
        above = self.text, self.separator, self.header, self._room
        for before, after in pairwise([*above, *self.columns, *buttons]):
            self.setTabOrder(before, after)

    @property
    def uses(self) -> Uses:
        """What each column is, as the user said."""
        return tuple(choice.value for choice in self.columns)

    def _choose(self, choice: ChoiceBox[ColumnUse | None], said: tuple[int, str], _: int) -> None:
        self._chosen[said] = choice.value
        self._use_changed()

    def _use_changed(self) -> None:
        self._entries = None
        self.search.setEnabled(False)
        self.faults.setText("")
        if self._table is None or not self._table.rows:
            self._tell("")
            return
        try:
            key_of(self.uses)
        except BadInput as error:
            advice = translated(error.advice)
            words = advice[:1].upper() + advice[1:]
            if is_one_line_of_many(self._table):
                words += " " + self.tr("If these are several entries, put each on a line of its own.")
            self._tell(words)
            return
        self.uses_changed.emit(self._table, self.uses, self.header.isChecked())

    def _typed(self) -> None:
        self.question.dismiss()
        self.search.setEnabled(False)
        self._later.start()

    def _read(self) -> None:
        if self.text.document().characterCount() > MAX_BYTES:
            self.show_error(self.tr("The list has more than 10 MB. Leave out what is not needed."))
        elif text := self.text.toPlainText():
            self.text_changed.emit(text, self.separator.value)
        else:
            self._forget()

    def _forget(self) -> None:
        self._table = self._entries = None
        self._clear_columns()
        self.header.setChecked(False)
        self.header.setEnabled(False)
        self.search.setEnabled(False)
        self.faults.setText("")
        self._tell(self.tr("Nothing is pasted yet."))

    def _clear_columns(self) -> None:
        for widget in (*self.columns, *self._titles):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.columns, self._titles = [], []

    def _tell(self, text: str, *, error: bool = False) -> None:
        self.message.setText(text)
        mark(self.message, "error", error)

    def _search(self) -> None:
        if self._entries is not None:
            self.search_requested.emit(self._entries)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
