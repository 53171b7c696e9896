"""Show version and folders of the program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from workstation import __version__
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit


class AboutDialog(QDialog):
    """Name, version, and facts that support asks for."""

    def __init__(self, facts: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """List ``facts``: pairs of name and value."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Workstation"))
        headline = QLabel(self.tr("Workstation {version}").format(version=__version__))
        headline.setObjectName("headline")
        message = QLabel(self.tr("Finds studies in PACS, fetches them with a click, shows them."))
        warning = QLabel(self.tr("Not a medical device: not for diagnosis."))
        for label in (message, warning):
            label.setObjectName("quiet")
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        for row, (what, value) in enumerate(facts):
            name, text = QLabel(what), QLabel(value)
            name.setObjectName("quiet")
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(name, row, 0)
            grid.addWidget(text, row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        buttons.rejected.connect(python_slot(self.reject))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 18, 20, 6)
        column.setSpacing(8)
        for widget in (headline, message, warning):
            column.addWidget(widget)
        column.addSpacing(6)
        column.addLayout(grid)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 16, 14)
        whole.addWidget(Scrolling(page), 1)
        whole.addWidget(buttons)
        fit(self)
