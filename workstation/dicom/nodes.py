"""The configuration of a PACS node: address, AE titles, retrieve method, security, timeouts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from workstation.dicom.matches import Domain
from workstation.dicom.prior_rule import PriorRule
from workstation.dicom.query_options import QueryOptions
from workstation.dicom.rate_limit import RateLimit
from workstation.errors import BadInput, UserMessage

DEFAULT_AE_TITLE = "WORKSTATION"
DEFAULT_PORT = 11112
DEFAULT_MAX_PDU = 128 * 1024
MAX_ASSOCIATIONS = 16
MAX_IDLE = 10.0
"""Seconds an association may be kept idle; some archives have four workers only, for everybody."""
MAX_SECONDS = 1800.0
MAX_HOST = 255
"""Characters of a host name (RFC 1123 2.1), or of an address with its zone."""
MAX_USER = 256
"""Characters of a user's name; PS3.7 D.3.3.7 has room for 65,535 bytes."""
MIN_PDU, MAX_PDU = 4096, 16 * 1024 * 1024


class RetrieveMethod(StrEnum):
    """How a node's images are fetched."""

    AUTOMATIC = "automatic"
    GET = "get"
    MOVE = "move"


class WorklistOffer(StrEnum):
    """Whether a node is asked for its modality worklist (PS3.4 Annex K)."""

    AUTOMATIC = "automatic"
    """As its last check or query told."""
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds this node may be silent; monotonic time.

    The gaps of find and retrieve start again with each answer to our request and with each object of it.
    """

    connect: float = 5.0
    association: float = 10.0
    echo: float = 10.0
    find: float = 60.0
    retrieve: float = 120.0
    store: float = 120.0
    release: float = 5.0

    def __post_init__(self) -> None:
        for each in fields(self):
            check_seconds(getattr(self, each.name))


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS of a node (PS3.15 B.12): paths of PEM files; an empty CA path means the system's trust.

    Attributes:
        passphrase: What unlocks the key, as it was typed or found in the keyring; never written to a file.
    """

    ca: str = ""
    certificate: str = ""
    key: str = ""
    passphrase: str | None = field(default=None, repr=False)


class Secret(StrEnum):
    """Where the passcode of a user comes from."""

    NONE = "none"
    ASKED = "asked"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Identity:
    """User identity (PS3.7 D.3.3.7): type 1 without passcode, type 2 with one.

    Attributes:
        user: The name sent.
        passcode: What was typed or found in the keyring in this session; never written to a file.
        secret: No passcode belongs to it, it is asked for once a session, or the system's keyring keeps it.
        in_clear_to: The ``host:port`` to which the user agreed to send the passcode without TLS; empty: none.
    """

    user: str
    passcode: str | None = field(default=None, repr=False)
    secret: Secret = Secret.NONE
    in_clear_to: str = ""

    @property
    def has_passcode(self) -> bool:
        """A passcode is sent with it, whether it is known yet or not."""
        return self.passcode is not None or self.secret is not Secret.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One archive, as the user configured it. Frozen: a running job keeps the copy it started with.

    Attributes:
        name: Given by the user; also its key in settings.
        ae_title: Its AE title (called).
        host: Name or address.
        port: TCP port.
        calling_ae_title: Our AE title towards it.
        retrieve: C-GET, C-MOVE, or GET then MOVE.
        charset: Specific Character Set assumed for answers that name none; empty: guess.
        shown_charset: The one the window shows its texts by, whatever its answers name; empty: as they say.
        max_pdu: Maximum PDU length we announce, in bytes.
        associations: How many may fetch at once, at most; 1 to :data:`MAX_ASSOCIATIONS`.
        idle: Seconds an association for queries is kept after its last use; 0 to :data:`MAX_IDLE`.
        opens_ahead: An association to fetch with is opened when a study is selected.
        timeouts: In seconds.
        tls: TLS files, or None for a plain connection.
        identity: User identity sent, or None.
        domain: Nodes that name the same one share their patient IDs; empty: it has its own.
        rate_limit: How fast may be fetched from it and sent to it; None: as fast as it goes.
        priors: Which earlier studies are fetched in the background beside one the user fetches; None: none.
        queries: What is proposed for queries by extended negotiation.
        worklist: Whether it is offered where a worklist is to be chosen.
    """

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str = DEFAULT_AE_TITLE
    retrieve: RetrieveMethod = RetrieveMethod.AUTOMATIC
    charset: str = ""
    shown_charset: str = ""
    max_pdu: int = DEFAULT_MAX_PDU
    associations: int = 6
    idle: float = 2.0
    opens_ahead: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: Tls | None = None
    identity: Identity | None = None
    domain: str = ""
    rate_limit: RateLimit | None = None
    priors: PriorRule | None = None
    queries: QueryOptions = field(default_factory=QueryOptions)
    worklist: WorklistOffer = WorklistOffer.AUTOMATIC

    def __post_init__(self) -> None:
        check_ae_title(self.ae_title)
        check_ae_title(self.calling_ae_title)
        check_port(self.port)
        check_host(self.host)
        check_max_pdu(self.max_pdu)
        if self.identity is not None:
            check_user(self.identity.user)
        if not 1 <= self.associations <= MAX_ASSOCIATIONS:
            raise BadInput(
                "number of associations",
                str(self.associations),
                UserMessage("1 to {most}.", most=MAX_ASSOCIATIONS),
            )
        check_idle(self.idle)

    @property
    def label(self) -> str:
        """How messages name it."""
        return self.name or f"{self.ae_title}@{self.host}:{self.port}"

    @property
    def lacks_passcode(self) -> bool:
        """Its user has a passcode that is not known in this session yet."""
        return self.identity is not None and self.identity.has_passcode and self.identity.passcode is None

    @property
    def lacks_consent(self) -> bool:
        """A passcode would go to it unencrypted, and the user did not agree to that for this host and port.

        What stays within this computer, a tunnel for example, needs no consent.
        """
        if self.identity is None or not self.identity.has_passcode or self.tls is not None:
            return False
        return self.identity.in_clear_to != self.address and not _is_loopback(self.host)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    def with_consent(self) -> Node:
        """The same node, the user having agreed to send the passcode to this host and port unencrypted."""
        if self.identity is None:
            return self
        return replace(self, identity=replace(self.identity, in_clear_to=self.address))

    @property
    def patient_domain(self) -> Domain:
        """Where its patient IDs mean something."""
        return ("domain", self.domain) if self.domain else ("source", self.label)


def _is_loopback(host: str) -> bool:
    """Whether what is sent there stays within this computer."""
    if host.casefold() in ("localhost", "localhost."):
        return True
    import ipaddress  # late: hardly any start needs it

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_ae_title(text: str) -> str:
    """Return ``text`` if it is an AE title (PS3.5 6.2, VR AE), else raise :class:`BadInput`."""
    if not text.strip(" "):
        raise BadInput("AE title", text, "give 1 to 16 characters.")
    if len(text) > 16:
        raise BadInput("AE title", text, "at most 16 characters.")
    if not all(" " <= mark <= "~" and mark != "\\" for mark in text):
        raise BadInput("AE title", text, "only plain ASCII characters without backslash.")
    return text


def check_host(text: str) -> str:
    """Return ``text`` if it may be a host name or an address, else raise :class:`BadInput`."""
    if not 0 < len(text) <= MAX_HOST or not text.isprintable() or " " in text:
        raise BadInput("host", text[:MAX_HOST], "give a host name or an IP address.")
    return text


def sender(text: str) -> tuple[str, str]:
    """The AE title and the host of ``AE`` or ``AE@host``; split at the last ``@``, no host: empty."""
    title, at, host = text.rpartition("@")
    return (title, host) if at else (text, "")


def check_sender(text: str) -> str:
    """Return ``text`` if it is an AE title, or one at a host, else raise :class:`BadInput`."""
    title, host = sender(text)
    check_ae_title(title)
    if "@" in text:
        check_host(host)
    return text


def check_user(text: str) -> str:
    """Return ``text`` if it can be sent as a user's name, else raise :class:`BadInput`."""
    if not 0 < len(text) <= MAX_USER or not text.isprintable():
        raise BadInput(
            "user", text[:MAX_USER], UserMessage("1 to {most} printable characters.", most=MAX_USER)
        )
    return text


def check_max_pdu(length: int) -> int:
    """Return ``length`` if we can announce it (PS3.8 D.1; 0: no limit), else raise :class:`BadInput`."""
    if not (length == 0 or MIN_PDU <= length <= MAX_PDU):
        raise BadInput(
            "maximum PDU length",
            str(length),
            UserMessage("0, or {least} to {most} bytes.", least=MIN_PDU, most=MAX_PDU),
        )
    return length


def check_idle(seconds: float) -> float:
    """Return ``seconds`` if an association may be kept idle so long, else raise :class:`BadInput`."""
    if not 0 <= seconds <= MAX_IDLE:  # also what is not a number
        raise BadInput(
            "time an association is kept",
            f"{seconds:g}",
            UserMessage("0 to {most:g} seconds.", most=MAX_IDLE),
        )
    return seconds


def check_seconds(seconds: float) -> float:
    """Return ``seconds`` if they are valid as a timeout, else raise :class:`BadInput`."""
    if not math.isfinite(seconds) or not 0 < seconds <= MAX_SECONDS:
        raise BadInput(
            "timeout", f"{seconds:g}", UserMessage("more than 0, up to {most:g} seconds.", most=MAX_SECONDS)
        )
    return seconds


def check_port(port: int) -> int:
    """Return ``port`` if TCP has it, else raise :class:`BadInput`."""
    if not 1 <= port <= 65535:
        raise BadInput("port", str(port), "a number from 1 to 65535.")
    return port


_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^\[\]:]+)):(?P<port>[0-9]{1,9})")


def parse_node(text: str) -> Node:
    """The node written as ``AET@host:port``; split at the last ``@``, IPv6 in brackets.

    Raises:
        BadInput: A part is missing or out of its range.
    """
    ae_title, at, address = text.rpartition("@")
    found = _ADDRESS.fullmatch(address) if at else None
    if found is None:
        raise BadInput("node", text, "write AET@host:port, for example PACS@10.0.0.5:104.")
    host = found["v6"] or found["host"]
    return Node(name="", ae_title=check_ae_title(ae_title), host=host, port=check_port(int(found["port"])))
