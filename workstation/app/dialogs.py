"""The dialogs over nodes and settings: opened over the window, connected to their controllers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, qVersion
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from workstation.controllers.notices import message
from workstation.controllers.passcodes import Question
from workstation.dicom.nodes import Node, Secret
from workstation.errors import WorkstationError
from workstation.jobs.lanes import Purpose
from workstation.network.local_addresses import own_address
from workstation.settings.preferences import Preferences, Theme
from workstation.widgets.about_dialog import AboutDialog
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.nodes_dialog import NodesDialog, copy_of
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.settings_dialog import SettingsDialog
from workstation.widgets.theme import apply_theme

if TYPE_CHECKING:
    from workstation.app.assembly import Workstation


class Dialogs(QObject):
    """Opens each dialog at most once; none of them blocks."""

    def __init__(self, workstation: Workstation) -> None:
        super().__init__(workstation.window)
        self._workstation = workstation
        self.nodes_dialog: NodesDialog | None = None
        self.node_dialog: NodeDialog | None = None
        self.settings_dialog: SettingsDialog | None = None
        self.about_dialog: AboutDialog | None = None
        self.passcode_dialog: PasscodeDialog | None = None
        workstation.passcodes.wanted.connect(self.ask_passcode)
        workstation.nodes.changed.connect(self._nodes_changed)
        workstation.echo.answered.connect(self._answered)
        QApplication.styleHints().colorSchemeChanged.connect(self._scheme_changed)

    # --- Nodes --------------------------------------------------------------------------------------------

    def open_nodes(self) -> None:
        """The list of nodes."""
        if self.nodes_dialog is not None:
            return
        nodes = self._workstation.nodes
        dialog = self.nodes_dialog = NodesDialog(nodes.kept, self._workstation.window)
        dialog.add_requested.connect(self.add_node)
        dialog.edit_requested.connect(self._edit)
        dialog.duplicate_requested.connect(self._duplicate)
        dialog.nodes_changed.connect(self._replace)
        self._open(dialog, "nodes_dialog")

    def add_node(self) -> None:
        """A form for a new node."""
        self._open_node(None, None)

    def _edit(self, place: int) -> None:
        self._open_node(self._workstation.nodes.kept[place], place)

    def _duplicate(self, place: int) -> None:
        nodes = self._workstation.nodes
        self._open_node(copy_of(nodes.kept[place], nodes.names), None)

    def _open_node(self, node: Node | None, place: int | None) -> None:
        if self.node_dialog is not None:
            return
        workstation = self._workstation
        own = node.name if node is not None and place is not None else None
        dialog = self.node_dialog = NodeDialog(
            node,
            self.nodes_dialog or workstation.window,
            others=[name for name in workstation.nodes.names if name != own],
            calling=workstation.settings.preferences.ae_title,
            keyring=workstation.passcodes.keyring or _kept(node),
        )
        workstation.passcodes.keyring_found.connect(dialog.security.offer_keyring)
        workstation.passcodes.look_for_keyring()
        for entry in dialog.security.files.entries:
            entry.look = self._look
        dialog.echo_requested.connect(partial(self._echo, dialog))
        dialog.echo_outdated.connect(workstation.echo.cancel)
        dialog.accepted.connect(partial(self._take_node, dialog, place))
        self._open(dialog, "node_dialog")

    def _look(self, path: str, tell: Callable[[bool], None]) -> None:
        """Look for a file in a lane of its own: it may lie on a share that does not answer."""
        job = self._workstation.lanes.submit(
            ("file", path), Purpose.ASK, "look for a file", lambda run: Path(path).is_file()
        )
        job.ended.connect(lambda ended: tell(ended.result is True))

    def _take_node(self, dialog: NodeDialog, place: int | None) -> None:
        nodes, node = self._workstation.nodes, dialog.node
        before = nodes.kept[place] if place is not None else None
        try:
            if place is None:
                nodes.add(node)
            else:
                nodes.put(place, node)
        except WorkstationError as error:
            self._complain(error)
            return
        self._workstation.passcodes.keep(node, before)
        if place is None and self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(nodes.kept, len(nodes.kept) - 1)

    def _replace(self, wanted: tuple[Node, ...]) -> None:
        nodes = self._workstation.nodes
        gone = [node for node in nodes.kept if node not in wanted]
        try:
            nodes.set_kept(wanted)
        except WorkstationError as error:
            self._complain(error)
            return
        for node in gone:
            self._workstation.passcodes.forget(node)

    def _complain(self, error: WorkstationError) -> None:
        if self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(self._workstation.nodes.kept)
            self.nodes_dialog.say(message(error))
        else:
            self._workstation.notices.tell(error)

    def _nodes_changed(self) -> None:
        if self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(self._workstation.nodes.kept)

    def _answered(self, text: str, detail: str, good: bool) -> None:
        if self.node_dialog is not None:
            self.node_dialog.set_answer(text, detail, good=good)

    # --- Passcodes ----------------------------------------------------------------------------------------

    def ask_passcode(self, question: Question) -> None:
        """Ask for a passcode, or for consent to send it unencrypted, before a node is asked anything."""
        answer, name = self._workstation.passcodes.answer, question.node
        dialog = self._passcode_dialog(question, self._workstation.window)
        dialog.accepted.connect(lambda: answer(name, dialog.passcode))
        dialog.rejected.connect(lambda: answer(name, None))

    def _passcode_dialog(self, question: Question, parent: QWidget) -> PasscodeDialog:
        dialog = self.passcode_dialog = PasscodeDialog(
            question.node, question.user, parent, typed=question.passcode, in_clear=question.in_clear
        )
        self._open(dialog, "passcode_dialog")
        return dialog

    def _echo(self, form: NodeDialog, node: Node) -> None:
        """Ask a node that is being edited, with the passcode and the consent a search would need."""
        asked, identity = self._workstation.echo.ask, node.identity
        typed = node.lacks_passcode and identity is not None and identity.secret is Secret.ASKED
        if identity is None or not (typed or node.lacks_consent):
            asked(node)
            return

        def agreed() -> None:
            form.security.take_answer(dialog.passcode if typed else None, node.address)
            form.ask()

        dialog = self._passcode_dialog(Question(node.label, identity.user, typed, node.lacks_consent), form)
        dialog.accepted.connect(agreed)
        dialog.rejected.connect(form.echo.clear)

    # --- Settings -----------------------------------------------------------------------------------------

    def open_settings(self) -> None:
        """The preferences."""
        if self.settings_dialog is not None:
            return
        workstation = self._workstation
        address = own_address()
        dialog = self.settings_dialog = SettingsDialog(
            workstation.settings.preferences,
            workstation.window,
            addresses=[address] if address else [],
            library=str(workstation.folders.library),
        )
        for entry in dialog.files.entries:
            entry.look = self._look
        dialog.accepted.connect(lambda: self._take_settings(dialog.preferences))
        self._open(dialog, "settings_dialog")

    def _take_settings(self, wanted: Preferences) -> None:
        workstation = self._workstation
        before = workstation.settings.preferences
        try:
            workstation.settings.change(wanted)
            if wanted.ae_title != before.ae_title:
                workstation.nodes.follow_ae_title(before.ae_title, wanted.ae_title)
        except WorkstationError as error:
            workstation.notices.tell(error)
        workstation.preview.keep(workstation.settings.preferences.kept_frames)
        if workstation.settings.preferences.theme is not before.theme:
            self.colour()

    def colour(self) -> None:
        """Colour everything as preferred."""
        application, theme = QApplication.instance(), self._workstation.settings.preferences.theme
        if isinstance(application, QApplication):
            apply_theme(application, None if theme is Theme.SYSTEM else theme is Theme.DARK)

    def _scheme_changed(self) -> None:
        if self._workstation.settings.preferences.theme is Theme.SYSTEM:
            self.colour()

    def open_about(self) -> None:
        """What this program is."""
        if self.about_dialog is not None:
            return
        import pydicom  # late: nobody asks at the start

        folders = self._workstation.folders
        facts = (
            (self.tr("Library"), str(self._workstation.library.root)),
            (self.tr("Settings"), str(folders.config)),
            (self.tr("Log"), str(folders.logs)),
            ("Qt", qVersion()),
            ("Python", sys.version.split()[0]),
            ("pydicom", pydicom.__version__),
        )
        self.about_dialog = AboutDialog(facts, self._workstation.window)
        self._open(self.about_dialog, "about_dialog")

    def _open(self, dialog: QDialog, name: str) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def forget(_: int) -> None:
            setattr(self, name, None)
            parent = dialog.parentWidget()
            if isinstance(parent, QWidget):
                parent.activateWindow()

        dialog.finished.connect(forget)
        dialog.open()


def _kept(node: Node | None) -> bool:
    return node is not None and node.identity is not None and node.identity.secret is Secret.KEPT
