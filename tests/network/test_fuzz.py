"""Mutated conversations: whatever a peer says, our side ends with a typed error or a result."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable

import pytest

from tests.network.listening import listening
from tests.network.patience import IMPATIENT, QUICK
from tests.network.talking import CT_ID, FIND_ID, GET_ID, PROPOSALS, Tray, find, keys
from tests.network.test_storage_scp import ECHO, ROW, STORE, echoes
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from workstation.dicom.levels import Model
from workstation.errors import NetworkError
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.stop import Stop

ROUNDS = 150

AC = wire.associate(
    wire.AC,
    [wire.answered(number, 0, wire.EXPLICIT) for number in (1, FIND_ID, GET_ID, CT_ID)],
    user_information=wire.user(16384, {wire.CT: (0, 1)}),
)
FIND_STREAM = b"".join(
    [
        wire.message(FIND_ID, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0xFF00}, ROW, size=40),
        wire.message(FIND_ID, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0xFF00}, ROW),
        wire.message(FIND_ID, {wire.FIELD: 0x8020, wire.RESPONDED: 1, wire.STATUS: 0}),
        wire.release(wire.RELEASE_RP),
    ]
)
GET_STREAM = b"".join(
    [
        wire.store(CT_ID, 1, "1.2.3.4", ROW, size=60),
        wire.message(GET_ID, {wire.FIELD: 0x8010, wire.RESPONDED: 1, wire.STATUS: 0xFF00, wire.REMAINING: 1}),
        wire.store(CT_ID, 2, "1.2.3.5", ROW),
        wire.message(GET_ID, {wire.FIELD: 0x8010, wire.RESPONDED: 1, wire.STATUS: 0xB000}, ROW),
        wire.release(wire.RELEASE_RP),
    ]
)
CLIENT_STREAM = b"".join(
    [
        wire.associate(wire.RQ, [wire.proposed(1, *STORE), wire.proposed(3, *ECHO)]),
        wire.store(1, 1, "1.2.3.4", ROW, size=60),
        wire.message(3, {wire.CLASS: wire.VERIFICATION, wire.FIELD: wire.ECHO_RQ, wire.ID: 2}),
        wire.message(1, {wire.FIELD: wire.FIND_RQ, wire.ID: 3}, ROW),
        wire.release(wire.RELEASE_RQ),
    ]
)


def mutated(data: bytes, seed: int) -> bytes:
    """Some bytes changed, left out, doubled or cut off."""
    dice = random.Random(seed)
    found = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4))):
        position = dice.randrange(len(found))
        match dice.randrange(5):
            case 0 | 1:
                found[position] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            case 2:
                del found[position : position + dice.randrange(1, 9)]
            case 3:
                found[position:position] = found[position : position + dice.randrange(1, 20)]
            case _:
                if dice.random() < 0.3:
                    del found[position:]
        if not found:
            break
    return bytes(found)


def ask_find(association) -> None:
    for row in find(association):
        row.data_set()


def ask_get(association) -> None:
    get(association, Model.STUDY, keys(), Tray())


@pytest.mark.parametrize(("work", "stream"), [(ask_find, FIND_STREAM), (ask_get, GET_STREAM)])
@pytest.mark.filterwarnings("ignore")
def test_a_client_of_ours_against_mutated_answers(work: Callable, stream: bytes):
    """The peer sends all of it, then closes its half; nothing of ours waits for more."""
    outcomes = {"done": 0, "error": 0}
    seeds = iter(range(ROUNDS))

    def script(talk: Talk) -> None:
        whole = mutated(AC + stream, next(seeds))
        talk.request()
        talk.send(whole)
        talk.sock.shutdown(socket.SHUT_WR)
        talk.rest()

    with Server(script) as server:
        node = server.node(timeouts=IMPATIENT)
        for number in range(ROUNDS):
            try:
                with associate(node, PROPOSALS, Stop(), limits=QUICK) as association:
                    work(association)
                outcomes["done"] += 1
            except NetworkError:
                outcomes["error"] += 1
            server.finished(number + 1)
    assert min(outcomes.values()) > 5, outcomes


def test_our_listener_against_mutated_clients():
    with listening(Tray(), limits=QUICK) as scp:
        for seed in range(ROUNDS):
            with client(scp.port) as talk:
                talk.send(mutated(CLIENT_STREAM, seed))
                talk.sock.shutdown(socket.SHUT_WR)
                talk.rest()
        assert echoes(scp.port)
