"""Opens the dialogs over the window and connects each to the controllers; none of them blocks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, qVersion
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from workstation.controllers.configuration import Configuration, question_before_echo
from workstation.controllers.echo import Echo
from workstation.controllers.inspector import Inspector
from workstation.controllers.nodes import Nodes
from workstation.controllers.notices import Notices, message
from workstation.controllers.passcodes import Passcodes, Question
from workstation.controllers.settings import Settings
from workstation.dicom.background import Background
from workstation.dicom.nodes import Node, Secret
from workstation.dicom.saved_search import SavedSearch
from workstation.dicom.series_choice import SeriesChoice
from workstation.errors import WorkstationError
from workstation.models.row_marks import LabelChoice
from workstation.models.transfer import Details
from workstation.network.exchange import Exchange
from workstation.network.local_addresses import own_address
from workstation.settings.folders import Folders
from workstation.widgets.about_dialog import AboutDialog
from workstation.widgets.ae_title_dialog import AeTitleDialog
from workstation.widgets.background_dialog import BackgroundDialog
from workstation.widgets.key_sheet import KeySheet
from workstation.widgets.keys import KeyGroup
from workstation.widgets.labels_dialog import LabelsDialog
from workstation.widgets.node_dialog import NodeDialog
from workstation.widgets.nodes_dialog import NodesDialog, copy_of
from workstation.widgets.note_dialog import NoteDialog
from workstation.widgets.passcode_dialog import PasscodeDialog
from workstation.widgets.save_search_dialog import SaveSearchDialog
from workstation.widgets.searches_dialog import SearchesDialog
from workstation.widgets.series_dialog import SeriesDialog
from workstation.widgets.settings_dialog import SettingsDialog

if TYPE_CHECKING:
    from workstation.widgets.inspector_window import InspectorWindow
    from workstation.widgets.worklist_window import WorklistWindow


class Dialogs(QObject):
    """Opens each dialog at most once."""

    def __init__(
        self,
        *,
        window: QWidget,
        folders: Folders,
        library_root: Path,
        nodes: Nodes,
        settings: Settings,
        passcodes: Passcodes,
        echo: Echo,
        configuration: Configuration,
        notices: Notices,
        inspector: Inspector,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._folders = folders
        self._library_root = library_root
        self._nodes = nodes
        self._settings = settings
        self._passcodes = passcodes
        self._echo = echo
        self._configuration = configuration
        self._notices = notices
        self._inspector = inspector
        self.nodes_dialog: NodesDialog | None = None
        self.node_dialog: NodeDialog | None = None
        self.settings_dialog: SettingsDialog | None = None
        self.about_dialog: AboutDialog | None = None
        self.key_sheet: KeySheet | None = None
        self.passcode_dialog: PasscodeDialog | None = None
        self.background_dialog: BackgroundDialog | None = None
        self.destination_dialog: AeTitleDialog | None = None
        self.series_dialog: SeriesDialog | None = None
        self.labels_dialog: LabelsDialog | None = None
        self.note_dialog: NoteDialog | None = None
        self.save_search_dialog: SaveSearchDialog | None = None
        self.searches_dialog: SearchesDialog | None = None
        self.inspector_window: InspectorWindow | None = None
        self.worklist_window: WorklistWindow | None = None

    # --- Nodes --------------------------------------------------------------------------------------------

    def open_nodes(self) -> None:
        """Open the list of nodes."""
        if self.nodes_dialog is not None:
            return
        dialog = self.nodes_dialog = NodesDialog(self._nodes.kept, self._window)
        dialog.add_requested.connect(self.add_node)
        dialog.edit_requested.connect(self._edit_node)
        dialog.duplicate_requested.connect(self._duplicate_node)
        dialog.nodes_changed.connect(self._configuration.replace_nodes)
        self._open(dialog, "nodes_dialog")

    def add_node(self) -> None:
        """Open a form for a new node."""
        self._open_node(None, None)

    def show_nodes(self) -> None:
        """List the nodes as they are now."""
        if self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(self._nodes.kept)

    def show_refusal(self, error: WorkstationError) -> None:
        """Show why nodes could not be changed: in their list, if that is open."""
        if self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(self._nodes.kept)
            self.nodes_dialog.say(message(error))
        else:
            self._notices.show_error(error)

    def show_echo(self, text: str, detail: str, good: bool) -> None:
        """Show the answer to an echo in the form of the node."""
        if self.node_dialog is not None:
            self.node_dialog.set_answer(text, detail, good=good)

    def _edit_node(self, position: int) -> None:
        self._open_node(self._nodes.kept[position], position)

    def _duplicate_node(self, position: int) -> None:
        self._open_node(copy_of(self._nodes.kept[position], self._nodes.names), None)

    def _open_node(self, node: Node | None, position: int | None) -> None:
        if self.node_dialog is not None:
            return
        own = node.name if node is not None and position is not None else None
        dialog = self.node_dialog = NodeDialog(
            node,
            self.nodes_dialog or self._window,
            others=[name for name in self._nodes.names if name != own],
            calling=self._settings.preferences.ae_title,
            keyring=self._passcodes.keyring or _in_keyring(node),
        )
        self._passcodes.keyring_found.connect(dialog.security.offer_keyring)
        self._passcodes.look_for_keyring()
        for entry in dialog.security.files.entries:
            entry.look = self._configuration.look_for_file
        dialog.echo_requested.connect(partial(self._request_echo, dialog))
        dialog.echo_outdated.connect(self._echo.cancel)
        dialog.accepted.connect(partial(self._save_node, dialog, position))
        self._open(dialog, "node_dialog")

    def _save_node(self, dialog: NodeDialog, position: int | None) -> None:
        saved = self._configuration.save_node(dialog.node, position)
        if saved and position is None and self.nodes_dialog is not None:
            self.nodes_dialog.set_nodes(self._nodes.kept, len(self._nodes.kept) - 1)

    # --- Passcodes ----------------------------------------------------------------------------------------

    def ask_passcode(self, question: Question) -> None:
        """Ask for a passcode, or for consent to send it unencrypted, before a node is asked anything."""
        answer, name = self._passcodes.answer, question.node
        dialog = self._open_passcode(question, self._window)
        dialog.accepted.connect(lambda: answer(name, dialog.passcode))
        dialog.rejected.connect(lambda: answer(name, None))

    def _open_passcode(self, question: Question, parent: QWidget) -> PasscodeDialog:
        dialog = self.passcode_dialog = PasscodeDialog(
            question.node, question.user, parent, typed=question.passcode, in_clear=question.in_clear
        )
        self._open(dialog, "passcode_dialog")
        return dialog

    def _request_echo(self, form: NodeDialog, node: Node) -> None:
        """Ask a node that is being edited, with the passcode and the consent a search would need."""
        question = question_before_echo(node)
        if question is None:
            self._echo.ask(node)
            return

        def agreed() -> None:
            form.security.take_answer(dialog.passcode if question.passcode else None, node.address)
            form.ask()

        dialog = self._open_passcode(question, form)
        dialog.accepted.connect(agreed)
        dialog.rejected.connect(form.echo.clear)

    # --- Rows ---------------------------------------------------------------------------------------------

    def ask_destination(self, then: Callable[[str], None]) -> None:
        """Ask for the AE title an archive is to send to; ``then`` is called with it."""
        dialog = self.destination_dialog = AeTitleDialog(self._window)
        dialog.accepted.connect(lambda: then(dialog.title.text))
        self._open(dialog, "destination_dialog")

    def choose_series(self, title: str, choice: SeriesChoice) -> SeriesDialog:
        """Open the choice of series."""
        self.series_dialog = SeriesDialog(title, choice, self._window)
        self._open(self.series_dialog, "series_dialog")
        return self.series_dialog

    def ask_labels(
        self,
        what: str,
        choice: LabelChoice,
        then: Callable[[tuple[str, ...], tuple[str, ...]], None],
    ) -> None:
        """Ask for the labels of ``what``; ``then`` is called with those to add and those to remove."""
        if self.labels_dialog is not None:
            return
        dialog = self.labels_dialog = LabelsDialog(what, choice, self._window)
        dialog.accepted.connect(lambda: then(dialog.add, dialog.remove))
        self._open(dialog, "labels_dialog")

    def ask_note(self, what: str, note: str, several: bool, then: Callable[[str], None]) -> None:
        """Ask for the note of ``what``, or for an addition to ``several``; ``then`` is called with it."""
        if self.note_dialog is not None:
            return
        dialog = self.note_dialog = NoteDialog(what, note, self._window, several=several)
        dialog.accepted.connect(lambda: then(dialog.note))
        self._open(dialog, "note_dialog")

    # --- Saved searches -----------------------------------------------------------------------------------

    def save_search(
        self,
        search: SavedSearch,
        ticked: Sequence[str],
        saved: Sequence[SavedSearch],
        then: Callable[[SavedSearch], None],
    ) -> None:
        """Ask how a search is to be saved; ``then`` is called with it."""
        if self.save_search_dialog is not None:
            return
        dialog = self.save_search_dialog = SaveSearchDialog(search, ticked, saved, self._window)
        dialog.accepted.connect(lambda: then(dialog.search))
        self._open(dialog, "save_search_dialog")

    def manage_searches(self, searches: Sequence[SavedSearch]) -> SearchesDialog:
        """Open the list of saved searches."""
        if self.searches_dialog is None:
            self.searches_dialog = SearchesDialog(searches, self._window)
            self._open(self.searches_dialog, "searches_dialog")
        return self.searches_dialog

    # --- Settings and facts -------------------------------------------------------------------------------

    def open_settings(self) -> None:
        """Open the preferences."""
        if self.settings_dialog is not None:
            return
        address = own_address()
        dialog = self.settings_dialog = SettingsDialog(
            self._settings.preferences,
            self._window,
            addresses=[address] if address else [],
            library=str(self._folders.library),
        )
        for entry in dialog.files.entries:
            entry.look = self._configuration.look_for_file
        dialog.accepted.connect(lambda: self._configuration.apply_preferences(dialog.preferences))
        self._open(dialog, "settings_dialog")

    def open_keys(self, groups: Sequence[KeyGroup]) -> None:
        """Open the sheet of keys."""
        if self.key_sheet is None:
            self.key_sheet = KeySheet(groups, self._window)
            self._open(self.key_sheet, "key_sheet")

    def open_about(self) -> None:
        """Open what there is to know of this program: versions and folders."""
        if self.about_dialog is not None:
            return
        import pydicom  # late: not needed at the start

        facts = (
            (self.tr("Library"), str(self._library_root)),
            (self.tr("Settings"), str(self._folders.config)),
            (self.tr("Log"), str(self._folders.logs)),
            ("Qt", qVersion()),
            ("Python", sys.version.split()[0]),
            ("pydicom", pydicom.__version__),
        )
        self.about_dialog = AboutDialog(facts, self._window)
        self._open(self.about_dialog, "about_dialog")

    # --- Transfers ----------------------------------------------------------------------------------------

    def open_details(self, details: Details | None) -> None:
        """Open the inspector with the details of a transfer."""
        if details is not None:
            self.open_inspector(details.exchange, details)

    def open_failure(self, message: str, detail: str) -> None:
        """Open the inspector with what failed with ``message``; if it is not kept, show only that."""
        failed = self._inspector.failed_with(message)
        if failed is not None:
            self.open_inspector(failed)
        else:
            self._notices.posted.emit(message, detail, False)

    def open_inspector(self, exchange: Exchange | None = None, details: Details | None = None) -> None:
        """Open what was asked and answered; at ``exchange`` if that is kept, else at the newest."""
        if self.inspector_window is None:
            from workstation.widgets.inspector_window import InspectorWindow  # late: not needed at the start

            window = self.inspector_window = InspectorWindow(self._window)
            inspector = self._inspector
            window.watched.connect(inspector.watch)
            window.recording_wanted.connect(inspector.record)
            window.save_requested.connect(self._save_exchange)
            inspector.changed.connect(window.show_exchanges)
        self.inspector_window.open_at(exchange, details)

    def _save_exchange(self, exchange: Exchange, masked: bool) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self.inspector_window,
            self.tr("Save"),
            f"exchange-{exchange.number}.json",
            self.tr("JSON (*.json)"),
        )
        if name:
            self._inspector.save(Path(name), exchange, masked)

    def ask_background(self, what: str, then: Callable[[Background], None]) -> None:
        """Ask when and how fast ``what`` is to be fetched in the background; calls ``then`` with it."""
        if self.background_dialog is not None:
            return
        dialog = self.background_dialog = BackgroundDialog(what, self._window)
        dialog.accepted.connect(lambda: then(dialog.background))
        self._open(dialog, "background_dialog")

    def _open(self, dialog: QDialog, name: str) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def forget(_: int) -> None:
            setattr(self, name, None)
            parent = dialog.parentWidget()
            if isinstance(parent, QWidget):
                parent.activateWindow()

        dialog.finished.connect(forget)
        dialog.open()


def _in_keyring(node: Node | None) -> bool:
    return node is not None and node.identity is not None and node.identity.secret is Secret.KEPT
