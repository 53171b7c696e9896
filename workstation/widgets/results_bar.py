"""The tool bar above the results: filter, fetch, and a menu of how the list looks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from workstation.dicom import display
from workstation.models.translation import translate
from workstation.widgets.filter_box import FilterBox
from workstation.widgets.tree_header import TreeHeader


class ResultsBar(QWidget):
    """A row of tools.

    Signals:
        filter_changed: Text of the filter box, after a short pause.
        fetch_requested: The selected rows are to be fetched.
        fetch_shown_requested: Everything that is shown is to be fetched.
        export_requested: What is shown is to be written to a file.
        names_requested: Source and Specific Character Set of "Show names as…"; empty: as the source says.
        names_kept: A source, and the one that its names are to be shown by from now on; empty as above.
        names_wanted: The menu of character sets is about to open; :meth:`offer_names` fills it.
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
    names_kept = Signal(str, str)
    names_wanted = Signal()
    marked_wanted = Signal()
    marked_requested = Signal(object)

    def __init__(self, header: TreeHeader, parent: QWidget | None = None) -> None:
        """``header`` is that of the list: its menu is here, too, for who uses keys."""
        super().__init__(parent)
        self.filter = FilterBox()
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
            self.tr("Fetch or export everything shown; group and sort; choose columns; read names anew")
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
        header.add_layouts(menu)
        by, then = menu.addMenu(self.tr("Sort by")), menu.addMenu(self.tr("Then by"))
        by.aboutToShow.connect(lambda: header.list_sorts(by, further=False))
        then.aboutToShow.connect(lambda: header.list_sorts(then, further=True))
        self.columns = menu.addMenu(self.tr("Columns"))
        self.names = header.names = menu.addMenu(self.tr("Show names as"))
        self.columns.aboutToShow.connect(lambda: header.list_columns(self.columns))
        self.names.aboutToShow.connect(self.names_wanted)
        self.more.setMenu(menu)
        self.filter.filter_changed.connect(self.filter_changed)
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

    def offer_names(
        self, sources: Sequence[tuple[str, str, str]], charsets: Sequence[tuple[str, str]]
    ) -> None:
        """Fill the menu: sources, each with the chosen term and the kept one; the terms with their names."""
        menu = self.names
        menu.clear()
        if not sources:
            menu.addAction(self.tr("No archive has answered yet")).setEnabled(False)
        for source, chosen, kept in sources:
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
            below.addSeparator()
            always = below.addAction(self.always_words(source).replace("&", "&&"))
            always.setCheckable(True)
            always.setChecked(bool(chosen) and chosen == kept)
            always.setEnabled(bool(chosen))
            always.triggered.connect(
                lambda shown, source=source, chosen=chosen: self.names_kept.emit(
                    source, chosen if shown else ""
                )
            )

    def always_words(self, source: str) -> str:
        """What keeps a character set for a source."""
        return self.tr("Always for {archive}").format(archive=display.plain(source))
