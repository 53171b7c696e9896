"""What is read instead of a picture: a card, a report, a document for another program."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workstation.imaging.picture import Card
from workstation.models.translation import translated

_ABOVE, _BESIDE = 84, 24
_WIDEST = 760


class CardPanel(QWidget):
    """Lies in the middle of the canvas, which keeps saying in its corners whose it is.

    Signals:
        open_requested: The document is to be opened in another program.
        again_requested: What broke the decoder is to be tried again.
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
        column = QVBoxLayout(self)
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
                self._give_keys(button)
            button.setVisible(offered)
        self.show()

    def put_away(self) -> None:
        """There is something else to look at."""
        self._give_keys(self)
        self.hide()

    def place(self, canvas: QRect) -> None:
        """Lie in the middle of ``canvas``, between its corners."""
        width = min(_WIDEST, canvas.width() - 2 * _BESIDE)
        height = max(60, canvas.height() - 2 * _ABOVE)
        self.setGeometry((canvas.width() - width) // 2, (canvas.height() - height) // 2, width, height)

    def _give_keys(self, vanishing: QWidget) -> None:
        """Keys that went to what vanishes go to the canvas, not to whatever comes next in the window."""
        focus: object = self.window().focusWidget()
        canvas = self.parentWidget()
        if (
            canvas is not None
            and isinstance(focus, QWidget)
            and (focus is vanishing or vanishing.isAncestorOf(focus))
        ):
            canvas.setFocus()
