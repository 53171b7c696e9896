"""Peak memory while an object of 2 GiB is received by C-GET: ``python -m tests.benchmarks.memory``.

The object comes from a scripted peer; the client is a process of its own that reads its own peak.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.archives.data import uid
from tests.network.leaks import memory
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Node
from workstation.dicom.targets import Target
from workstation.network.contexts import GET, classes_for, query, storage
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.operations.instance_router import FolderRouter
from workstation.operations.query_identifiers import retrieve_identifier
from workstation.stop import Stop

SIZE = 2 * 1024**3
_FRAGMENT = 128 * 1024 - 6


def lines() -> Iterator[str]:
    """The message under the table."""
    with tempfile.TemporaryDirectory() as out, Server(_giant) as server:
        command = [sys.executable, "-m", "tests.benchmarks.memory", str(server.port), out]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
        idle, peak = (float(number) for number in done.stdout.split())
        (kept,) = Path(out).glob("*.dcm")
        if kept.stat().st_size < SIZE:
            sys.exit("the object is not whole")
    yield f"Receiving an object of 2 GiB: peak memory {peak - idle:.1f} MiB above idle ({idle:.0f} MiB)."


def _giant(talk: Talk) -> None:
    """Answer a C-GET with one object whose pixel data has 2 GiB less its header."""
    talk.accept(max_pdu=131072)
    asked = talk.message(wire.GET_RQ)
    context = next(number for number, syntax in talk.syntaxes.items() if number != asked.context)
    head = wire.image(str(uid("giant"))) + b"\xe0\x7f\x10\x00OW\0\0" + SIZE.to_bytes(4, "little")
    talk.send(
        wire.message(
            context,
            {
                wire.CLASS: wire.CT,
                wire.FIELD: wire.STORE_RQ,
                wire.ID: 1,
                wire.PRIORITY: 0,
                wire.TYPE: wire.SOME_DATA,
                wire.INSTANCE: str(uid("giant")),
            },
        )
    )
    rest = len(head) + SIZE
    piece = head
    block = bytes(_FRAGMENT)
    while rest:
        part = (piece + block)[: min(_FRAGMENT, rest)]
        piece = b""
        rest -= len(part)
        talk.send(wire.pdu(wire.DATA, wire.pdv(context, 0 if rest else 2, part)))
    talk.message()
    talk.send(wire.response(asked, 0))
    talk.released()


def _receive(port: int, out: Path) -> None:
    router = FolderRouter(out, pushes=True)
    proposals = query(GET[Model.STUDY]) + storage(classes_for(["CT"]), 8)
    target = Target("1.2.3", modalities=("CT",))
    with associate(
        Node(name="", ae_title="SCRIPTED", host="127.0.0.1", port=port), proposals, Stop()
    ) as association:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        idle = memory("VmHWM")
        get(association, Model.STUDY, retrieve_identifier(target, Model.STUDY), router.sink)
    print(idle, memory("VmHWM"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _receive(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        print(*lines(), sep="\n")
