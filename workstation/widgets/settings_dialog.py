"""The preferences of the program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from workstation.dicom.nodes import check_ae_title
from workstation.settings.preferences import Preferences, Theme, check_address
from workstation.widgets.choices import Choices
from workstation.widgets.file_entry import FileEntry
from workstation.widgets.form import Entry, Form, Note
from workstation.widgets.node_dialog import port_number


def _titles(text: str) -> tuple[str, ...]:
    return tuple(title.strip() for title in text.replace(";", ",").split(",") if title.strip())


def _check_titles(text: str) -> None:
    for title in _titles(text):
        check_ae_title(title)


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
            ", ".join(preferences.accept_from), _check_titles, self.tr("AE titles, with commas between")
        )
        self.library = FileEntry(
            self.tr("Library folder"),
            preferences.library,
            folder=True,
            hint=self.tr("From the next start on"),
        )
        self.library.line.setPlaceholderText(library)
        self.theme = Choices(
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
        self._entries = (self.ae_title, self.port, self.address, self.accept_from, self.library)
        self._lay_out(addresses)
        for entry in self._entries:
            entry.changed.connect(self._judge)
        self.always.toggled.connect(self._judge)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._judge()
        self.ae_title.line.setFocus()

    @property
    def preferences(self) -> Preferences:
        """The preferences as the form says.

        Raises:
            BadInput: Something cannot be used.
        """
        for entry in self._entries:
            if (trouble := entry.trouble) is not None:
                raise trouble
        return Preferences(
            self.ae_title.text,
            port_number(self.port.text),
            self.library.text,
            self.theme.value,
            self.address.text,
            self.always.isChecked(),
            _titles(self.accept_from.text),
            join_pushes=self.join_pushes.isChecked(),
        )

    def _lay_out(self, addresses: Sequence[str]) -> None:
        page = QWidget()
        form = Form(page)
        form.entry(self.tr("Our own AE &title"), self.ae_title)
        form.entry(self.tr("Listener’s &port"), self.port)
        form.entry(self.tr("Listener’s &address"), self.address)
        form.across(self.always)
        form.entry(self.tr("Take pushes &from"), self.accept_from)
        if addresses:
            tell = QLabel(
                self.tr(
                    "For C-MOVE an archive’s administrator needs: AE title, port and {addresses}."
                ).format(addresses=", ".join(addresses))
            )
            tell.setObjectName("quiet")
            tell.setWordWrap(True)
            tell.setTextFormat(Qt.TextFormat.PlainText)
            tell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.across(tell)
        form.compound(self.tr("&Library folder"), self.library.row, self.library.line, self.library.note)
        form.field(self.tr("&Colours"), self.theme, Note())
        form.across(self.join_pushes)
        form.end()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 14)
        whole.addWidget(page, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.buttons)
        whole.addLayout(foot)

    def _judge(self) -> None:
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not [entry for entry in self._entries if entry.trouble is not None])
        self.accept_from.line.setEnabled(self.always.isChecked())
