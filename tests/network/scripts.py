"""Conversations written down once, and both sides of a plain or TLS wire to hold them on."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.archives.tls import Authority
from tests.network.conversations import (
    CT_ID,
    FIND_ID,
    GET_ID,
    MOVE_ID,
    MR_ID,
    PROPOSALS,
    MemorySink,
    find,
    keys,
)
from tests.network.short_limits import IMPATIENT, QUICK
from tests.peers import wire
from tests.peers.hostile import Script, release_asked, released
from tests.peers.peer import PATIENCE, Server, Talk, client
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Timeouts, Tls
from workstation.network.association import Association
from workstation.network.file_to_send import FileToSend
from workstation.network.get import get
from workstation.network.limits import Limits
from workstation.network.receive import Sink
from workstation.network.requestor import associate
from workstation.network.send import context_for, store
from workstation.network.tls import server_context
from workstation.stop import Stop

UIDS = ("1.2.3.4.1", "1.2.3.4.2", "1.2.3.4.3")
OBJECTS = {uid: wire.image(uid, 300) for uid in UIDS}
ROW = wire.explicit((0x0020000D, "UI", b"1.2.3"))
ECHO, STORE = (wire.VERIFICATION, wire.IMPLICIT), (wire.CT, wire.EXPLICIT)

AC = wire.associate(
    wire.AC,
    [wire.answered(number, 0, wire.EXPLICIT) for number in (1, FIND_ID, MOVE_ID, GET_ID, 9, CT_ID, MR_ID)],
    user_information=wire.user(16384, {wire.CT: (0, 1)}),
)


def answer(context: int, field: int, status: int, data: bytes | None = None, to: int = 1) -> bytes:
    """A response to our message ``to``."""
    fields = {wire.FIELD: field | wire.RESPONSE, wire.RESPONDED: to, wire.STATUS: status}
    return wire.message(context, fields, data)


def object_(number: int, context: int = CT_ID, size: int = 200) -> bytes:
    """The C-STORE request of one of the three objects, in several PDUs."""
    uid = UIDS[number - 1]
    return wire.store(context, number, uid, OBJECTS[uid], size=size)


ECHOED = wire.message(3, {wire.CLASS: wire.VERIFICATION, wire.FIELD: wire.ECHO_RQ, wire.ID: 9})
ENDED = (release_asked, wire.release(wire.RELEASE_RP))

FINDING = Script(
    Talk.request, AC, Talk.message,
    answer(FIND_ID, wire.FIND_RQ, 0xFF00, ROW), answer(FIND_ID, wire.FIND_RQ, 0xFF00, ROW),
    answer(FIND_ID, wire.FIND_RQ, 0), *ENDED,
)  # fmt: skip
"""A server's side of a C-FIND with two rows."""

GETTING = Script(
    Talk.request, AC, Talk.message,
    object_(1), Talk.message, answer(GET_ID, wire.GET_RQ, 0xFF00),
    object_(2), Talk.message, object_(3), Talk.message,
    answer(GET_ID, wire.GET_RQ, 0), *ENDED,
)  # fmt: skip
"""A server's side of a C-GET of three objects."""

TAKING = Script(
    Talk.request, AC,
    *(step for number in UIDS for step in (
        Talk.message, answer(MR_ID, wire.STORE_RQ, 0, to=UIDS.index(number) + 1))),
    *ENDED,
)  # fmt: skip
"""A server's side of three C-STOREs of ours."""

STORING = Script(
    wire.associate(wire.RQ, [wire.proposed(1, *STORE), wire.proposed(3, *ECHO)]),
    lambda talk: talk.expect(wire.AC),
    object_(1, 1), Talk.message, object_(2, 1), Talk.message, object_(3, 1), Talk.message,
    ECHOED, Talk.message,
    wire.release(wire.RELEASE_RQ), released,
)  # fmt: skip
"""A client's side: three C-STOREs and a C-ECHO to our listener."""


# --- Our side ----------------------------------------------------------------------------------------


@dataclass
class Sides:
    """What each side of a wire needs; nothing if it is plain.

    Attributes:
        peer: For a scripted server.
        node: For our requestor.
        listener: For our listener.
        client: For a scripted client.
    """

    authority: Authority | None
    peer: ssl.SSLContext | None = field(default=None, init=False)
    node: Tls | None = field(default=None, init=False)
    listener: ssl.SSLContext | None = field(default=None, init=False)
    client: ssl.SSLContext | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.authority is None:
            return
        own = self.authority.issue("either side")
        self.peer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.peer.load_cert_chain(own.certificate, own.key)
        self.node = Tls(str(self.authority.ca))
        self.listener = server_context("here", Tls("", str(own.certificate), str(own.key)))
        self.client = ssl.create_default_context(cafile=str(self.authority.ca))

    @property
    def secure(self) -> bool:
        """Whether it is TLS."""
        return self.authority is not None


@contextmanager
def associated(
    server: Server,
    sides: Sides,
    *,
    limits: Limits = QUICK,
    timeouts: Timeouts = IMPATIENT,
    stop: Stop | None = None,
    **changes: Any,
) -> Iterator[Association]:
    """An association of ours with a scripted server; ``changes`` to the node."""
    node = server.node(tls=sides.node, timeouts=timeouts, **changes)
    with associate(node, PROPOSALS, stop or Stop(), limits=limits) as association:
        yield association


def fetch(association: Association, sink: Sink) -> None:
    """The C-GET that :data:`GETTING` answers."""
    get(association, Model.STUDY, keys(), sink)


def search(association: Association, sink: Sink | None = None) -> None:
    """The C-FIND that :data:`FINDING` answers; each row is read."""
    for row in find(association):
        row.data_set()


def files(folder: Path) -> list[FileToSend]:
    """Three small files to send."""
    found = []
    for uid in UIDS:
        path = folder / f"{uid}.bin"
        path.write_bytes(OBJECTS[uid])
        found.append(
            FileToSend(
                path=path,
                sop_class=wire.MR,
                sop_instance=uid,
                transfer_syntax=wire.EXPLICIT,
                offset=0,
                length=len(OBJECTS[uid]),
            )
        )
    return found


def send_all(association: Association, objects: list[FileToSend]) -> None:
    """The C-STOREs that :data:`TAKING` answers; what the peer did not accept is left out."""
    for each in objects:
        if (context := context_for(association, each)) is not None:
            store(association, context, each)


Work = Callable[[Association, MemorySink], object]
"""What our side does on an association; objects go into the sink."""


# --- A legitimate client -----------------------------------------------------------------------------


def echoes(port: int, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> bool:
    """Whether our listener answers an association and a C-ECHO from ``host``."""
    with client(port, tls, host=host) as talk:
        talk.propose({3: ECHO})
        talk.send(ECHOED)
        said = talk.message(wire.ECHO_RQ | wire.RESPONSE)
        talk.release()
        return (said.number(wire.RESPONDED), said.number(wire.STATUS)) == (9, 0)


class Served:
    """Echoes, one after another, from an address of its own, for as long as a block runs.

    Attributes:
        count: How many were answered.
        longest: Seconds the slowest took, from connecting to the release.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.count = 0
        self.longest = 0.0
        self._port, self._tls = port, tls
        self._over = threading.Event()
        self._error: BaseException | None = None
        self._counted = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="legitimate client")

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                begun = time.monotonic()
                assert echoes(self._port, self._tls, "127.0.0.9")
                with self._counted:
                    self.count += 1
                    self.longest = max(self.longest, time.monotonic() - begun)
                    self._counted.notify_all()
                self._over.wait(0.01)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._error = error
            with self._counted:
                self._counted.notify_all()

    def again(self, count: int = 2) -> None:
        """Wait for so many more answers; one may have been on its way."""
        with self._counted:
            goal = self.count + count
            self._counted.wait_for(lambda: self.count >= goal or self._error is not None, PATIENCE)
            assert self._error is not None or self.count >= goal, "nobody is served"

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with contextlib.suppress(AssertionError) if error else contextlib.nullcontext():
            self.again()
        self._over.set()
        self._thread.join(PATIENCE)
        if error is None:
            if self._error is not None:
                raise self._error
            print(f"served {self.count} times, the slowest in {self.longest:.3f} s")


SECONDS = 4.0
"""A legitimate client is served within this, whatever the others do: before any of them loses its place."""
