"""Archives that cannot be had for tests, imitated byte by byte: fo-dicom, ConQuest, dcmjs (as measured)."""

from __future__ import annotations

import pytest

from tests.network.conversations import CT_ID, PROPOSALS, MemorySink, find, keys, talking
from tests.network.short_limits import QUICK
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.levels import Model
from workstation.dicom.statuses import StatusClass
from workstation.network.dimse import DimseResponse
from workstation.network.echo import echo
from workstation.network.find import Find
from workstation.network.get import get
from workstation.network.move import move
from workstation.network.requestor import associate
from workstation.stop import Cancelled, Stop

UIDS = tuple(f"1.2.3.{number}" for number in range(1, 6))
OBJECTS = {uid: wire.image(uid, 20_000) for uid in UIDS}
COUNTERS = (wire.REMAINING, wire.COMPLETED, wire.FAILED, wire.WARNING)


def counted(remaining: int, completed: int, failed: int = 0, warning: int = 0) -> dict[int, wire.Value]:
    return dict(zip(COUNTERS, (remaining, completed, failed, warning), strict=True))


def give(talk: Talk, uid: str, number: int, **how) -> int:
    """One C-STORE sub-operation; the status our side answered."""
    talk.send(wire.store(CT_ID, number, uid, OBJECTS[uid], **how))
    answer = talk.message(wire.STORE_RQ | wire.RESPONSE)
    assert answer.number(wire.RESPONDED) == number
    return answer.number(wire.STATUS)


# --- fo-dicom ----------------------------------------------------------------------------------------


@pytest.mark.covers("C-GET", "scripted")
def test_fo_dicom_with_a_pending_answer_for_each_object():
    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        for number, uid in enumerate(UIDS, 1):
            assert give(talk, uid, number) == 0
            left = len(UIDS) - number
            talk.send(wire.response(request, 0xFF00, fields=counted(left, number)))
        talk.send(wire.response(request, 0, fields=counted(0, len(UIDS))))
        talk.released()

    sink = MemorySink()
    pending: list[DimseResponse] = []
    with talking(script) as association:
        response = get(association, Model.STUDY, keys(), sink, pending.append)
    assert sink.objects == OBJECTS
    assert [(said.remaining, said.completed) for said in pending] == [(4, 1), (3, 2), (2, 3), (1, 4), (0, 5)]
    assert (response.status, response.completed) == (0, 5)


@pytest.mark.covers("C-GET", "scripted")
def test_fo_dicom_with_the_final_answer_only():
    """No pending answer, counters absent from the final one."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        for number, uid in enumerate(UIDS, 1):
            assert give(talk, uid, number) == 0
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    pending: list[DimseResponse] = []
    with talking(script) as association:
        response = get(association, Model.STUDY, keys(), sink, pending.append)
    assert sink.objects == OBJECTS
    assert pending == []
    assert (response.status, response.completed, response.remaining) == (0, None, None)


@pytest.mark.covers("C-GET", "scripted")
@pytest.mark.parametrize("padding", [b"", b"\0"])
@pytest.mark.parametrize("field", [wire.GET_RQ, wire.MOVE_RQ])
def test_fo_dicom_with_a_list_of_failed_uids(field, padding):
    listed = wire.explicit((0x00080058, "UI", b"\\".join(uid.encode() + padding for uid in UIDS[:2])))

    def script(talk: Talk) -> None:
        request = talk.message(field)
        talk.send(wire.response(request, 0xB000, listed, fields=counted(0, 3, 2), size=7))
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    with talking(script) as association:
        if field == wire.GET_RQ:
            response = get(association, Model.STUDY, keys(), MemorySink())
        else:
            response = move(association, Model.STUDY, keys(), "WORKSTATION")
        assert echo(association).status == 0
    assert (response.status, response.failed, response.failed_uids) == (0xB000, 2, UIDS[:2])
    assert response.kind is StatusClass.WARNING


@pytest.mark.parametrize(
    "listed", [b"garbage", b"\xff" * 50, wire.explicit((0x00080058, "UI", b"")), b"\x08\0\x58\0UI\xff\xff"]
)
def test_a_list_nobody_can_read_costs_nothing(listed):
    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.GET_RQ), 0xB000, listed))
        talk.released()

    with talking(script) as association:
        assert get(association, Model.STUDY, keys(), MemorySink()).status == 0xB000


# --- ConQuest ----------------------------------------------------------------------------------------


@pytest.mark.covers("C-GET", "scripted")
def test_conquest_that_says_success_and_sends_nothing():
    """0000H with Completed=5 and Failed=5: only what arrived counts."""

    def script(talk: Talk) -> None:
        talk.send(wire.response(talk.message(wire.GET_RQ), 0, fields=counted(0, 5, 5)))
        talk.released()

    sink = MemorySink()
    with talking(script, max_pdu=4096) as association:
        response = get(association, Model.STUDY, keys(), sink)
    assert (response.kind, response.completed, response.failed) == (StatusClass.SUCCESS, 5, 5)
    assert sink.objects == {}


@pytest.mark.covers("C-GET", "scripted")
@pytest.mark.parametrize("status", [0xB007, 0xA700])
def test_conquest_that_stops_at_the_first_status_that_is_not_zero(status):
    """FE00 although nobody cancelled, the rest counted as failed; PDUs of 4,096 bytes."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.GET_RQ)
        assert give(talk, UIDS[0], 1, size=4096 - 6) == status
        talk.send(wire.response(request, 0xFE00, fields=counted(0, 0, 5)))
        talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
        talk.released()

    sink = MemorySink(status)
    with talking(script, max_pdu=4096) as association:
        response = get(association, Model.STUDY, keys(), sink)
        assert echo(association).status == 0
    assert (response.kind, response.failed) == (StatusClass.CANCEL, 5)
    assert list(sink.objects) == [UIDS[0]]


@pytest.mark.covers("C-FIND", "scripted")
def test_conquest_that_names_no_character_set():
    """Each file's raw bytes, unlabelled: the bytes reach whoever decodes them."""
    names = ["王^小东".encode("gb18030"), "王^小东".encode(), "Müller^Jürgen".encode("latin-1")]

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        for number, name in enumerate(names):
            row = wire.explicit((0x00100010, "PN", name), (0x0020000D, "UI", f"1.2.{number}".encode()))
            talk.send(wire.response(request, 0xFF00, row, size=4090))
        talk.send(wire.response(request, 0))
        talk.released()

    with talking(script, max_pdu=4096) as association:
        rows = [found.data_set() for found in find(association)]
    assert [row.get_item("PatientName").value.rstrip() for row in rows] == names
    assert not any("SpecificCharacterSet" in row for row in rows)


# --- dcmjs -------------------------------------------------------------------------------------------


@pytest.mark.covers("C-GET", "scripted")
def test_dcmjs_that_sends_65536_whatever_we_announce():
    data = wire.image("1.2.3.9", 300_000)

    def script(talk: Talk) -> None:
        assert talk.accept(max_pdu=65536).max_pdu == 4096
        request = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.9", data, size=65536 - 6))
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.send(wire.response(request, 0))
        talk.released()

    sink = MemorySink()
    with Server(script) as server:
        with associate(server.node(max_pdu=4096), PROPOSALS, Stop()) as association:
            get(association, Model.STUDY, keys(), sink)
        server.finished()
    assert sink.objects == {"1.2.3.9": data}


@pytest.mark.covers("C-FIND", "scripted")
def test_dcmjs_that_does_not_answer_a_cancel():
    """Every row still comes, then 0000H; nothing says that a cancel was seen."""
    row = wire.explicit((0x0020000D, "UI", b"1.2.3"))

    def script(talk: Talk) -> None:
        request = talk.message(wire.FIND_RQ)
        for _ in range(462):
            talk.send(wire.response(request, 0xFF00, row))
        talk.send(wire.response(request, 0))
        talk.message(wire.CANCEL_RQ)
        talk.released()

    with talking(script) as association:
        query = Find(association, Model.STUDY, keys())
        rows = 0
        for _ in query:
            rows += 1
            query.cancel(grace=30)
    assert rows == 462
    assert not query.incomplete


@pytest.mark.covers("C-GET", "scripted")
def test_dcmjs_that_falls_silent_after_a_cancel(stop):
    sink = MemorySink()

    def script(talk: Talk) -> None:
        talk.message(wire.GET_RQ)
        give(talk, UIDS[0], 1)
        stop.request()
        talk.message(wire.CANCEL_RQ)
        assert talk.aborted() == (0, 0)

    with pytest.raises(Cancelled), talking(script, stop=stop, limits=QUICK) as association:
        get(association, Model.STUDY, keys(), sink)
    assert list(sink.objects) == [UIDS[0]]


@pytest.mark.covers("C-MOVE", "scripted")
def test_orthanc_that_counts_to_one_less():
    """n objects, n-1 pending answers; a final failure that says Completed=0 although some arrived."""

    def script(talk: Talk) -> None:
        request = talk.message(wire.MOVE_RQ)
        assert request.text(wire.DESTINATION) == "WORKSTATION"
        for done in (1, 2):
            talk.send(wire.response(request, 0xFF00, fields=counted(3 - done, done)))
        talk.send(wire.response(request, 0xC000, fields=counted(0, 0, 1)))
        talk.released()

    pending: list[DimseResponse] = []
    with talking(script) as association:
        response = move(association, Model.STUDY, keys(), "WORKSTATION", pending.append)
    assert len(pending) == 2
    assert (response.kind, response.completed) == (StatusClass.FAILURE, 0)
