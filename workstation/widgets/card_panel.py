"""Show a card instead of a picture: a message, a report, or a document to open elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.models.translation import translated

if TYPE_CHECKING:
    from workstation.imaging.picture import Card

_ABOVE, _BESIDE, _BELOW = 84, 24, 40
_WIDEST = 760


class CardPanel(QWidget):
    """A panel in the middle of the canvas; the annotations in the corners stay visible.

    Signals:
        open_requested: The document is to be opened in another program.
        again_requested: The file is to be decoded again.
    """

    open_requested = Signal()
    again_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._title, self._text = QLabel(), QLabel()
        self._title.setObjectName("cardTitle")
        for label in (self._title, self._text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setObjectName("cardText")
        self._sheet = QPlainTextEdit()
        self._sheet.setObjectName("cardSheet")
        self._sheet.setReadOnly(True)
        self._sheet.setAccessibleName(self.tr("Report"))
        self._open = QPushButton(self.tr("Open in another program"))
        self._open.clicked.connect(self.open_requested)
        self._again = QPushButton(self.tr("Try again"))
        self._again.clicked.connect(self.again_requested)
        self._canvas = QRect()
        column = self._column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._sheet, 100)
        for button in (self._open, self._again):
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.hide()

    def show_card(self, card: Card) -> None:
        """Show ``card``."""
        self._title.setText(translated(card.title))
        self._text.setText(translated(card.text))
        self._text.setVisible(bool(card.text))
        self._sheet.setPlainText("\n".join(map(translated, card.sheet)))
        self._sheet.setVisible(bool(card.sheet))
        for button, offered in ((self._open, bool(card.document)), (self._again, card.again)):
            if not offered:
                self._move_focus(button)
            button.setVisible(offered)
        self.show()
        self.move_over(self._canvas)

    def hide_card(self) -> None:
        """Hide the card."""
        self._move_focus(self)
        self.hide()

    def move_over(self, canvas: QRect) -> None:
        """Move to the middle of ``canvas``, between its corners; a low one it covers as far as it must."""
        self._canvas = canvas
        width = min(_WIDEST, canvas.width() - 2 * _BESIDE)
        needed = self._column.totalHeightForWidth(width)
        height = max(needed, canvas.height() - 2 * _ABOVE)
        above = max(0, min(_ABOVE, canvas.height() - height))
        self.setGeometry((canvas.width() - width) // 2, above, width, height)

    @property
    def covers_the_bottom(self) -> bool:
        """Whether it is shown in a canvas so low that it takes the place of the lower corners."""
        return self.isVisible() and self._canvas.bottom() - self.geometry().bottom() < _BELOW

    def _move_focus(self, hidden: QWidget) -> None:
        """Give the focus of a hidden widget to the canvas instead of the next widget of the window."""
        focus: object = self.window().focusWidget()
        canvas = self.parentWidget()
        if (
            canvas is not None
            and isinstance(focus, QWidget)
            and (focus is hidden or hidden.isAncestorOf(focus))
        ):
            canvas.setFocus()
