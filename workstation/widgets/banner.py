"""Base of what stands in the line of messages: one line of text, with buttons at the end."""

from __future__ import annotations

from PySide6 import QtGui
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAccessibleEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.widgets.elided_label import ElidedLabel
from workstation.widgets.icons import icon
from workstation.widgets.theme import colours, mark

_SIGN = 16
_WIDEST = 560
"""Of the whole text where the line cuts it off, in pixels."""


class WholeText(QFrame):
    """The whole text, above the line; Esc and a click elsewhere close it."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.label = QLabel(text)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        flags = Qt.TextInteractionFlag
        self.label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.label.setFixedWidth(min(_WIDEST, parent.window().width() - 40))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.addWidget(self.label)
        self.setAccessibleName(text)

    def open_above(self, line: QWidget) -> None:
        """Open with its right edge and its bottom at the top right of a widget."""
        self.adjustSize()
        corner = line.mapToGlobal(QPoint(line.width(), -4))
        self.move(max(0, corner.x() - self.width()), max(0, corner.y() - self.height()))
        self.show()
        self.label.setFocus()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)


class Banner(QFrame):
    """A message in one line, hidden while there is none. Texts may be of a peer: always plain text.

    Signals:
        left: It was hidden while it had the focus, which Qt would give to any neighbour.
        told_changed: There is something to tell, another thing, or nothing.

    Attributes:
        told: Whether there is something to tell, be it hidden by another one or not.
        label: The text.
        more: Opens the whole text; there only while the line cuts it off.
    """

    left = Signal()
    told_changed = Signal()

    def __init__(self, *buttons: QPushButton, parent: QWidget | None = None) -> None:
        """Add ``buttons`` at the end."""
        super().__init__(parent)
        self.setObjectName("notice")
        self.told, self._covered, self._alarming = False, False, False
        self._sign = QLabel()
        self._sign.setTextFormat(Qt.TextFormat.PlainText)
        self._sign.setFixedSize(_SIGN, _SIGN)
        self.label = ElidedLabel()
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.more = QPushButton(self.tr("More"))
        self.more.setObjectName("link")
        self.more.setAccessibleName(self.tr("More of this message"))
        self.more.clicked.connect(self.open_whole)
        policy = self.more.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the buttons beside it stay where they are
        self.more.setSizePolicy(policy)
        self.more.hide()
        self.label.cut_changed.connect(self.more.setVisible)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(6)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        row.addWidget(self.more)
        self._buttons = buttons
        for button in buttons:
            row.addWidget(button)
        self.hide()

    def _tell(self, text: str, *, kind: str) -> None:
        """Show ``text`` as an ``error``, a ``question`` or a ``note``, and announce it to screen readers."""
        mark(self, "kind", kind)
        self._alarming = kind == "error"
        self._sign.setVisible(self._alarming)
        self._tint()
        self.label.setText(text)
        self.setAccessibleName(text)
        self.told = True
        self._update()
        self.told_changed.emit()
        accessible = QtGui.QAccessible  # made when a message is first shown
        accessible.updateAccessibility(QAccessibleEvent(self, accessible.Event.Alert))

    def dismiss(self) -> None:
        """There is nothing to tell any more."""
        self.told = False
        self._update()
        self.told_changed.emit()

    def cover(self, covered: bool) -> None:
        """Hide it while another one has its place, and show it again afterwards."""
        self._covered = covered
        self._update()

    def _update(self) -> None:
        shown = self.told and not self._covered
        focus = self.window().focusWidget()
        held = bool(focus) and self.isAncestorOf(focus)
        self.setVisible(shown)
        if held and not shown:
            self.left.emit()

    @property
    def first_button(self) -> QWidget:
        """What gets the focus when the user goes here."""
        return next(button for button in (self.more, *self._buttons) if not button.isHidden())

    def open_whole(self) -> None:
        """Show the whole text above the line."""
        WholeText(self.label.text(), self).open_above(self)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.label.cut:
            self.open_whole()
        event.accept()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._alarming:
            self._tint()

    def _tint(self) -> None:
        if self._alarming:
            sign = icon("bad", self.palette(), colours(self.palette()).bad)
            self._sign.setPixmap(sign.pixmap(QSize(_SIGN, _SIGN)))
