"""The presentation context and the peer that an object arrives from: known before its data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context (PS3.8 7.1.1.13).

    Attributes:
        id: Its odd number, 1 to 255.
        abstract_syntax: SOP class UID it was proposed for.
        transfer_syntax: The one transfer syntax UID in force.
        as_scp: We may act as SCP of the class (requestor: the role was granted; acceptor: always).
        as_scu: We may act as SCU of the class.
        extended: What both sides agreed on by extended negotiation, byte by byte (PS3.4 C.5); empty: nothing.
    """

    id: int
    abstract_syntax: str
    transfer_syntax: str
    as_scp: bool = False
    as_scu: bool = True
    extended: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side of an association, as it named itself and as TCP knows it.

    Attributes:
        ae_title: AE title of the sender of the objects.
        own_ae_title: AE title under which we take them.
        address: Its IP address.
        port: Its TCP port.
        called: True when the peer opened the association (the listener), False when we did (C-GET).
        move_originator: AE title that asked for the object by C-MOVE, by its C-STORE request; may be
            empty.
        move_message_id: Message ID of that C-MOVE; None: the request has none.
    """

    ae_title: str
    own_ae_title: str
    address: str
    port: int = 0
    called: bool = False
    move_originator: str = ""
    move_message_id: int | None = None
