"""The preferences of the program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QTabWidget, QVBoxLayout, QWidget

from workstation.dicom.nodes import check_ae_title
from workstation.errors import BadInput
from workstation.settings.preferences import (
    Preferences,
    Theme,
    check_address,
    check_kept_frames,
)
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.file_entry import FileEntry
from workstation.widgets.form import Entry, Form, Note
from workstation.widgets.icons import icon
from workstation.widgets.node_dialog import port_number
from workstation.widgets.python_slot import python_slot
from workstation.widgets.theme import colours
from workstation.widgets.tls_files import TlsFiles


def _titles(text: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in text.replace(";", ",").split(",") if title.strip())


def _check_senders(text: str) -> None:
    Preferences(accept_from=_titles(text))


def _megabytes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("memory for images", text, "0 to 65536 MB.")
    return check_kept_frames(int(text))


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
        """A dialog over the preferences as they are.

        Args:
            preferences: What to begin with.
            parent: The window it belongs to.
            addresses: This computer's own, shown for an archive's administrator.
            library: The folder used where the preferences name none.
        """
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.ae_title = Entry(
            preferences.ae_title, check_ae_title, self.tr("Unlike any other in your network")
        )
        self.port = Entry(str(preferences.port), port_number, self.tr("Archives send images to it"))
        here = self.tr("Empty: all addresses of this computer")
        self.address = Entry(preferences.address, check_address, here)
        self.always = QCheckBox(self.tr("Listen as long as this &window is open"))
        self.always.setChecked(preferences.listen_always)
        self.accept_from = Entry(
            ", ".join(preferences.accept_from),
            _check_senders,
            self.tr("AE titles, or AE@host; commas between"),
        )
        self.refusing = _quiet(
            self.tr(
                "Nothing that is pushed is kept: the list is empty. Enter the AE titles of those who may send"
                " images here, a scanner’s for example. What this workstation fetches needs no entry."
            )
        )
        self.refusing.setObjectName("warning")
        self.files = TlsFiles(
            self.tr("&Encrypted: whoever sends images here speaks TLS"),
            preferences.listener_tls,
            ca_hint=self.tr("PEM; empty: senders need no certificate"),
            certificate_hint=self.tr("PEM; of this workstation"),
            server=True,
        )
        self.decode_lossy = QCheckBox(
            self.tr("&Send lossily compressed images decoded where an archive does not take them compressed")
        )
        self.decode_lossy.setChecked(preferences.decode_lossy)
        self.library = FileEntry(
            self.tr("Library folder"),
            preferences.library,
            folder=True,
            hint=self.tr("From the next start on"),
        )
        self.library.line.setPlaceholderText(library)
        self.kept_frames = Entry(
            str(preferences.kept_frames), _megabytes, self.tr("In MB, of closed studies")
        )
        self.theme = ChoiceBox(
            (
                (Theme.SYSTEM, self.tr("As the system")),
                (Theme.DARK, self.tr("Dark")),
                (Theme.LIGHT, self.tr("Light")),
            ),
            preferences.theme,
        )
        self.join_pushes = QCheckBox(self.tr("&One row for a patient whom several modalities send"))
        self.join_pushes.setChecked(preferences.join_pushes)
        self.join_pushes.setToolTip(
            self.tr(
                "Only where patient ID, name and birth date are all there and equal. Files stay as they are."
            )
        )
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._entries: tuple[Entry, ...] = (
            *(self.ae_title, self.port, self.address, self.accept_from, self.library, self.kept_frames),
            *self.files.entries,
        )
        self._lay_out(addresses)
        for entry in self._entries:
            entry.changed.connect(self._judge)
        for entry in self._entries:
            entry.line.left.connect(self._judge)
        self.always.toggled.connect(self._judge)
        self.files.changed.connect(self._judge)
        self.buttons.accepted.connect(python_slot(self.accept))
        self.buttons.rejected.connect(python_slot(self.reject))
        self._judge()
        self.ae_title.line.setFocus()

    @property
    def preferences(self) -> Preferences:
        """The preferences as the form says.

        Raises:
            BadInput: Something cannot be used.
        """
        for entry in self._entries:
            if (error := entry.error) is not None:
                raise error
        return Preferences(
            self.ae_title.text,
            port_number(self.port.text),
            self.library.text,
            self.theme.value,
            self.address.text,
            self.always.isChecked(),
            _titles(self.accept_from.text),
            self.files.tls,
            self.decode_lossy.isChecked(),
            _megabytes(self.kept_frames.text),
            self.join_pushes.isChecked(),
        )

    def _lay_out(self, addresses: Sequence[str]) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._general(), self.tr("&General"))
        self.tabs.addTab(self._listener(addresses), self.tr("Lis&tener"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 14)
        whole.addWidget(self.tabs, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.buttons)
        whole.addLayout(foot)

    def _general(self) -> QWidget:
        page = QWidget()
        form = Form(page)
        form.entry(self.tr("Our &own AE title"), self.ae_title)
        form.compound(self.tr("&Library folder"), self.library.row, self.library.line, self.library.note)
        form.entry(self.tr("&Keep decoded images"), self.kept_frames)
        form.field(self.tr("&Colours"), self.theme, Note())
        form.across(self.join_pushes)
        form.across(self.decode_lossy)
        form.across(
            _quiet(
                self.tr(
                    "The archive then gets the pixels as they are decoded here: nothing more is lost, and the"
                    " image stays marked as lossily compressed, but it takes much more room. Without this it"
                    " is not sent, and the transfer says so. The copy here stays as it is."
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
            words = self.tr("For C-MOVE an archive’s administrator needs: AE title, port and {addresses}.")
            tell = _quiet(words.format(addresses=", ".join(addresses)))
            tell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.across(tell)
        form.across(self.always)
        form.entry(self.tr("Keep p&ushes from"), self.accept_from)
        form.across(self.refusing)
        self.files.add_to(form)
        form.end()
        return page

    def _judge(self) -> None:
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not [entry for entry in self._entries if entry.error is not None])
        self.accept_from.line.setEnabled(self.always.isChecked())
        self.refusing.setVisible(self.always.isChecked() and not _titles(self.accept_from.text))
        sign = icon("bad", self.palette(), colours(self.palette()).bad)
        for place in range(self.tabs.count()):
            page = self.tabs.widget(place)
            wrong = any(
                entry.in_error and page is not None and page.isAncestorOf(entry.line)
                for entry in self._entries
            )
            self.tabs.setTabIcon(place, sign if wrong else QIcon())


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("quiet")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
