"""The witness is checked by a second one, pynetdicom, before anything is checked by it."""

from __future__ import annotations

import pytest
from pynetdicom.dimse_messages import C_FIND_RSP, C_STORE_RQ
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ, P_DATA_TF

from tests.peers import wire
from tests.peers.peer import Ended, Server, Talk, client


def test_pynetdicom_reads_a_request():
    contexts = [
        wire.proposed(1, wire.CT, wire.EXPLICIT, wire.IMPLICIT),
        wire.proposed(3, wire.FIND, wire.IMPLICIT),
    ]
    raw = wire.associate(wire.RQ, contexts, user_information=wire.user(4096, {wire.CT: (0, 1)}))
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(raw)
    assert (pdu.called_ae_title, pdu.calling_ae_title) == ("SCRIPTED", "WORKSTATION")
    assert [context.transfer_syntax for context in pdu.presentation_context] == [
        [wire.EXPLICIT, wire.IMPLICIT],
        [wire.IMPLICIT],
    ]
    assert pdu.user_information.maximum_length == 4096
    assert pdu.user_information.role_selection[wire.CT].scp_role == 1
    own = wire.proposal(raw[6:])
    assert own.contexts[3] == (wire.FIND, [wire.IMPLICIT])
    assert (own.max_pdu, own.roles) == (4096, {wire.CT: (0, 1)})


def test_pynetdicom_reads_answers():
    accepted = A_ASSOCIATE_AC()
    accepted.decode(wire.associate(wire.AC, [wire.answered(1, 0, wire.EXPLICIT), wire.answered(3, 4, "1.2")]))
    assert [context.result for context in accepted.presentation_context] == [0, 4]
    rejected = A_ASSOCIATE_RJ()
    rejected.decode(wire.reject(2, 3, 1))
    assert (rejected.result, rejected.source, rejected.reason_diagnostic) == (2, 3, 1)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("size", [1, 7, 16000])
def test_pynetdicom_reads_messages(size, empty, together):
    raw = wire.store(5, 9, "1.2.3", b"data", size=size, empty=empty, together=together)
    found = C_STORE_RQ()
    ended = False
    while raw:
        length = 6 + int.from_bytes(raw[2:6], "big")
        pdu = P_DATA_TF()
        pdu.decode(raw[:length])
        ended = found.decode_msg(pdu.to_primitive())
        raw = raw[length:]
    assert ended
    assert found.command_set.AffectedSOPInstanceUID == "1.2.3"
    assert found.data_set.getvalue() == b"data"


def test_a_response_answers_its_request():
    to = wire.Message(1, wire.elements(wire.command({wire.FIELD: wire.FIND_RQ, wire.ID: 77})))
    pdu = P_DATA_TF()
    pdu.decode(wire.response(to, 0xFF00, b"x" * 4, together=True))
    found = C_FIND_RSP()
    assert found.decode_msg(pdu.to_primitive())
    assert (found.command_set.MessageIDBeingRespondedTo, found.command_set.Status) == (77, 0xFF00)


def test_server_and_client_talk():
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.ECHO_RQ)
        talk.send(wire.response(request, 0), every=1)
        talk.released()

    with Server(script) as server, client(server.port) as talk:
        talk.propose({1: (wire.VERIFICATION, wire.IMPLICIT)})
        talk.send(wire.message(1, {wire.FIELD: wire.ECHO_RQ, wire.ID: 3}))
        answer = talk.message(wire.ECHO_RQ | wire.RESPONSE)
        assert answer.number(wire.RESPONDED) == 3
        talk.release()
        server.finished()
        assert [pdu.kind for pdu in server.talks[0].seen] == [wire.RQ, wire.DATA, wire.RELEASE_RQ]


def speak(server: Server, said: bytes) -> None:
    with server:
        with client(server.port) as talk:
            talk.send(said)
        server.finished()


def test_what_fails_in_a_script_fails_the_test():
    with pytest.raises(AssertionError, match="PDU type 05H"):
        speak(Server(Talk.accept), wire.release(wire.RELEASE_RQ))


def test_an_early_end_is_told():
    with pytest.raises(Ended):
        speak(Server(Talk.accept), b"\1")
