"""The Echo button and the result of the C-ECHO."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from workstation.widgets.icons import icon
from workstation.widgets.theme import colours

_LINES = 4
"""Lines reserved for the result, so that it does not move the buttons; more of them are scrolled."""


class EchoPanel(QWidget):
    """Requests a C-ECHO and shows its result. It may hold text of a peer: always plain text.

    Signals:
        requested: A C-ECHO is to be sent.
        grown: It needs so many pixels more, or less, in height; its window is to change by that.
    """

    requested = Signal()
    grown = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton(self.tr("&Echo"))
        self.button.setToolTip(self.tr("Test the connection by C-ECHO and list the services of the archive"))
        self.button.clicked.connect(self.requested)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._lines = QScrollArea()
        self._lines.setWidget(self.text)
        self._lines.setWidgetResizable(True)
        self._lines.setFrameShape(QFrame.Shape.NoFrame)
        self._lines.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lines.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 2)
        self._sign = QLabel()
        self._sign.setFixedSize(20, 20)
        self.details = QPushButton(self.tr("Details"))
        self.details.setObjectName("link")
        self.details.setCheckable(True)
        self.detail = QPlainTextEdit()
        self.detail.setReadOnly(True)
        self.detail.setTabChangesFocus(True)
        self.detail.setFixedHeight(96)
        self.detail.setAccessibleName(self.tr("Details"))
        self.details.toggled.connect(self._show_detail)
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(16, 10, 16, 4)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(2, 1)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.button, 0, 0, top)
        grid.addWidget(self._sign, 0, 1, top)
        grid.addWidget(self._lines, 0, 2)
        grid.addWidget(self.details, 0, 3, top)
        grid.addWidget(self.detail, 1, 0, 1, 4)
        self.detail.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.clear()

    def _show_detail(self, shown: bool) -> None:
        height = self.detail.height() + self._grid.verticalSpacing()
        self.detail.setVisible(shown)
        self._grid.activate()
        self.updateGeometry()
        self.grown.emit(height if shown else -height)

    def clear(self) -> None:
        """Clear the result."""
        self.show_answer("", "", good=None)

    def show_waiting(self) -> None:
        """Show that a C-ECHO is running."""
        self.show_answer(self.tr("Testing…"), "", good=None)

    def show_answer(self, text: str, detail: str, *, good: bool | None) -> None:
        """Show a result; ``good`` None: neither success nor failure."""
        self.text.setText(text)
        self.detail.setPlainText(detail)
        self.details.setVisible(bool(detail))
        if not detail:
            self.details.setChecked(False)
        self._sign.clear()
        if good is not None:
            chosen = colours(self.palette())
            name, colour = ("good", chosen.good) if good else ("bad", chosen.bad)
            self._sign.setPixmap(icon(name, self.palette(), colour).pixmap(18, 18))
