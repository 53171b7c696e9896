"""Serves a catalogue by DICOM, with pynetdicom.

Verification, Query/Retrieve in Patient and Study Root (C-FIND, C-GET, C-MOVE, PS3.4 C) and Storage. What
is sent to it is kept until it ends.
"""

from __future__ import annotations

import logging
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pydicom import Dataset
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, _config, build_context, evt
from pynetdicom.presentation import PresentationContext

from workstation.demo.address import AE_TITLE, HOST
from workstation.demo.catalogue import Catalogue, query_keys
from workstation.demo.stored_object import StoredObject, object_of_file
from workstation.demo.suboperations import SubOperation, send_as_stored
from workstation.dicom.levels import Level
from workstation.dicom.nodes import DEFAULT_MAX_PDU
from workstation.dicom.transfer_syntaxes import PLAIN
from workstation.dicom.uids import is_uid
from workstation.errors import PortUnavailable

_SUCCESS, _PENDING, _CANCELLED = 0x0000, 0xFF00, 0xFE00
_NOT_THIS_CLASS, _OUT_OF_RESOURCES = 0xA900, 0xA700
_ASSOCIATIONS = 25
_CONNECT = 5.0
_SERVICES = (
    "1.2.840.10008.1.1",  # Verification
    *(f"1.2.840.10008.5.1.4.1.2.1.{service}" for service in (1, 2, 3)),  # Patient Root: FIND, MOVE, GET
    *(f"1.2.840.10008.5.1.4.1.2.2.{service}" for service in (1, 2, 3)),  # Study Root
)

_TAKEN = (*PLAIN, *(syntax for syntax in AllTransferSyntaxes if syntax not in PLAIN))
"""In the order in which pynetdicom accepts what a context offers: Explicit VR first, as most is stored."""

Destinations = Mapping[str, tuple[str, int]]
"""Host and port of each AE title that C-MOVE may send to."""


@contextmanager
def serving(catalogue: Catalogue, destinations: Destinations, port: int = 0) -> Iterator[int]:
    """Serve a catalogue on the loopback address while the block runs; gives the port.

    Raises:
        PortUnavailable: The port cannot be opened.
    """
    _configure()
    ae = AE(AE_TITLE)
    ae.maximum_pdu_size = DEFAULT_MAX_PDU
    ae.maximum_associations = _ASSOCIATIONS
    ae.connection_timeout = _CONNECT
    for service in _SERVICES:
        ae.add_supported_context(service, [*PLAIN])
    for offered in AllStoragePresentationContexts:
        ae.add_supported_context(cast(str, offered.abstract_syntax), [*_TAKEN], scu_role=True, scp_role=True)
    archive = _Archive(catalogue, destinations)
    handlers: list[Any] = [
        (evt.EVT_CONN_OPEN, _opened),
        (evt.EVT_C_ECHO, lambda _: _SUCCESS),
        (evt.EVT_C_STORE, archive.store),
        (evt.EVT_C_FIND, archive.find),
        (evt.EVT_C_GET, archive.get),
        (evt.EVT_C_MOVE, archive.move),
    ]
    try:
        server = ae.start_server((HOST, port), block=False, evt_handlers=handlers)
    except OSError as error:
        raise PortUnavailable(port, error.strerror or str(error)) from error
    assert server is not None
    try:
        yield int(server.server_address[1])
    finally:
        ae.shutdown()
        archive.close()


def _configure() -> None:
    """Pynetdicom's settings are the process's (its documentation, "Configuration options")."""
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # its messages quote data sets
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False


def _opened(event: evt.Event) -> None:
    """Prepare a connection, ours or a peer's."""
    send_as_stored(event.assoc)
    wrapper = event.assoc.dul.socket
    if wrapper is not None and wrapper.socket is not None:
        # Do not wait for more to send: with delayed acknowledgements that costs 40 ms an object.
        wrapper.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Archive:
    """Answers for a catalogue; pynetdicom calls each method in the thread of its association."""

    def __init__(self, catalogue: Catalogue, destinations: Destinations) -> None:
        self._catalogue = catalogue
        self._destinations = destinations
        self._lock = threading.Lock()
        self._received: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Forget what was sent to it."""
        with self._lock:
            if self._received is not None:
                self._received.cleanup()

    def _folder(self) -> Path:
        """Where received objects are; made with the first, so that a process that is killed leaves none."""
        with self._lock:
            if self._received is None:
                self._received = tempfile.TemporaryDirectory(
                    prefix="workstation-demo-", ignore_cleanup_errors=True
                )
            return Path(self._received.name)

    def store(self, event: evt.Event) -> int:
        """C-STORE: the bytes as they came."""
        uid = str(event.request.AffectedSOPInstanceUID)  # type: ignore[union-attr]
        if not is_uid(uid):
            return _NOT_THIS_CLASS
        try:
            path = self._folder() / f"{uid}.dcm"
            path.write_bytes(event.encoded_dataset())
        except OSError:
            return _OUT_OF_RESOURCES
        item = object_of_file(path)
        if item is None:
            path.unlink(missing_ok=True)
            return _NOT_THIS_CLASS
        self._catalogue.add(item)
        return _SUCCESS

    def find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        """C-FIND."""
        identifier = event.identifier
        level = _level(identifier)
        if level is None:
            yield _NOT_THIS_CLASS, None
            return
        for answer in self._catalogue.find(level, query_keys(identifier)):
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            answer.RetrieveAETitle = AE_TITLE
            yield _PENDING, answer

    def get(self, event: evt.Event) -> Iterator[Any]:
        """C-GET: how many, then each; decompressed only where the peer takes nothing else."""
        items = self._catalogue.select(query_keys(event.identifier))
        yield len(items)
        for item in items:
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            yield _PENDING, SubOperation(item)

    def move(self, event: evt.Event) -> Iterator[Any]:
        """C-MOVE: the destination, how many, then each, as stored."""
        destination = self._destinations.get((event.move_destination or "").strip())
        if destination is None:
            yield None, None
            return
        items = self._catalogue.select(query_keys(event.identifier))
        yield (*destination, {"contexts": _contexts(items), "evt_handlers": [(evt.EVT_CONN_OPEN, _opened)]})
        yield len(items)
        for item in items:
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            yield _PENDING, SubOperation(item)


def _level(identifier: Dataset) -> Level | None:
    try:
        return Level(identifier.get("QueryRetrieveLevel", ""))
    except ValueError:
        return None


def _contexts(items: list[StoredObject]) -> list[PresentationContext]:
    kinds = sorted({(item.value("SOPClassUID"), item.syntax) for item in items})[:128]
    return [build_context(uid, syntax) for uid, syntax in kinds]
