"""Add or edit a node."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget
from typing_extensions import override

from workstation.dicom.nodes import (
    DEFAULT_AE_TITLE,
    Node,
    RetrieveMethod,
    check_ae_title,
    check_host,
    check_port,
)
from workstation.errors import BadInput
from workstation.settings.nodes import check_name
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.echo_panel import EchoPanel
from workstation.widgets.form import Entry, Form
from workstation.widgets.icons import icon
from workstation.widgets.node_pages import AdvancedPage, SecurityPage
from workstation.widgets.priors_page import PriorsPage
from workstation.widgets.python_slot import python_slot
from workstation.widgets.queries_page import QueriesPage
from workstation.widgets.scrolling import Scrolling, fit
from workstation.widgets.theme import colours


def port_number(text: str) -> int:
    """Parse the port the user typed.

    Raises:
        BadInput: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("port", text, "a number from 1 to 65535.")
    return check_port(int(text))


class NodeDialog(QDialog):
    """A form for a :class:`Node`; OK is enabled while all fields are valid.

    Signals:
        echo_requested: A C-ECHO is to be sent to the :class:`Node` as entered.
        echo_outdated: The form changed or was closed: a result would not be of this node any more.
    """

    echo_requested = Signal(object)
    echo_outdated = Signal()

    def __init__(
        self,
        node: Node | None,
        parent: QWidget | None = None,
        *,
        others: Sequence[str] = (),
        calling: str = DEFAULT_AE_TITLE,
        keyring: bool = False,
    ) -> None:
        """Show ``node`` in a form; None: an empty form.

        Args:
            node: Initial values.
            parent: The window it belongs to.
            others: Names that are taken.
            calling: Our AE title for a new node.
            keyring: The system has a keyring for passcodes.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a PACS") if node is None else self.tr("PACS"))
        start = node or Node(name="", ae_title="PACS", host="host", port=104, calling_ae_title=calling)
        self._shown_charset = start.shown_charset  # chosen where the names are
        self.name = Entry(start.name, lambda text: check_name(text, others), self.tr("Your name for it"))
        self.ae_title = Entry(
            start.ae_title if node else "", check_ae_title, self.tr("Ask its administrator")
        )
        self.host = Entry(start.host if node else "", check_host, self.tr("Name or IP address"))
        self.port = Entry(str(start.port), port_number, self.tr("Often 104 or 11112"))
        self.calling = Entry(start.calling_ae_title, check_ae_title, self.tr("As the archive knows us"))
        self.retrieve = ChoiceBox(
            (
                (RetrieveMethod.AUTOMATIC, self.tr("C-GET, else C-MOVE")),
                (RetrieveMethod.GET, self.tr("C-GET only")),
                (RetrieveMethod.MOVE, self.tr("C-MOVE only")),
            ),
            start.retrieve,
        )
        self.advanced = AdvancedPage(start)
        self.security = SecurityPage(start, keyring=keyring)
        self.priors = PriorsPage(start.priors)
        self.queries = QueriesPage(start.queries, start.worklist)
        self.echo = EchoPanel()
        self.tabs = QTabWidget()
        self.buttons = ok_and_cancel()
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._lay_out()
        self._listen()
        self._update_buttons()
        self.name.line.setFocus()
        fit(self)

    @property
    def node(self) -> Node:
        """The node as entered.

        Raises:
            BadInput: Something cannot be used.
        """
        for entry in self._entries:
            if (error := entry.error) is not None:
                raise error
        return self._node(self.name.text)

    def set_answer(self, text: str, detail: str, *, good: bool) -> None:
        """Show the result of the C-ECHO."""
        self.echo.show_answer(text, detail, good=good)

    @override
    def accept(self) -> None:
        if self.ok.isEnabled():
            super().accept()

    def _node(self, name: str) -> Node:
        return Node(
            name=name,
            ae_title=self.ae_title.text,
            host=self.host.text,
            port=port_number(self.port.text),
            calling_ae_title=self.calling.text,
            retrieve=self.retrieve.value,
            charset=self.advanced.charset.value,
            shown_charset=self._shown_charset,
            max_pdu=self.advanced.max_pdu.value,
            associations=self.advanced.associations.value(),
            idle=self.advanced.idle.value,
            opens_ahead=self.advanced.opens_ahead.isChecked(),
            timeouts=self.advanced.timeouts,
            tls=self.security.tls,
            identity=self.security.identity,
            domain=self.advanced.domain.text,
            rate_limit=self.advanced.rate_limit,
            queries=self.queries.options,
            worklist=self.queries.worklist.value,
            priors=self.priors.rule,
        )

    @property
    def _entries(self) -> tuple[Entry, ...]:
        own = (self.name, self.ae_title, self.host, self.port, self.calling)
        return own + self.advanced.entries + self.security.entries

    def _lay_out(self) -> None:
        connection = QWidget()
        form = Form(connection)
        form.entry(self.tr("&Name"), self.name)
        form.entry(self.tr("AE &title"), self.ae_title)
        form.entry(self.tr("&Host"), self.host)
        form.entry(self.tr("&Port"), self.port)
        form.entry(self.tr("Our o&wn AE title"), self.calling)
        form.field(self.tr("Fetch &images by"), self.retrieve)
        form.end()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(connection, self.tr("&Connection"))
        self.tabs.addTab(self.advanced, self.tr("A&dvanced"))
        self.tabs.addTab(self.security, self.tr("&Security"))
        self.tabs.addTab(self.priors, self.tr("P&riors"))
        self.tabs.addTab(self.queries, self.tr("&Queries"))
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 6, 16, 14)
        foot.addWidget(self.buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(Scrolling(self.tabs), 1)
        whole.addWidget(self.echo)
        whole.addLayout(foot)

    def _listen(self) -> None:
        for entry in self._entries:
            entry.line.left.connect(self._update_buttons)
        for entry in (self.name, self.ae_title, self.host, self.port, self.calling):
            entry.changed.connect(self._changed)
        self.retrieve.currentIndexChanged.connect(self._changed)
        self.advanced.changed.connect(self._changed)
        self.security.changed.connect(self._changed)
        self.priors.changed.connect(self._changed)
        self.queries.changed.connect(self._changed)
        self.echo.requested.connect(self.ask)
        self.echo.grown.connect(self._grow)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(python_slot(self.reject))
        self.finished.connect(self.echo_outdated)

    def ask(self) -> None:
        """Request a C-ECHO to the node as entered."""
        self.echo.show_waiting()
        self.echo_requested.emit(self._node(self.name.text))

    def _grow(self, height: int) -> None:
        """Change the height with the details, so that what is above them stays where it is."""
        layout = self.layout()
        if self.isVisible() and layout is not None:
            before = self.height()
            layout.activate()  # else the hidden part would still forbid to become lower
            self.resize(self.width(), before + height)

    def _changed(self) -> None:
        self.echo.clear()
        self.echo_outdated.emit()
        self._update_buttons()

    def _update_buttons(self) -> None:
        wrong = [entry for entry in self._entries if entry.error is not None]
        self.ok.setEnabled(not wrong)
        self.echo.button.setEnabled(not [entry for entry in wrong if entry is not self.name])
        sign = icon("bad", self.palette(), colours(self.palette()).bad)
        for index in range(self.tabs.count()):
            page = self.tabs.widget(index)
            shown = any(
                entry.in_error and page is not None and page.isAncestorOf(entry.line) for entry in wrong
            )
            self.tabs.setTabIcon(index, sign if shown else QIcon())
