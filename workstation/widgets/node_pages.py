"""The pages “Advanced” and “Security” of a node."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from workstation.dicom.character_set_choices import CHARACTER_SETS
from workstation.dicom.hours import Hours, parse_hours
from workstation.dicom.nodes import (
    DEFAULT_MAX_PDU,
    MAX_ASSOCIATIONS,
    MAX_IDLE,
    MAX_SECONDS,
    Identity,
    Node,
    Secret,
    Timeouts,
    Tls,
)
from workstation.dicom.rate_limit import MOST_MEGABITS, RateLimit
from workstation.models.translation import translate
from workstation.widgets.choice_box import ChoiceBox
from workstation.widgets.form import Entry, Form, Note
from workstation.widgets.tls_files import TlsFiles

_PDUS = (16 * 1024, 32 * 1024, 64 * 1024, 128 * 1024, 256 * 1024, 1024 * 1024, 0)

_KEPT, _USUAL = (0.0, 2.0, MAX_IDLE), 2.0


class AdvancedPage(QWidget):
    """Patient ID domain, character set, PDU length, associations, what is kept open, rate limit, timeouts.

    Signals:
        changed: A field changed.
    """

    changed = Signal()

    def __init__(self, start: Node) -> None:
        super().__init__()
        self.domain = Entry(
            start.domain, lambda text: None, self.tr("Archives of one domain share patient IDs")
        )
        names = {**CHARACTER_SETS}
        names.setdefault(start.charset, start.charset)
        self.charset = ChoiceBox(((term, _named(term, name)) for term, name in names.items()), start.charset)
        lengths = sorted({*_PDUS, start.max_pdu}, key=lambda length: length or 2**40)
        self.max_pdu = ChoiceBox(((length, self._length(length)) for length in lengths), start.max_pdu)
        self.associations = QSpinBox()
        self.associations.setRange(1, MAX_ASSOCIATIONS)
        self.associations.setValue(start.associations)
        limit = start.rate_limit
        self.megabits = QDoubleSpinBox()
        self.megabits.setDecimals(1)
        self.megabits.setRange(0, MOST_MEGABITS)
        self.megabits.setValue(0 if limit is None else limit.megabits)
        self.megabits.setSuffix(self.tr(" Mbit/s"))
        self.megabits.setSpecialValueText(self.tr("No limit"))
        hours = "" if limit is None or limit.hours is None else str(limit.hours)
        self.limit_hours = Entry(hours, _hours, self.tr("Empty: always. For example 07:00-18:00"))
        kept = sorted({*_KEPT, start.idle})
        self.idle = ChoiceBox(((seconds, self._kept(seconds)) for seconds in kept), start.idle)
        self.opens_ahead = QCheckBox(self.tr("When a study is selected"))
        self.opens_ahead.setChecked(start.opens_ahead)
        self._timeouts = start.timeouts
        self._timeout_boxes: dict[str, QDoubleSpinBox] = {}
        for name in ("connect", "association", "find", "retrieve"):
            box = self._timeout_boxes[name] = QDoubleSpinBox()
            box.setDecimals(1)
            box.setRange(0.1, MAX_SECONDS)
            box.setValue(getattr(start.timeouts, name))
            box.setSuffix(self.tr(" s"))
            box.valueChanged.connect(self.changed)
        for number in (self.associations, self.megabits, *self._timeout_boxes.values()):
            number.lineEdit().setTextMargins(6, 0, 0, 0)  # as in other fields; a style sheet cannot say it
        self.domain.changed.connect(self.changed)
        self.charset.currentIndexChanged.connect(self.changed)
        self.max_pdu.currentIndexChanged.connect(self.changed)
        self.associations.valueChanged.connect(self.changed)
        self.megabits.valueChanged.connect(self.changed)
        self.megabits.valueChanged.connect(self._follow)
        self.limit_hours.changed.connect(self.changed)
        self.idle.currentIndexChanged.connect(self.changed)
        self.opens_ahead.toggled.connect(self.changed)
        self._lay_out()
        self._follow()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries whose text is checked."""
        return (self.limit_hours,)

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit as entered; None: there is none.

        Raises:
            BadInput: The hours are none.
        """
        megabits = self.megabits.value()
        return RateLimit(megabits, _hours(self.limit_hours.text)) if megabits else None

    def _follow(self) -> None:
        self.limit_hours.line.setEnabled(bool(self.megabits.value()))

    @property
    def timeouts(self) -> Timeouts:
        """The timeouts as entered; those without a field are unchanged."""
        return replace(self._timeouts, **{name: box.value() for name, box in self._timeout_boxes.items()})

    def _lay_out(self) -> None:
        form = Form(self)
        form.entry(self.tr("Patient ID d&omain"), self.domain)
        form.field(self.tr("Cha&racter set"), self.charset, Note(self.tr("Used when an answer names none")))
        form.field(self.tr("Maximum PDU &length"), self.max_pdu)
        form.field(
            self.tr("Parallel assoc&iations"),
            self.associations,
            Note(self.tr("At most so many fetch or send at once, if that is faster")),
        )
        form.field(
            self.tr("&Keep association"),
            self.idle,
            Note(self.tr("Rows open faster; the archive serves one fewer meanwhile")),
        )
        form.field(
            self.tr("Open &ahead"),
            self.opens_ahead,
            Note(self.tr("An association to fetch with: the first image comes sooner")),
        )
        form.field(self.tr("&Rate limit"), self.megabits, Note(self.tr("All fetching and sending together")))
        form.entry(self.tr("Hours of the li&mit"), self.limit_hours)
        words = {
            "connect": (self.tr("Co&nnection timeout"), self.tr("Then the archive counts as unreachable")),
            "association": (self.tr("Association timeout"), ""),
            "find": (self.tr("&Query timeout"), self.tr("Longest wait between two answers")),
            "retrieve": (self.tr("Retrie&ve timeout"), self.tr("Archives with tapes take minutes")),
        }
        for name, (label, hint) in words.items():
            form.field(label, self._timeout_boxes[name], Note(hint))
        form.end()

    def _kept(self, seconds: float) -> str:
        if not seconds:
            return self.tr("Not kept")
        text = self.tr("{n:g} s after a query").format(n=seconds)
        return self.tr("{text} (usual)").format(text=text) if seconds == _USUAL else text

    def _length(self, length: int) -> str:
        if not length:
            return self.tr("No limit")
        text = f"{length // 1024} KiB" if length % 1024 == 0 else self.tr("{n} bytes").format(n=length)
        return self.tr("{length} (usual)").format(length=text) if length == DEFAULT_MAX_PDU else text


class SecurityPage(QWidget):
    """TLS and user identity.

    Signals:
        changed: A field changed.
    """

    changed = Signal()

    def __init__(self, start: Node, *, keyring: bool) -> None:
        super().__init__()
        self.files = TlsFiles(
            self.tr("Connect with &TLS"),
            start.tls,
            ca_hint=self.tr("PEM; empty: authorities this system trusts"),
            certificate_hint=self.tr("PEM; only if the archive requires one"),
        )
        identity = start.identity or Identity("")
        self.user = Entry(identity.user, lambda text: None, self.tr("Empty: no user identity is sent"))
        self._in_clear_to = identity.in_clear_to
        self._in_keyring = self.tr("Kept in this system’s keyring")
        self.secret = ChoiceBox(
            (
                (Secret.NONE, self.tr("None")),
                (Secret.ASKED, self.tr("Asked once per session")),
                *(((Secret.KEPT, self._in_keyring),) if keyring else ()),
            ),
            identity.secret if keyring or identity.secret is not Secret.KEPT else Secret.ASKED,
        )
        self.passcode = QLineEdit(identity.passcode or "")
        self.passcode.setEchoMode(QLineEdit.EchoMode.Password)
        self._lay_out()
        self._follow()
        self.user.changed.connect(self.changed)
        self.files.changed.connect(self.changed)
        self.secret.currentIndexChanged.connect(self.changed)
        self.passcode.textChanged.connect(self.changed)
        self.changed.connect(self._follow)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries whose text is checked."""
        return (*self.files.entries, self.user)

    @property
    def tls(self) -> Tls | None:
        """The TLS files; None for a plain connection."""
        return self.files.tls

    @property
    def identity(self) -> Identity | None:
        """The user identity, with the passcode typed here if any."""
        if not self.user.text:
            return None
        secret = self.secret.value
        passcode = self.passcode.text() if secret is not Secret.NONE else ""
        in_clear_to = "" if self.tls is not None or secret is Secret.NONE else self._in_clear_to
        return Identity(self.user.text, passcode or None, secret, in_clear_to)

    def take_answer(self, passcode: str | None, address: str) -> None:
        """Take the typed passcode, if any, and the consent to send it unencrypted to ``address``."""
        if passcode is not None:
            self.passcode.setText(passcode)
        if self.tls is None:
            self._in_clear_to = address

    def offer_keyring(self) -> None:
        """Offer to keep the passcode in the keyring, once it is known to exist."""
        self.secret.offer(Secret.KEPT, self._in_keyring)

    def _follow(self) -> None:
        named = bool(self.user.text)
        self.secret.setEnabled(named)
        self.passcode.setEnabled(named and self.secret.value is not Secret.NONE)

    def _lay_out(self) -> None:
        form = Form(self)
        self.files.add_to(form)
        form.entry(self.tr("&User name"), self.user)
        form.field(self.tr("&Passcode"), self.secret)
        form.field(self.tr("Passcode for &now"), self.passcode, Note(self.tr("Never saved to a file")))
        form.end()


def _hours(text: str) -> Hours | None:
    """The hours that were typed; None: no text."""
    return parse_hours(text) if text else None


def _named(term: str, name: str) -> str:
    words = translate(name)
    return f"{words}  ·  {term}" if term and term != name else words
