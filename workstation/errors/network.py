"""Errors of a node, an association or a DIMSE operation, and of the listener."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from workstation.errors.base import UserMessage, WorkstationError


@dataclass(eq=False)
class NetworkError(WorkstationError):
    """An error of a node; ``node`` is how the user knows it (its name, else ``AET@host:port``)."""

    node: str
    template: ClassVar[str] = "{node} could not be reached."


@dataclass(eq=False)
class HostUnknown(NetworkError):
    """The host name has no address."""

    host: str
    template: ClassVar[str] = (
        "The host name “{host}” of {node} is not known. Check its spelling and the network."
    )


@dataclass(eq=False)
class Unreachable(NetworkError):
    """No TCP connection could be established. ``reason`` is the operating system's."""

    host: str
    port: int
    reason: str
    refused: bool = False
    template: ClassVar[str] = (
        "{node} does not answer at {host}:{port}. Check host, port, network and firewall."
    )

    @property
    def message_template(self) -> str:
        if self.refused:
            return (
                "Nothing listens at {host}:{port}, where {node} should be."
                " Check host and port, or start the archive."
            )
        return self.template

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class TlsFailed(NetworkError):
    """The TLS handshake failed. ``kind`` is one of the keys of ``KINDS``."""

    kind: str
    reason: str
    KINDS: ClassVar[dict[str, str]] = {
        "untrusted": "The certificate of {node} is not signed by a trusted authority. Choose the right CA file.",
        "name": "The certificate of {node} was issued for another host name. Check the host of this node.",
        "expired": "The certificate of {node} has expired or is not valid yet. Its administrator must renew it.",
        "plain": "{node} does not speak TLS on this port. Switch TLS off or use its TLS port.",
        "client": "{node} did not accept our certificate. Set the client certificate it asks for.",
        "version": "{node} offers no TLS version that is secure (1.2 or 1.3). Its administrator must allow one.",
        "locked": "The TLS key for {node} is protected by a passphrase. On a terminal the command line asks for it; or take a key without one.",
        "passphrase": "The passphrase does not unlock the TLS key for {node}. Try again, or check the key file.",
        "files": "The TLS files for {node} cannot be used. Check CA, certificate and key file.",
        "other": "No TLS connection with {node} could be established.",
    }

    @property
    def message_template(self) -> str:
        return self.KINDS[self.kind]

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class PasscodeMissing(NetworkError):
    """The user of a node has a passcode, and it is not known: nothing is sent without it."""

    user: str
    template: ClassVar[str] = "{node} was not asked: the passcode of “{user}” is missing."


@dataclass(eq=False)
class PasscodeInClear(NetworkError):
    """The passcode would go over the network unencrypted (PS3.7 D.3.3.7), and the user did not agree to that."""

    template: ClassVar[str] = (
        "{node} was not asked: the passcode would go to it unencrypted. Use TLS, or agree to that for this node."
    )


@dataclass(eq=False)
class AssociationRejected(NetworkError):
    """A-ASSOCIATE-RJ (PS3.8 9.3.4): ``result`` 1 permanent, 2 transient; ``source``; ``reason``."""

    calling: str
    called: str
    result: int
    source: int
    reason: int
    MESSAGES: ClassVar[dict[tuple[int, int], str]] = {
        (1, 1): "{node} refused the association and gave no reason.",
        (1, 2): "{node} does not support the DICOM application context.",
        (1, 3): (
            "{node} does not know this workstation’s AE title “{calling}”."
            " Ask its administrator to add it, or set the one it knows."
        ),
        (1, 7): "{node} does not accept the called AE title “{called}”. Correct the AE title of this node.",
        (2, 1): "{node} refused the association without saying why.",
        (2, 2): "{node} does not support our DICOM protocol version.",
        (3, 1): "{node} is congested at the moment. Try again in a minute.",
        (3, 2): "{node} already serves as many associations as it allows. Try again in a minute.",
    }

    @property
    def transient(self) -> bool:
        """The peer said that a later try may succeed."""
        return self.result == 2

    @property
    def message_template(self) -> str:
        return self.MESSAGES.get((self.source, self.reason), "{node} refused the association.")

    @property
    def detail(self) -> str:
        return f"A-ASSOCIATE-RJ result {self.result}, source {self.source}, reason {self.reason}"


@dataclass(eq=False)
class AssociationAborted(NetworkError):
    """The peer sent A-ABORT (PS3.8 9.3.8)."""

    source: int
    reason: int
    template: ClassVar[str] = "{node} aborted the association."

    @property
    def detail(self) -> str:
        return f"A-ABORT source {self.source}, reason {self.reason}"


@dataclass(eq=False)
class ConnectionLost(NetworkError):
    """The connection ended in the middle of something. ``reason`` is the operating system's."""

    reason: str
    template: ClassVar[str] = "The connection to {node} was lost."

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class TimedOut(NetworkError):
    """The peer was silent, or too slow, for ``seconds`` while we waited for ``waiting_for``."""

    waiting_for: str
    seconds: float
    template: ClassVar[str] = "{node} did not send {waiting_for} within {seconds:g} seconds."
    message_fields: ClassVar[tuple[str, ...]] = ("waiting_for",)


@dataclass(eq=False)
class ProtocolError(NetworkError):
    """The peer broke the protocol; the association was aborted. ``fault`` says how."""

    fault: str
    template: ClassVar[str] = "{node} sent something that is not valid DICOM; the association was ended."

    @property
    def detail(self) -> str:
        return self.fault


@dataclass(eq=False)
class ServiceRefused(NetworkError):
    """No presentation context for ``service`` was accepted."""

    service: str
    template: ClassVar[str] = "{node} does not offer {service}."
    message_fields: ClassVar[tuple[str, ...]] = ("service",)


@dataclass(eq=False)
class OnlyWorklists(ServiceRefused):
    """The node has no studies to search for: it accepts queries of its worklist, and no others."""

    template: ClassVar[str] = "{node} offers a worklist only, no search for studies."

    @property
    def what_to_try(self) -> UserMessage:
        return UserMessage("Look at its worklist (Ctrl+Shift+W).")


@dataclass(eq=False)
class NoWorklist(NetworkError):
    """The Modality Worklist class was not accepted (PS3.4 K.6); ``calling``: our AE title."""

    calling: str
    template: ClassVar[str] = "{node} offers no worklist."

    @property
    def what_to_try(self) -> UserMessage:
        words = "Choose another one, or have its administrator allow that for the AE title “{calling}”."
        return UserMessage(words, calling=self.calling)


@dataclass(eq=False)
class OperationFailed(NetworkError):
    """A final DIMSE status of the failure class, or an absent one.

    Attributes:
        service: The service's name: C-FIND, C-GET, C-MOVE, C-STORE, C-ECHO, storage commitment.
        code: The status; None when the peer sent none.
        comment: The peer's Error Comment (0000,0902), cleaned for display.
        meaning: What the status means here, as an end of the message; empty when unknown.
        remedy: What the user can try; empty when nothing is known to help.
        elements: The Offending Elements (0000,0901) that the peer named: tag and name.
    """

    service: str
    code: int | None
    comment: str = ""
    meaning: str = ""
    remedy: str = field(default="", kw_only=True)
    elements: tuple[str, ...] = field(default=(), kw_only=True)
    template: ClassVar[str] = "{node} could not do the {service}{meaning}."

    @property
    def facts(self) -> dict[str, object]:
        ending = UserMessage(": {words}", words=self.meaning) if self.meaning else ""
        return super().facts | {"meaning": ending}

    @property
    def status(self) -> int | None:
        return self.code

    @property
    def detail(self) -> str:
        code = "no status" if self.code is None else f"status 0x{self.code:04X}"
        comment = f"“{self.comment}”" if self.comment else ""
        return ", ".join(part for part in (code, comment, *self.elements) if part)

    @property
    def what_to_try(self) -> UserMessage:
        return UserMessage(self.remedy)


@dataclass(eq=False)
class MoveDestinationUnknown(OperationFailed):
    """A801H and its relatives: the archive does not know, or cannot reach, the destination AE title.

    ``get_refused``: it is known to offer no C-GET; ``get_failed``: that brought nothing.
    """

    destination: str = ""
    port: int = 0
    get_refused: bool = False
    get_failed: bool = False
    template: ClassVar[str] = (
        "{node} does not know, or cannot reach, the AE title “{destination}”. Give its administrator"
        " this AE title with this computer’s address and port {port}, or fetch by C-GET."
    )

    @property
    def message_template(self) -> str:
        if self.get_refused:
            return (
                "{node} does not know, or cannot reach, the AE title “{destination}”, and offers no C-GET."
                " Give its administrator this AE title with this computer’s address and port {port}."
            )
        if self.get_failed:
            return (
                "{node} does not know, or cannot reach, the AE title “{destination}”, and C-GET brought nothing."
                " Give its administrator this AE title with this computer’s address and port {port}."
            )
        return self.template


@dataclass(eq=False)
class ThirdPartyUnreached(OperationFailed):
    """An archive moved nothing to another AE title (PS3.4 C.4.2.1.5): it does not know it, or cannot reach it."""

    destination: str = ""
    template: ClassVar[str] = (
        "{node} could not send to the destination AE title “{destination}”{meaning}. See that “{destination}” is"
        " running and accepts images from {node}, and that {node} has its right host and port."
    )

    @property
    def message_template(self) -> str:
        if self.code == 0xA801:
            return (
                "{node} does not know the destination AE title “{destination}”. Check its spelling, or have the"
                " administrator of {node} register it there, with its host and port."
            )
        return self.template


@dataclass(eq=False)
class PortUnavailable(WorkstationError):
    """The listener could not open its port; ``address``: because that is none of this computer's."""

    port: int
    reason: str
    address: str = ""
    template: ClassVar[str] = (
        "Port {port} cannot be opened for receiving. Another program may use it: close it or choose another port."
    )

    @property
    def message_template(self) -> str:
        if self.address:
            return (
                "{address} is no address of this computer, so nothing can be received there. Choose another."
            )
        return self.template

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class DemoNotStarted(WorkstationError):
    """The demo archive's process ended, or stayed silent. ``reason`` is what it said last."""

    reason: str
    template: ClassVar[str] = "The demo archive could not be started."

    @property
    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class NotKept(NetworkError):
    """Everything that arrived was refused by ourselves.

    Attributes:
        reason: Why the first object was, as a message.
        code: The C-STORE status it was answered with.
    """

    reason: str
    code: int | None
    template: ClassVar[str] = "Nothing of what {node} sent could be kept. {reason}"

    @property
    def status(self) -> int | None:
        return self.code


@dataclass(eq=False)
class NoSuchStudy(NetworkError):
    """A retrieve or expand that matched nothing."""

    level: str
    template: ClassVar[str] = "{node} has no such {level}."
    message_fields: ClassVar[tuple[str, ...]] = ("level",)


@dataclass(eq=False)
class KeyIgnored(NetworkError):
    """An archive answers more than can be looked through, whatever value of ``key`` it is asked for."""

    key: str
    template: ClassVar[str] = (
        "{node} does not search by {key}: it answers other studies, too many to look through."
        " Search in another archive, or by another column."
    )


@dataclass(eq=False)
class PatientNeeded(NetworkError):
    """An archive of the Patient Root only does not find a study by ``key`` alone (PS3.4 C.6.1)."""

    key: str
    template: ClassVar[str] = (
        "{node} offers queries by patient only, and answers nothing to {key} alone: whether it has the study"
        " is not known. Search by the patient ID, or in another archive."
    )


@dataclass(eq=False)
class TooMany(WorkstationError):
    """More studies fit some keys than are fetched without being confirmed."""

    found: int
    most: int
    template: ClassVar[str] = (
        "{found} studies match, more than {most}. Give further keys, or retrieve them all with --yes."
    )
