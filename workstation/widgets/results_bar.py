"""The tool bar above the results: fetch, filter, character set, columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from workstation.models.translation import translate

_PAUSE_MS = 150


class ResultsBar(QWidget):
    """A row of tools.

    Signals:
        filter_changed: Text of the filter box, after a short pause.
        fetch_requested: The selected rows are to be fetched.
        fetch_shown_requested: Everything that is shown is to be fetched.
        names_requested: Source and Specific Character Set of "Show names as…"; empty: as the source says.
        names_wanted: The menu of character sets is about to open; :meth:`offer_names` fills it.
        columns_wanted: The menu of columns is about to open and is to be filled.
    """

    filter_changed = Signal(str)
    fetch_requested = Signal()
    fetch_shown_requested = Signal()
    names_requested = Signal(str, str)
    names_wanted = Signal()
    columns_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter these results"))
        self.filter.setAccessibleName(self.tr("Filter these results"))
        self.filter.setToolTip(
            self.tr("Show only rows with all of these words; no archive is queried (Ctrl+L)")
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(80)
        self.fetch = QPushButton(self.tr("Fetch"))
        self.fetch.setToolTip(self.tr("Fetch the selected rows into the library"))
        self.fetch.setEnabled(False)
        self.more = _menu_button("", self.tr("More ways to fetch"))
        self.more.setAccessibleName(self.more.toolTip())
        self.more.setObjectName("more")
        ways = QMenu(self)
        self.fetch_shown = ways.addAction(self.tr("Fetch everything shown…"))
        self.fetch_shown.triggered.connect(lambda: self.fetch_shown_requested.emit())
        self.more.setMenu(ways)
        self.names = _menu_button(self.tr("Names"), self.tr("Show names in another character set"))
        self.columns = _menu_button(self.tr("Columns"), self.tr("Choose columns"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.filter_changed.emit(self.filter.text()))
        self.filter.textChanged.connect(lambda _: self._pause.start())
        self.fetch.clicked.connect(self.fetch_requested)
        for button, wanted in ((self.names, self.names_wanted), (self.columns, self.columns_wanted)):
            menu = QMenu(self)
            menu.aboutToShow.connect(wanted)
            button.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(8)
        row.addWidget(self.filter, 1)
        pair = QHBoxLayout()
        pair.setSpacing(2)  # one thing in two ways
        pair.addWidget(self.fetch)
        pair.addWidget(self.more)
        row.addLayout(pair)
        row.addWidget(self.names)
        row.addWidget(self.columns)

    def offer_names(self, sources: Sequence[tuple[str, str]], charsets: Sequence[tuple[str, str]]) -> None:
        """Fill the menu: sources with their chosen term, and the terms with their names."""
        menu = self.names.menu()
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


def _menu_button(words: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(words)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button
