"""The TLS fields of a form: a check box and the PEM files."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox

from workstation.dicom.nodes import Tls
from workstation.errors import BadInput
from workstation.models.translation import translate
from workstation.widgets.file_entry import FileEntry
from workstation.widgets.form import Form


class TlsFiles(QObject):
    """A check box and three file entries, enabled while it is checked.

    Signals:
        changed: A field changed.
    """

    changed = Signal()

    def __init__(
        self, words: str, tls: Tls | None, *, ca_hint: str, certificate_hint: str, server: bool = False
    ) -> None:
        """Show ``tls``.

        Args:
            words: Beside the check box.
            tls: The files to begin with; None: not checked.
            ca_hint: What the CA file is for.
            certificate_hint: What the certificate is for.
            server: Who listens must have a certificate; who connects may have one.
        """
        encrypted = QCheckBox(words)
        super().__init__(
            encrypted
        )  # without a parent Python's garbage collector could delete it in any thread
        files = tls or Tls()
        self._server = server
        self.encrypted = encrypted
        self.encrypted.setChecked(tls is not None)
        self.ca = FileEntry(translate("CA file"), files.ca, hint=ca_hint)
        self.key = FileEntry(translate("Key file"), files.key, hint=translate("PEM, without passphrase"))
        self.certificate = FileEntry(
            translate("Certificate file"),
            files.certificate,
            hint=certificate_hint,
            also=self._check_certificate,
        )
        self.entries = (self.ca, self.certificate, self.key)
        self._follow()
        for entry in self.entries:
            entry.changed.connect(self.changed)
        self.key.changed.connect(self.certificate.touch)
        self.encrypted.toggled.connect(self._follow)
        self.encrypted.toggled.connect(self.changed)

    @property
    def tls(self) -> Tls | None:
        """The TLS files; None for a plain connection."""
        if not self.encrypted.isChecked():
            return None
        return Tls(self.ca.text, self.certificate.text, self.key.text)

    def add_to(self, form: Form) -> None:
        """Add the fields to a form."""
        form.across(self.encrypted)
        for label, entry in (
            (translate("CA &file"), self.ca),
            (translate("Ce&rtificate"), self.certificate),
            (translate("&Key"), self.key),
        ):
            form.compound(label, entry.row, entry.line, entry.note)

    def _check_certificate(self, text: str) -> None:
        if text:
            return
        if self._server:
            raise BadInput("certificate file", text, "who listens needs a certificate.")
        if self.key.text:
            raise BadInput("certificate file", text, "a key needs its certificate.")

    def _follow(self) -> None:
        for entry in self.entries:
            entry.enable(self.encrypted.isChecked())
