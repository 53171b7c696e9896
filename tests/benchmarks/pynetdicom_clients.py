"""pynetdicom doing the same work: each data set goes to its file as it came, nothing is decoded.

Its sockets get TCP_NODELAY, as DCMTK's do.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet  # type: ignore[attr-defined]

from tests.archives.process import Archive

MAX_PDU = 131072


def _keep(event: evt.Event, out: Path) -> int:
    name = event.request.AffectedSOPInstanceUID
    (out / f"{name}.dcm").write_bytes(event.encoded_dataset())
    return 0


def _at_once(event: evt.Event) -> None:
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


_AT_ONCE = (evt.EVT_CONN_OPEN, _at_once)


def get(archive: Archive, study: str, out: Path) -> None:
    """C-GET of a study."""
    ae = AE("WORKSTATION")
    ae.maximum_pdu_size = MAX_PDU
    ae.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = ae.associate(
        archive.host,
        archive.port,
        ae_title=archive.ae_title,
        max_pdu=MAX_PDU,
        ext_neg=[build_role(CTImageStorage, scp_role=True)],
        evt_handlers=[_AT_ONCE, (evt.EVT_C_STORE, _keep, [out])],
    )
    keys = Dataset()
    keys.QueryRetrieveLevel = "STUDY"
    keys.StudyInstanceUID = study
    for _ in association.send_c_get(keys, StudyRootQueryRetrieveInformationModelGet):
        pass
    association.release()


def send(host: str, port: int, title: str, files: list[Path]) -> None:
    """C-STORE of files as they are."""
    ae = AE("WORKSTATION")
    ae.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = ae.associate(host, port, ae_title=title, evt_handlers=[_AT_ONCE])
    for file in files:
        association.send_c_store(file)
    association.release()


@contextmanager
def listening(out: Path) -> Iterator[int]:
    """A Storage SCP in a process of its own; yields its port."""
    command = [sys.executable, "-m", "tests.benchmarks.pynetdicom_clients", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.stdin.close()
            child.wait(10)


def _listen(out: Path) -> None:
    ae = AE("LISTENER")
    ae.maximum_pdu_size = MAX_PDU
    ae.add_supported_context(CTImageStorage, ExplicitVRLittleEndian)
    handlers = [_AT_ONCE, (evt.EVT_C_STORE, _keep, [out])]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    print(server.socket.getsockname()[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    _listen(Path(sys.argv[1]))
