"""Our side against a scripted peer: the usual contexts, a find, a get, and a sink that keeps bytes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import Dataset

from tests.network.short_limits import IMPATIENT
from tests.peers import wire
from tests.peers.peer import PATIENCE, Script, Server, Talk
from workstation.dicom.association_facts import Context, Peer
from workstation.dicom.levels import Model
from workstation.network.association import Association
from workstation.network.find import Find, FindResponse
from workstation.network.limits import LIMITS, Limits
from workstation.network.pdus import Proposal
from workstation.network.requestor import associate
from workstation.network.send import FileToSend
from workstation.network.trace import Observer
from workstation.stop import Stop

PLAIN = (wire.EXPLICIT, wire.IMPLICIT)
PROPOSALS = [
    *(Proposal(uid, PLAIN) for uid in (wire.VERIFICATION, wire.FIND, wire.MOVE, wire.GET, wire.COMMITMENT)),
    Proposal(wire.CT, (wire.EXPLICIT,), scu=False, scp=True),
    Proposal(wire.MR, (wire.EXPLICIT,)),
]
ECHO_ID, FIND_ID, MOVE_ID, GET_ID, COMMIT_ID, CT_ID, MR_ID = 1, 3, 5, 7, 9, 11, 13


def keys(**values: str | bytes) -> Dataset:
    """The identifier of a STUDY-level request."""
    found = Dataset()
    found.QueryRetrieveLevel = "STUDY"
    for keyword, value in ({"StudyInstanceUID": "1.2.3"} | values).items():
        setattr(found, keyword, value)
    return found


@contextlib.contextmanager
def talking(
    script: Script,
    *,
    stop: Stop | None = None,
    limits: Limits = LIMITS,
    observer: Observer | None = None,
    room: int | None = None,
    max_pdu: int | None = 16384,
    **node: Any,
) -> Iterator[Association]:
    """An association with a peer that accepts everything and then plays ``script``."""

    def whole(talk: Talk) -> None:
        talk.accept(max_pdu=max_pdu)
        script(talk)

    with Server(whole, room=room) as server:
        with associate(
            server.node(**node), PROPOSALS, stop or Stop(), observer=observer, limits=limits
        ) as association:
            yield association
        server.finished()


def find(association: Association, **values: str) -> list[FindResponse]:
    return list(Find(association, Model.STUDY, keys(**values)))


class MemorySink:
    """A sink that keeps every data set in memory.

    Attributes:
        objects: Bytes by SOP Instance UID.
        aborted: UIDs of what began and did not end.
        arrived: Set when an object begins; a test may wait for it.
    """

    def __init__(self, status: int = 0x0000) -> None:
        self.status = status
        self.objects: dict[str, bytes] = {}
        self.contexts: dict[str, Context] = {}
        self.peers: list[Peer] = []
        self.aborted: list[str] = []
        self.arrived = threading.Event()

    def begin(self, context: Context, sop_class: str, sop_instance: str, peer: Peer) -> MemoryIncoming:
        self.contexts[sop_instance] = context
        self.peers.append(peer)
        self.arrived.set()
        return MemoryIncoming(self, sop_instance)

    def wait(self) -> None:
        assert self.arrived.wait(PATIENCE)


class MemoryIncoming:
    def __init__(self, sink: MemorySink, uid: str) -> None:
        self._sink, self._uid, self._bytes = sink, uid, bytearray()

    def write(self, data: memoryview) -> None:
        self._bytes += data

    def finish(self) -> int:
        self._sink.objects[self._uid] = bytes(self._bytes)
        return self._sink.status

    def answered(self) -> None:
        pass

    def abort(self) -> None:
        self._sink.aborted.append(self._uid)


ROW = wire.explicit((0x0020000D, "UI", b"1.2.3"))


def file_of(folder: Path, data: bytes, sop_class: str = wire.MR) -> FileToSend:
    path = folder / "object.dcm"
    path.write_bytes(data)
    return FileToSend(
        path=path,
        sop_class=sop_class,
        sop_instance="1.2.3.4",
        transfer_syntax=wire.EXPLICIT,
        offset=0,
        length=len(data),
    )


def node_at(host: str, port: int):
    server = Server()
    server._listening.close()
    return server.node(host=host, port=port, timeouts=IMPATIENT)
