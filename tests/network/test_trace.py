"""What an observer is told: every PDU of control and every message, and nothing of any patient."""

from __future__ import annotations

import pytest

from tests.network.conversations import CT_ID, PROPOSALS, ROW, MemorySink, find, keys, talking
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.levels import Model
from workstation.errors import AssociationAborted, AssociationRejected
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.network.trace import Event
from workstation.stop import Stop

PATIENT = ("DOE", "1.2.3.4", "hidden")


def script(talk: Talk) -> None:
    request = talk.message(wire.FIND_RQ)
    talk.send(wire.response(request, 0xFF00, ROW))
    talk.send(wire.response(request, 0xB001, fields={wire.COMMENT: b"hidden"}))
    request = talk.message(wire.GET_RQ)
    talk.send(wire.store(CT_ID, 7, "1.2.3.4", wire.image("1.2.3.4")))
    talk.message()
    talk.send(wire.response(request, 0xFF00, fields={wire.REMAINING: 0, wire.COMPLETED: 1}))
    talk.send(wire.response(request, 0))
    talk.released()


def observed() -> list[Event]:
    events: list[Event] = []
    with talking(script, observer=events.append) as association:
        find(association, PatientName="DOE^JOHN", StudyInstanceUID="1.2.3.4")
        get(association, Model.STUDY, keys(StudyInstanceUID="1.2.3.4"), MemorySink())
    return events


def test_everything_is_told_in_order():
    assert [(event.sent, event.what) for event in observed()] == [
        (True, "A-ASSOCIATE-RQ"),
        (False, "A-ASSOCIATE-AC"),
        (True, "C-FIND-RQ"),
        (False, "C-FIND-RSP"),
        (False, "C-FIND-RSP"),
        (True, "C-GET-RQ"),
        (False, "C-STORE-RQ"),
        (True, "C-STORE-RSP"),
        (False, "C-GET-RSP"),
        (False, "C-GET-RSP"),
        (True, "A-RELEASE-RQ"),
        (False, "A-RELEASE-RP"),
    ]


def test_facts_are_there():
    lines = [str(event) for event in observed()]
    assert lines[0] == "→ A-ASSOCIATE-RQ contexts=7 max PDU=131072"
    assert lines[1] == "← A-ASSOCIATE-AC accepted=7 max PDU=16384 implementation=1.3.9"
    assert lines[3] == "← C-FIND-RSP context=3 id=1 status=0xFF00 data=yes"
    assert "status=0xB001" in lines[4]
    assert "remaining/completed/failed/warning=0/1/-/-" in lines[8]


def test_nothing_of_a_patient():
    lines = [str(event) for event in observed()]
    assert not [line for line in lines if any(secret in line for secret in PATIENT)]


def test_moments_do_not_go_back():
    moments = [event.moment for event in observed()]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("answer", "what"), [(wire.reject(1, 1, 3), "A-ASSOCIATE-RJ"), (wire.abort(), "A-ABORT")]
)
def test_a_refusal_is_told(answer, what):
    def refuse(talk: Talk) -> None:
        talk.request()
        talk.send(answer)
        talk.rest()

    events: list[Event] = []
    with (
        Server(refuse) as server,
        pytest.raises((AssociationRejected, AssociationAborted)),
        associate(server.node(), PROPOSALS, Stop(), observer=events.append),
    ):
        pass
    assert [event.what for event in events] == ["A-ASSOCIATE-RQ", what]


def test_an_abort_of_ours_is_told():
    events: list[Event] = []

    def wrong(talk: Talk) -> None:
        talk.message()
        talk.send(wire.pdu(0x55, b""))
        talk.aborted()

    with (
        pytest.raises(Exception, match="not valid DICOM"),
        talking(wrong, observer=events.append) as association,
    ):
        find(association)
    assert str(events[-1]) == "→ A-ABORT source=2 reason=6"
