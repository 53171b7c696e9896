"""Edit the preferences of the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QTabWidget, QVBoxLayout, QWidget

from workstation.dicom.nodes import check_ae_title
from workstation.dicom.person_names import NameGroup, NameOrder
from workstation.errors import BadInput
from workstation.settings.preferences import (
    Preferences,
    Theme,
    check_address,
    check_kept_frames,
    check_search_limit,
)
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.dialog_buttons import ok_and_cancel
from workstation.widgets.file_entry import FileEntry
from workstation.widgets.form import Entry, Form, Note
from workstation.widgets.icons import icon
from workstation.widgets.node_dialog import port_number
from workstation.widgets.python_slot import python_slot
from workstation.widgets.scrolling import Scrolling, fit
from workstation.widgets.theme import colours
from workstation.widgets.tls_files import TlsFiles


def _titles(text: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in text.replace(";", ",").split(",") if title.strip())


def _check_senders(text: str) -> None:
    Preferences(accept_from=_titles(text))


def _megabytes(text: str) -> int:
    if not _is_number(text):
        raise BadInput("memory for images", text, "0 to 65536 MB.")
    return check_kept_frames(int(text))


def _answers(text: str) -> int:
    return check_search_limit(int(text) if _is_number(text) else 0)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


class SettingsDialog(QDialog):
    """A form over :class:`Preferences`."""

    def __init__(
        self,
        preferences: Preferences,
        parent: QWidget | None = None,
        *,
        addresses: Sequence[str] = (),
        library: str = "",
    ) -> None:
        """Show the preferences in a form.

        Args:
            preferences: Initial values.
            parent: The window it belongs to.
            addresses: Addresses of this computer, shown for the administrator of an archive.
            library: The folder used where the preferences name none.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self._before = preferences
        self.ae_title = Entry(preferences.ae_title, check_ae_title, self.tr("Unique in your network"))
        self.port = Entry(str(preferences.port), port_number, self.tr("Archives send images to this port"))
        here = self.tr("Empty: all addresses of this computer")
        self.address = Entry(preferences.address, check_address, here)
        self.always = QCheckBox(self.tr("Listen as long as this &window is open"))
        self.always.setChecked(preferences.listen_always)
        self.accept_from = Entry(
            ", ".join(preferences.accept_from),
            _check_senders,
            self.tr("AE titles or AE@host, separated by commas"),
        )
        self.refusing = _hint(
            self.tr(
                "Pushed images are not kept: the list is empty. Enter the AE titles that may send images"
                " here, for example that of a scanner. Images that this workstation fetches need no entry."
            )
        )
        self.refusing.setObjectName("warning")
        self.files = TlsFiles(
            self.tr("&Encrypted: images are received by TLS only"),
            preferences.listener_tls,
            ca_hint=self.tr("PEM; empty: senders need no certificate"),
            certificate_hint=self.tr("PEM; certificate of this workstation"),
            server=True,
        )
        self.decode_lossy = QCheckBox(
            self.tr("&Send lossily compressed images decoded if the archive does not accept them compressed")
        )
        self.decode_lossy.setChecked(preferences.decode_lossy)
        self.library = FileEntry(
            self.tr("Library folder"),
            preferences.library,
            folder=True,
            hint=self.tr("Takes effect at the next start"),
        )
        self.library.line.setPlaceholderText(library)
        self.kept_frames = Entry(
            str(preferences.kept_frames), _megabytes, self.tr("In MB, for studies no longer shown")
        )
        self.search_limit = Entry(
            str(preferences.search_limit), _answers, self.tr("From each archive; the rest can be loaded then")
        )
        self.theme = ChoiceBox(
            (
                (Theme.SYSTEM, self.tr("As the system")),
                (Theme.DARK, self.tr("Dark")),
                (Theme.LIGHT, self.tr("Light")),
            ),
            preferences.theme,
        )
        self.name_order = ChoiceBox(
            (
                (NameOrder.FAMILY_COMMA, self.tr("Doe, John")),
                (NameOrder.FAMILY_FIRST, self.tr("Doe John")),
                (NameOrder.GIVEN_FIRST, self.tr("John Doe")),
                (NameOrder.STORED, self.tr("Doe^John (as stored)")),
            ),
            preferences.name_order,
        )
        self.name_group = ChoiceBox(
            (
                (NameGroup.IDEOGRAPHIC, self.tr("Ideographic (山田 太郎)")),
                (NameGroup.ALPHABETIC, self.tr("Alphabetic (Yamada, Tarou)")),
                (NameGroup.PHONETIC, self.tr("Phonetic (やまだ たろう)")),
            ),
            preferences.name_group,
        )
        self.join_pushes = QCheckBox(self.tr("&One row per patient for images sent by several modalities"))
        self.join_pushes.setChecked(preferences.join_pushes)
        self.join_pushes.setToolTip(
            self.tr("Only if patient ID, name and birth date are present and equal. Files are not changed.")
        )
        self.resume_fetches = QCheckBox(self.tr("&Resume unfinished fetches at the start without asking"))
        self.resume_fetches.setChecked(preferences.resume_fetches)
        self.notify_transfers = QCheckBox(
            self.tr("&Tell when long transfers end while another window is in front")
        )
        self.notify_transfers.setChecked(preferences.notify_transfers)
        self.notify_transfers.setToolTip(self.tr("Only how many ended, and how: nothing of a patient."))
        self.one_of_each = QCheckBox(self.tr("&Fetch one image of each series first, then the rest"))
        self.one_of_each.setChecked(preferences.one_of_each)
        self.one_of_each.setToolTip(
            self.tr("All thumbnails come early; the whole study takes a little longer.")
        )
        self.buttons = ok_and_cancel()
        self._entries: tuple[Entry, ...] = (
            *(self.ae_title, self.port, self.address, self.accept_from, self.library, self.kept_frames),
            self.search_limit,
            *self.files.entries,
        )
        self._lay_out(addresses)
        for entry in self._entries:
            entry.changed.connect(self._update_buttons)
        for entry in self._entries:
            entry.line.left.connect(self._update_buttons)
        self.always.toggled.connect(self._update_buttons)
        self.files.changed.connect(self._update_buttons)
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self._update_buttons()
        self.ae_title.line.setFocus()
        fit(self)

    @property
    def preferences(self) -> Preferences:
        """The preferences as entered.

        Raises:
            BadInput: A field is not valid.
        """
        for entry in self._entries:
            if (error := entry.error) is not None:
                raise error
        return replace(
            self._before,
            ae_title=self.ae_title.text,
            port=port_number(self.port.text),
            library=self.library.text,
            theme=self.theme.value,
            name_order=self.name_order.value,
            name_group=self.name_group.value,
            address=self.address.text,
            listen_always=self.always.isChecked(),
            accept_from=_titles(self.accept_from.text),
            listener_tls=self.files.tls,
            decode_lossy=self.decode_lossy.isChecked(),
            kept_frames=_megabytes(self.kept_frames.text),
            join_pushes=self.join_pushes.isChecked(),
            resume_fetches=self.resume_fetches.isChecked(),
            notify_transfers=self.notify_transfers.isChecked(),
            one_of_each=self.one_of_each.isChecked(),
            search_limit=_answers(self.search_limit.text),
        )

    def _lay_out(self, addresses: Sequence[str]) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._general(), self.tr("&General"))
        self.tabs.addTab(self._listener(addresses), self.tr("Lis&tener"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 14)
        whole.addWidget(Scrolling(self.tabs), 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.buttons)
        whole.addLayout(foot)

    def _general(self) -> QWidget:
        page = QWidget()
        form = Form(page)
        form.entry(self.tr("Our &own AE title"), self.ae_title)
        form.compound(self.tr("&Library folder"), self.library.row, self.library.line, self.library.note)
        form.entry(self.tr("&Answers per search"), self.search_limit)
        form.entry(self.tr("&Keep decoded images"), self.kept_frames)
        form.field(self.tr("&Colours"), self.theme, Note())
        form.field(self.tr("&Names of patients"), self.name_order, Note())
        form.field(
            self.tr("Scr&ipt shown first"),
            self.name_group,
            Note(self.tr("Of names stored in several scripts")),
        )
        form.across(self.one_of_each)
        form.across(self.join_pushes)
        form.across(self.resume_fetches)
        form.across(self.notify_transfers)
        form.across(self.decode_lossy)
        form.across(
            _hint(
                self.tr(
                    "The archive then receives the decoded pixels: nothing more is lost, and the image stays"
                    " marked as lossily compressed, but it is much larger. Otherwise such an image is not"
                    " sent, and the transfer reports it. The local copy is not changed."
                )
            )
        )
        form.end()
        return page

    def _listener(self, addresses: Sequence[str]) -> QWidget:
        page = QWidget()
        form = Form(page)
        form.entry(self.tr("&Port"), self.port)
        form.entry(self.tr("&Address"), self.address)
        if addresses:
            words = self.tr(
                "For C-MOVE the administrator of the archive needs: AE title, port and {addresses}."
            )
            hint = _hint(words.format(addresses=", ".join(addresses)))
            hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.across(hint)
        form.across(self.always)
        form.entry(self.tr("Accept images sent b&y"), self.accept_from)
        form.across(self.refusing)
        self.files.add_to(form)
        form.end()
        return page

    def _update_buttons(self) -> None:
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not [entry for entry in self._entries if entry.error is not None])
        self.accept_from.line.setEnabled(self.always.isChecked())
        self.refusing.setVisible(self.always.isChecked() and not _titles(self.accept_from.text))
        sign = icon("bad", self.palette(), colours(self.palette()).bad)
        for index in range(self.tabs.count()):
            page = self.tabs.widget(index)
            wrong = any(
                entry.in_error and page is not None and page.isAncestorOf(entry.line)
                for entry in self._entries
            )
            self.tabs.setTabIcon(index, sign if wrong else QIcon())


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("quiet")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
