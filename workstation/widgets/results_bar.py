"""The tool bar above the results: filter, fetch, and a menu of how the list looks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from workstation.models.translation import translate

_PAUSE_MS = 150


class ResultsBar(QWidget):
    """A row of tools.

    Signals:
        filter_changed: Text of the filter box, after a short pause.
        fetch_requested: The selected rows are to be fetched.
        fetch_shown_requested: Everything that is shown is to be fetched.
        export_requested: What is shown is to be written to a file.
        names_requested: Source and Specific Character Set of "Show names as…"; empty: as the source says.
        names_wanted: The menu of character sets is about to open; :meth:`offer_names` fills it.
        columns_wanted: The menu of columns is about to open and is to be filled.
        marked_wanted: The menu of marked studies is about to open; :meth:`offer_marked` fills it.
        marked_requested: Studies are to be searched for that have a label, or are pinned or unread: what
            :meth:`offer_marked` was given.

    Attributes:
        names: The menu of character sets.
        columns: The menu of columns.
        marked: The menu of marked studies.
    """

    filter_changed = Signal(str)
    fetch_requested = Signal()
    fetch_shown_requested = Signal()
    export_requested = Signal()
    names_requested = Signal(str, str)
    names_wanted = Signal()
    columns_wanted = Signal()
    marked_wanted = Signal()
    marked_requested = Signal(object)

    def __init__(self, flat: QAction, parent: QWidget | None = None) -> None:
        """``flat`` lists each study by itself, not below its patient."""
        super().__init__(parent)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter these results"))
        self.filter.setAccessibleName(self.tr("Filter these results"))
        self.filter.setToolTip(
            self.tr("Show only rows with all of these words; no archive is queried (Ctrl+Shift+F)")
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(80)
        self.fetch = QPushButton(self.tr("Fetch"))
        self.fetch.setToolTip(
            self.tr("Fetch what is not here of the selected rows; “Fetch again” is in their menu")
        )
        self.fetch.setEnabled(False)
        self.more = QToolButton()
        self.more.setObjectName("more")
        self.more.setText("⋯")
        self.more.setAccessibleName(self.tr("More"))
        self.more.setToolTip(
            self.tr("Fetch or export everything shown; choose rows and columns; read names anew")
        )
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.fetch_shown = menu.addAction(self.tr("Fetch everything shown…"))
        self.fetch_shown.triggered.connect(lambda: self.fetch_shown_requested.emit())
        self.marked = menu.addMenu(self.tr("Find marked studies"))
        self.marked.aboutToShow.connect(self.marked_wanted)
        self.export = menu.addAction(self.tr("Export the list…"))
        self.export.triggered.connect(lambda: self.export_requested.emit())
        menu.addSeparator()
        menu.addAction(flat)
        self.columns = menu.addMenu(self.tr("Columns"))
        self.names = menu.addMenu(self.tr("Show names as"))
        self.columns.aboutToShow.connect(self.columns_wanted)
        self.names.aboutToShow.connect(self.names_wanted)
        self.more.setMenu(menu)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.filter_changed.emit(self.filter.text()))
        self.filter.textChanged.connect(lambda _: self._pause.start())
        self.fetch.clicked.connect(self.fetch_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(8)
        row.addWidget(self.filter, 1)
        row.addWidget(self.fetch)
        row.addWidget(self.more)

    def offer_marked(self, choices: Sequence[tuple[str, int, object]]) -> None:
        """Fill the menu: in words what studies have, how many do, and what to signal when it is chosen."""
        menu = self.marked
        menu.clear()
        if not choices:
            menu.addAction(self.tr("No study has a label, or is pinned or unread")).setEnabled(False)
        for words, count, wanted in choices:
            action = menu.addAction(f"{words.replace('&', '&&')}  ·  {count}")
            action.triggered.connect(lambda _, wanted=wanted: self.marked_requested.emit(wanted))

    def offer_names(self, sources: Sequence[tuple[str, str]], charsets: Sequence[tuple[str, str]]) -> None:
        """Fill the menu: sources with their chosen term, and the terms with their names."""
        menu = self.names
        menu.clear()
        if not sources:
            menu.addAction(self.tr("No archive has answered yet")).setEnabled(False)
        for source, chosen in sources:
            below = menu.addMenu(source.replace("&", "&&"))
            group = QActionGroup(below)
            for term, words in (("", "As the archive says"), *charsets):
                action = below.addAction(translate(words))
                action.setCheckable(True)
                action.setChecked(term == chosen)
                group.addAction(action)
                action.triggered.connect(
                    lambda _, source=source, term=term: self.names_requested.emit(source, term)
                )
