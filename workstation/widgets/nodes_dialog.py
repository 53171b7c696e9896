"""Edit the list of nodes: add, edit, duplicate, delete, reorder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from typing_extensions import override

from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.widgets.list_dialog import ListDialog
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import fit

_ROW = 28
"""Height of a row, in pixels."""


class NodesDialog(ListDialog):
    """Shows the nodes; each change is requested at once and shown once it has been saved.

    Signals:
        add_requested: A node is to be added.
        edit_requested: The node at this index is to be edited.
        duplicate_requested: A copy of the node at this index is to be added.
        nodes_changed: The new tuple of nodes, to be saved.
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
        header = self.list.header()
        header.setStretchLastSection(False)
        for column in (0, 2):  # the others are short: nothing is to be scrolled sideways
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.list.itemActivated.connect(lambda item: self.edit_requested.emit(self.index))
        self.list.currentItemChanged.connect(lambda now, before: self._follow())
        self.add = self.add_button("add", self.tr("&Add…"), self.add_requested.emit, "Ins")
        self.edit = self.add_button(
            "edit", self.tr("&Edit…"), lambda: self.edit_requested.emit(self.index), ""
        )
        self.duplicate = self.add_button(
            "duplicate",
            self.tr("D&uplicate…"),
            lambda: self.duplicate_requested.emit(self.index),
            "Ctrl+D",
        )
        self.delete = self.add_button("delete", self.tr("&Delete"), self._ask_delete, "Del")
        self.up = self.add_button("up", self.tr("Move u&p"), lambda: self._move(-1), "Alt+Up")
        self.down = self.add_button("down", self.tr("Move do&wn"), lambda: self._move(1), "Alt+Down")
        self.question = _Question()
        self.question.confirmed.connect(self._delete)
        self.question.declined.connect(python_slot(self.list.setFocus))
        self.lay_out((self.add, self.edit, self.duplicate, self.delete, self.up, self.down), self.question)
        self.set_nodes(nodes)
        fit(self, QSize(860, 420))
        self.list.setFocus()

    def set_nodes(self, nodes: Sequence[Node], index: int | None = None) -> None:
        """Show these nodes; the current index stays, or becomes ``index``."""
        wanted = self.index if index is None else index
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
        """Show an error."""
        self.question.say(text)

    def _follow(self) -> None:
        index = self.index
        for button in (self.edit, self.duplicate, self.delete):
            button.setEnabled(index >= 0)
        self.up.setEnabled(index > 0)
        self.down.setEnabled(0 <= index < len(self._nodes) - 1)
        self.question.hide()

    def _go_to(self, index: int) -> None:
        item = self.list.topLevelItem(index)
        if item is not None:
            self.list.setCurrentItem(item)

    def _move(self, by: int) -> None:
        nodes, index = list(self._nodes), self.index
        nodes[index], nodes[index + by] = nodes[index + by], nodes[index]
        self._go_to(index + by)
        self.nodes_changed.emit(tuple(nodes))
        self.list.setFocus()

    def _ask_delete(self) -> None:
        name = self._nodes[self.index].name
        self.question.ask(
            self.tr("Delete “{name}” from this list? Images fetched from it are kept.").format(name=name)
        )

    def _delete(self) -> None:
        index = self.index
        self.nodes_changed.emit(self._nodes[:index] + self._nodes[index + 1 :])
        self.list.setFocus()


def copy_of(node: Node, names: Sequence[str]) -> Node:
    """A copy of the node under a new name."""
    taken = {name.casefold() for name in names}
    number = 2
    while f"{node.name} {number}".casefold() in taken:
        number += 1
    return replace(node, name=f"{node.name} {number}")


class _List(QTreeWidget):
    """Enter opens the current node instead of pressing the default button of the dialog."""

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
        """Ask; the button that changes nothing has the focus."""
        self._text.setText(text)
        self.yes.show()
        self.no.setText(self.tr("Keep"))
        self.show()
        self.no.setFocus()

    def say(self, text: str) -> None:
        """Show a message with no question."""
        self._text.setText(text)
        self.yes.hide()
        self.no.setText(self.tr("Dismiss"))
        self.show()
