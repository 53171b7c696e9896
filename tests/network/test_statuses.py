"""Each class of status in each service, from a scripted peer: class, error, message (PS3.7 C)."""

from __future__ import annotations

import pytest

from tests.network.conversations import MR_ID, ROW, MemorySink, file_of, keys, talking
from tests.network.final_statuses import FAILURE, FINALS
from tests.peers import wire
from tests.peers.peer import Talk
from workstation.dicom.levels import Model
from workstation.errors import OperationFailed
from workstation.network.dimse import DimseResponse, failure
from workstation.network.echo import echo
from workstation.network.find import Find
from workstation.network.get import get
from workstation.network.move import move
from workstation.network.send import store
from workstation.network.storage_commitment import request_commitment


def ask(association, service: str, folder) -> DimseResponse | None:
    """The final statement of one operation; a failure is raised by those that raise."""
    if service == "C-ECHO":
        return echo(association)
    if service == "C-FIND":
        query = Find(association, Model.STUDY, keys())
        rows = list(query)
        assert [row.data for row in rows] == [ROW]
        return query.response
    if service == "C-GET":
        return get(association, Model.STUDY, keys(), MemorySink())
    if service == "C-MOVE":
        return move(association, Model.STUDY, keys(), "WORKSTATION")
    if service == "C-STORE":
        return store(association, association.contexts[MR_ID], file_of(folder, ROW))
    request_commitment(association, "1.2.3", [(wire.CT, "1.2.3.4")], lambda report: None)
    return None


SERVICES = [
    pytest.param(service, marks=pytest.mark.covers(row, "scripted"))
    for service, row in (
        ("C-ECHO", "C-ECHO"),
        ("C-FIND", "C-FIND"),
        ("C-GET", "C-GET"),
        ("C-MOVE", "C-MOVE"),
        ("C-STORE", "C-STORE"),
        ("storage commitment", "Commitment"),
    )
]
RAISING = ("C-FIND", "storage commitment")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", FINALS, ids=lambda status: "none" if status is None else f"{status:04X}")
def test_a_final_status(service, status, tmp_path):
    def script(talk: Talk) -> None:
        request = talk.message()
        if service == "C-FIND":
            talk.send(wire.response(request, 0xFF00, ROW))
        if service in ("C-GET", "C-MOVE"):
            talk.send(wire.response(request, 0xFF01))
        talk.send(wire.response(request, status, fields={wire.COMMENT: b"why "}))
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    error = None
    response = None
    with talking(script) as association:
        try:
            response = ask(association, service, tmp_path)
        except OperationFailed as failed:
            error = failed
        assert echo(association).status == 0  # no status ends an association
    assert (error is not None) == (service in RAISING and FINALS[status] is FAILURE)
    if error is not None:
        assert (error.service, error.code, error.comment) == (service, status, "why")
    elif service != "storage commitment":
        assert response is not None
        assert (response.status, response.kind, response.comment) == (status, FINALS[status], "why")


MESSAGES = {
    ("C-GET", 0xA701): "Peer could not do the C-GET: it has no resources to count the matches.",
    ("C-GET", 0xA702): "Peer could not do the C-GET: it could not send the images on this association.",
    ("C-MOVE", 0xA702): "Peer could not do the C-MOVE: it could not send the images to the destination.",
    ("C-MOVE", 0xA801): "Peer could not do the C-MOVE: it does not know the destination AE title.",
    ("C-STORE", 0xA7FF): "Peer could not do the C-STORE: it is out of resources, perhaps its disk is full.",
    (
        "C-STORE",
        0xA912,
    ): "Peer could not do the C-STORE: it says that the object does not match its SOP class.",
    ("C-STORE", 0xCABC): "Peer could not do the C-STORE: it cannot understand the object.",
    ("C-FIND", 0xA700): "Peer could not do the C-FIND: it is out of resources.",
    ("C-FIND", 0xA900): "Peer could not do the C-FIND: it says that the request does not match its model.",
    ("C-FIND", 0xC001): "Peer could not do the C-FIND: it could not process the request.",
    ("C-ECHO", 0x0110): "Peer could not do the C-ECHO: it had an internal error.",
    ("C-STORE", 0x0111): "Peer could not do the C-STORE: it has this SOP instance already.",
    ("storage commitment", 0x0112): "Peer could not do the storage commitment: it has no such SOP instance.",
    ("C-STORE", 0x0117): "Peer could not do the C-STORE: the SOP Instance UID is invalid.",
    ("C-STORE", 0x0118): "Peer could not do the C-STORE: it does not know the SOP class.",
    ("C-STORE", 0x0119): "Peer could not do the C-STORE: the class and the instance do not fit.",
    ("C-FIND", 0x0122): "Peer could not do the C-FIND: it does not support this SOP class.",
    ("C-FIND", 0x0124): "Peer could not do the C-FIND: it does not allow this to our AE title.",
    ("C-FIND", 0x0210): "Peer could not do the C-FIND: it saw the same message twice.",
    ("C-FIND", 0x0211): "Peer could not do the C-FIND: it does not know this operation.",
    ("C-FIND", 0x0212): "Peer could not do the C-FIND: it calls the message mistyped.",
    ("C-FIND", 0x0213): "Peer could not do the C-FIND: it is limited in resources.",
    ("C-FIND", 0xABCD): "Peer could not do the C-FIND.",
    ("C-FIND", None): "Peer could not do the C-FIND: it sent no status.",
}


@pytest.mark.parametrize(("service", "status"), MESSAGES)
def test_a_failure_has_a_message(service, status):
    with talking(Talk.released) as association:
        error = failure(association, service, DimseResponse(status=status, comment="why"))
    assert str(error) == MESSAGES[service, status]
    assert error.status == status
    assert error.detail == ("no status, “why”" if status is None else f"status 0x{status:04X}, “why”")
