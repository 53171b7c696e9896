"""Check a node: C-ECHO, and a proposal of every service we would use."""

from __future__ import annotations

import time
from dataclasses import dataclass

from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.statuses import StatusClass
from workstation.network.contexts import (
    FIND,
    GET,
    MODEL_NAMES,
    MOVE,
    STORAGE_COMMITMENT,
    VERIFICATION,
    query,
)
from workstation.network.dimse import failure
from workstation.network.echo import echo
from workstation.network.exchange import Kind
from workstation.network.exchanges import recorded
from workstation.network.requestor import associate
from workstation.network.trace import Observer
from workstation.operations.node_quirks import NodeQuirks
from workstation.stop import Stop


@dataclass(frozen=True, slots=True)
class Check:
    """What a node answered.

    Attributes:
        seconds: From the C-ECHO request to its answer.
        services: Names of the services it accepts for us: "Study Root C-FIND"…
        max_pdu: The longest PDU it takes.
    """

    seconds: float
    services: tuple[str, ...]
    max_pdu: int


def check(
    node: Node, stop: Stop, *, observer: Observer | None = None, quirks: NodeQuirks | None = None
) -> Check:
    """Associate, echo, and read off what was accepted; ``quirks`` learn whether a worklist is.

    Raises:
        OperationFailed: It answered the C-ECHO with a failure.
        NetworkError, Cancelled: It could not be reached.
    """
    services = {VERIFICATION: "C-ECHO", STORAGE_COMMITMENT: "Storage commitment"}
    for service, classes in (("C-FIND", FIND), ("C-GET", GET), ("C-MOVE", MOVE)):
        services |= {classes[model]: f"{MODEL_NAMES[model]} {service}" for model in Model if model in classes}
    with (
        recorded(Kind.ECHO, observer, node.label, node) as told,
        associate(node, query(*services), stop, observer=told) as association,
    ):
        begun = time.monotonic()
        response = echo(association)
        seconds = time.monotonic() - begun
        if response.kind is StatusClass.FAILURE:
            raise failure(association, "C-ECHO", response)
        accepted = {context.abstract_syntax for context in association.contexts.values()}
        if quirks is not None:
            quirks.has_worklist(node, FIND[Model.WORKLIST] in accepted)
        names = tuple(name for uid, name in services.items() if uid in accepted)
        return Check(seconds, names, association.max_pdu)
