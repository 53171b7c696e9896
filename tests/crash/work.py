"""What the children of :mod:`tests.crash.child_processes` do until they are killed."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path

from tests.store.failing import failing
from tests.store.objects import encoded, made, send
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.errors import LibraryInUse
from workstation.network import get, storage_scp  # noqa: F401 - imported before anything forks
from workstation.operations.instance_router import LibraryRouter
from workstation.operations.on_demand_listener import OnDemandListener
from workstation.operations.retrieve import RetrieveOptions, retrieve
from workstation.stop import Stop
from workstation.store.library import Library
from workstation.store.library_sink import Admission, LibrarySink
from workstation.store.plans import Plans

logging.getLogger("workstation").addHandler(logging.NullHandler())


def no_reserve(total: int) -> int:
    return 0


def say(text: object) -> None:
    """In one write, so that no other line gets into it."""
    os.write(1, f"{text}\n".encode())


def listen(root: str) -> None:
    """Take what is pushed, for ever."""
    library = Library.open(Path(root), reserve=no_reserve)
    router = LibraryRouter(library, Plans(Path(root) / "plans.db"), pushes=True, reserve=no_reserve)
    with OnDemandListener(router, 0, address="127.0.0.1").receiving() as scp:
        say(scp.port)
        threading.Event().wait()


def fetch(root: str, port: str, study: str, associations: str) -> None:
    """Fetch a study by C-GET over so many associations, and wait."""
    library = Library.open(Path(root), reserve=no_reserve)
    plans = Plans(Path(root) / "plans.db")
    router = LibraryRouter(library, plans, reserve=no_reserve)
    node = Node(name="Peer", ae_title="SCRIPTED", host="127.0.0.1", port=int(port))
    options = RetrieveOptions(associations=int(associations))
    target = Target(study, modalities=("CT",))
    retrieve(node, target, router, None, Stop(), lambda _: None, options=options)
    threading.Event().wait()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_opening(root: str, step: str) -> None:
    """Open the library and close it, killed right before the given step."""
    with failing(Path(root), int(step), at=die):
        Library.open(Path(root), reserve=no_reserve).close()


def die_receiving(root: str, step: str) -> None:
    """Receive two objects and close, killed right before the given step; says what it acknowledged."""
    with failing(Path(root), int(step), at=die):
        library = Library.open(Path(root), reserve=no_reserve)
        writer = LibrarySink(library, lambda header, peer: Admission.PUSH)
        for uid in ("1.2.1", "1.2.2"):
            assert send(writer, encoded(made(uid, "1.2", "1.2.0")), uid) == 0
            say(uid)
            library.index.settled()
        library.close()


def start_at_once(root: str, count: str) -> None:
    """Many processes open the library at the same moment; says how many got it, and how many did not."""
    gate, shut = os.pipe()
    answers, answer = os.pipe()
    held, hold = os.pipe()
    for _ in range(int(count)):
        if os.fork() == 0:
            os.close(shut)
            os.close(hold)
            os.read(gate, 1)  # until the parent shuts it
            try:
                library = Library.open(Path(root), reserve=no_reserve)
            except LibraryInUse:
                os.write(answer, b"u")
                os._exit(0)
            os.write(answer, b"w")
            os.read(held, 1)
            library.close()
            os._exit(0)
    os.close(shut)
    told = b"".join(os.read(answers, 1) for _ in range(int(count)))
    os.close(hold)
    statuses = {os.wait()[1] for _ in range(int(count))}
    say(f"{told.count(b'w')} {told.count(b'u')} {statuses}")
