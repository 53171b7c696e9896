"""The list of nodes: add, edit, duplicate, delete, order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.widgets.icons import icon
from workstation.widgets.python_slot import python_slot

_ROW = 28
"""Height of a row, in pixels."""


class NodesDialog(QDialog):
    """Shows the nodes; each change is asked for at once and shown when it has been made.

    Signals:
        add_requested: A form for a new node is wanted.
        edit_requested: A form over the node of this place is wanted.
        duplicate_requested: A form over a copy of the node of this place is wanted.
        nodes_changed: The tuple of nodes as it is to be.
    """

    add_requested = Signal()
    edit_requested = Signal(int)
    duplicate_requested = Signal(int)
    nodes_changed = Signal(object)

    def __init__(self, nodes: Sequence[Node], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("PACS"))
        self._nodes: tuple[Node, ...] = ()
        self.list = _List()
        self.list.setHeaderLabels(
            [self.tr("Name"), self.tr("AE title"), self.tr("Address"), self.tr("Fetch by"), self.tr("TLS")]
        )
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setAccessibleName(self.tr("PACS"))
        for column, width in enumerate((210, 130, 190, 96, 40)):
            self.list.setColumnWidth(column, width)
        self.list.itemActivated.connect(lambda item: self.edit_requested.emit(self.place))
        self.list.currentItemChanged.connect(lambda now, before: self._follow())
        self.add = self._button("add", self.tr("&Add…"), self.add_requested.emit, "Ins")
        self.edit = self._button("edit", self.tr("&Edit…"), lambda: self.edit_requested.emit(self.place), "")
        self.duplicate = self._button(
            "duplicate",
            self.tr("D&uplicate…"),
            lambda: self.duplicate_requested.emit(self.place),
            "Ctrl+D",
        )
        self.delete = self._button("delete", self.tr("&Delete"), self._ask_delete, "Del")
        self.up = self._button("up", self.tr("Move u&p"), lambda: self._move(-1), "Alt+Up")
        self.down = self._button("down", self.tr("Move do&wn"), lambda: self._move(1), "Alt+Down")
        self.question = _Question()
        self.question.confirmed.connect(self._delete)
        self.question.declined.connect(python_slot(self.list.setFocus))
        self._lay_out()
        self.set_nodes(nodes)
        self.resize(860, 420)
        self.list.setFocus()

    @property
    def place(self) -> int:
        """Place of the current node; -1 if there is none."""
        current = self.list.currentItem()
        return -1 if current is None else self.list.indexOfTopLevelItem(current)

    def set_nodes(self, nodes: Sequence[Node], place: int | None = None) -> None:
        """Show these; the current place stays, or becomes ``place``."""
        wanted = self.place if place is None else place
        self._nodes = tuple(nodes)
        self.list.clear()
        ways = {
            RetrieveMethod.AUTOMATIC: self.tr("Automatic"),
            RetrieveMethod.GET: self.tr("C-GET"),
            RetrieveMethod.MOVE: self.tr("C-MOVE"),
        }
        for node in self._nodes:
            address = f"{node.host}:{node.port}"
            tls = self.tr("yes") if node.tls is not None else ""
            item = QTreeWidgetItem([node.name, node.ae_title, address, ways[node.retrieve], tls])
            item.setSizeHint(0, QSize(0, _ROW))
            self.list.addTopLevelItem(item)
        if self._nodes:
            self._go_to(max(0, min(wanted, len(self._nodes) - 1)))
        self.question.hide()
        self._follow()

    def say(self, text: str) -> None:
        """Say what went wrong."""
        self.question.say(text)

    def _button(self, name: str, words: str, act: Callable[[], None], keys: str) -> QPushButton:
        button = QPushButton(icon(name, self.palette()), words)
        button.clicked.connect(lambda: act())
        button.setAutoDefault(False)
        if keys:
            sequence = QKeySequence(keys)
            button.setToolTip(sequence.toString(QKeySequence.SequenceFormat.NativeText))
            QShortcut(
                sequence, self.list, python_slot(button.click), context=Qt.ShortcutContext.WidgetShortcut
            )
        button.setObjectName("listed")
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(6)
        for button in (self.add, self.edit, self.duplicate, self.delete, self.up, self.down):
            column.addWidget(button)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.list, 1)
        row.addLayout(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(python_slot(self.reject))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 14)
        whole.setSpacing(10)
        whole.addLayout(row, 1)
        whole.addWidget(self.question)
        whole.addWidget(buttons)

    def _follow(self) -> None:
        place = self.place
        for button in (self.edit, self.duplicate, self.delete):
            button.setEnabled(place >= 0)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(0 <= place < len(self._nodes) - 1)
        self.question.hide()

    def _go_to(self, place: int) -> None:
        item = self.list.topLevelItem(place)
        if item is not None:
            self.list.setCurrentItem(item)

    def _move(self, by: int) -> None:
        nodes, place = list(self._nodes), self.place
        nodes[place], nodes[place + by] = nodes[place + by], nodes[place]
        self._go_to(place + by)
        self.nodes_changed.emit(tuple(nodes))
        self.list.setFocus()

    def _ask_delete(self) -> None:
        name = self._nodes[self.place].name
        self.question.ask(
            self.tr("Delete “{name}” from this list? What was fetched from it stays.").format(name=name)
        )

    def _delete(self) -> None:
        place = self.place
        self.nodes_changed.emit(self._nodes[:place] + self._nodes[place + 1 :])
        self.list.setFocus()


def copy_of(node: Node, names: Sequence[str]) -> Node:
    """A copy under a name of its own."""
    taken = {name.casefold() for name in names}
    number = 2
    while f"{node.name} {number}".casefold() in taken:
        number += 1
    return replace(node, name=f"{node.name} {number}")


class _List(QTreeWidget):
    """Enter opens what is current, and does not go on to the dialog's buttons."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.topLevelItemCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            words = self.tr("No PACS yet. Add the first one.")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, words)


class _Question(QFrame):
    """A question between list and buttons; Enter answers yes when it has the focus, Escape no."""

    confirmed = Signal()
    declined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.yes = QPushButton(self.tr("Delete"))
        self.no = QPushButton(self.tr("Keep"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.addWidget(self._text, 1)
        for button, signal in ((self.yes, self.confirmed), (self.no, self.declined)):
            button.clicked.connect(python_slot(self.hide))
            button.clicked.connect(signal)
            row.addWidget(button)
        QShortcut(
            QKeySequence(Qt.Key.Key_Escape),
            self,
            python_slot(self.no.click),
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        self.hide()

    def ask(self, text: str) -> None:
        """Ask; the harmless answer has the focus."""
        self._text.setText(text)
        self.yes.show()
        self.no.setText(self.tr("Keep"))
        self.show()
        self.no.setFocus()

    def say(self, text: str) -> None:
        """Only say it."""
        self._text.setText(text)
        self.yes.hide()
        self.no.setText(self.tr("Dismiss"))
        self.show()
