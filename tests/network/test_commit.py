"""Storage commitment: the result on the same association, and at our listener (PS3.4 J.3)."""

from __future__ import annotations

import threading

import pytest

from tests.archives.data import uid
from tests.network.conversations import COMMIT_ID, talking
from tests.network.listening import listening
from tests.peers import wire
from tests.peers.peer import PATIENCE, Talk
from workstation.errors import OperationFailed, ServiceRefused
from workstation.network.contexts import STORAGE_COMMITMENT, query
from workstation.network.requestor import associate
from workstation.network.storage_commitment import Commitment, Reports, request_commitment

OBJECTS = [(wire.CT, uid("ENG-1", "two", 1, number)) for number in (1, 2, 3)]
MISSING = (wire.CT, "1.2.3.4.5")


@pytest.mark.archives
@pytest.mark.covers("Commitment", "pynetdicom")
@pytest.mark.parametrize("missing", [False, True])
def test_the_result_on_the_same_association(archive_of, stop, missing):
    found: list[Commitment] = []
    wanted = [*OBJECTS, *[MISSING] * missing]
    with associate(archive_of("pynetdicom").node(), query(STORAGE_COMMITMENT), stop) as association:
        request_commitment(association, "1.2.3", wanted, found.append)
        if not found:
            assert Reports(association, found.append).wait(PATIENCE)
    (report,) = found
    assert report.transaction == "1.2.3"
    assert set(report.committed) == {instance for _, instance in OBJECTS}
    assert report.failed == (((MISSING[1], 0x0112),) if missing else ())


@pytest.mark.archives
@pytest.mark.covers("Commitment", "pynetdicom")
@pytest.mark.covers("Listener", "pynetdicom")
def test_the_result_at_the_listener(pynetdicom_scp, held, stop, listener_port):
    """The archive calls us, with the roles reversed."""
    found: list[Commitment] = []
    came = threading.Event()

    def take(report: Commitment) -> None:
        found.append(report)
        came.set()

    archive = pynetdicom_scp(held, destinations={"WORKSTATION": listener_port}, commitment="new")
    with listening(port=listener_port, on_commitment=take):
        with associate(archive.node(), query(STORAGE_COMMITMENT), stop) as association:
            request_commitment(association, "1.2.4", OBJECTS, found.append)
        assert came.wait(PATIENCE)
    assert [report.transaction for report in found] == ["1.2.4"]
    assert set(found[0].committed) == {instance for _, instance in OBJECTS}


@pytest.mark.archives
@pytest.mark.covers("Commitment", "pynetdicom")
def test_a_refusal(pynetdicom_scp, stop):
    archive = pynetdicom_scp(commitment="refuse")
    with (
        pytest.raises(OperationFailed) as caught,
        associate(archive.node(), query(STORAGE_COMMITMENT), stop) as association,
    ):
        request_commitment(association, "1.2.3", OBJECTS, lambda report: None)
    assert caught.value.status == 0x0110


@pytest.mark.archives
@pytest.mark.covers("Commitment", "dcmqrscp")
def test_who_does_not_offer_it(archive_of, stop):
    node = archive_of("dcmqrscp").node()
    with pytest.raises(ServiceRefused), associate(node, query(STORAGE_COMMITMENT), stop) as association:
        request_commitment(association, "1.2.3", OBJECTS, lambda report: None)


def report_to(talk: Talk, number: int, event: int, data: bytes | None) -> None:
    fields = {wire.CLASS: wire.COMMITMENT, wire.FIELD: wire.EVENT_RQ, wire.ID: number, wire.EVENT: event}
    talk.send(wire.message(COMMIT_ID, fields | {wire.INSTANCE: "1.2.840.10008.1.20.1.1"}, data))


REPORT = wire.explicit((0x00081195, "UI", b"1.9"))


@pytest.mark.covers("Commitment", "scripted")
def test_a_report_that_overtakes_the_answer():
    """N-EVENT-REPORT before N-ACTION-RSP: the archive was quick."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.ACTION_RQ)
        assert request.data is not None
        assert b"1.2.3.4" in request.data
        assert request.number(wire.ACTION) == 1
        assert request.text(wire.REQUESTED_INSTANCE) == "1.2.840.10008.1.20.1.1"
        report_to(talk, 7, 1, REPORT)
        assert talk.message(wire.EVENT_RQ | wire.RESPONSE).number(wire.RESPONDED) == 7
        talk.send(wire.response(request, 0))
        talk.released()

    found: list[Commitment] = []
    with talking(script) as association:
        request_commitment(association, "1.9", [(wire.CT, "1.2.3.4")], found.append)
    assert found == [Commitment("1.9", (), ())]


@pytest.mark.covers("Commitment", "scripted")
def test_no_report_within_patience():
    with talking(Talk.released) as association:
        assert not Reports(association, lambda report: None).wait(0.05)


@pytest.mark.covers("Commitment", "scripted")
def test_a_release_instead_of_a_report():
    def script(talk: Talk) -> None:
        talk.send(wire.release(wire.RELEASE_RQ))
        talk.expect(wire.RELEASE_RP)
        assert talk.rest() == b""

    with talking(script) as association:
        assert not Reports(association, lambda report: None).wait(PATIENCE)


@pytest.mark.covers("Commitment", "scripted")
@pytest.mark.parametrize("data", [b"garbage", b"\x08\0\x95\x11UI\xff\xff", b"\xff" * 100])
def test_a_report_nobody_can_read_is_answered(data):
    def script(talk: Talk) -> None:
        report_to(talk, 1, 1, data)
        talk.message(wire.EVENT_RQ | wire.RESPONSE)
        report_to(talk, 2, 1, REPORT)
        assert talk.message(wire.EVENT_RQ | wire.RESPONSE).number(wire.STATUS) == 0
        talk.released()

    found: list[Commitment] = []
    with talking(script) as association:
        reports = Reports(association, found.append)
        while not found or found[-1].transaction != "1.9":
            reports.count = 0
            assert reports.wait(PATIENCE)
