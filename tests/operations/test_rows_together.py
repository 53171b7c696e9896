"""Answers that are here together are read together; none is held back, lost or counted twice for that."""

from __future__ import annotations

import threading

import pytest

from tests.peers import wire
from tests.peers.answering import study
from tests.peers.peer import Script, Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.matches import StudyMatch
from workstation.errors import AssociationAborted
from workstation.operations.sources import Archive
from workstation.stop import Stop

ROWS = 500
"""Far more bytes than what makes it likely that another answer is here."""
DEADLINE = 20.0


def answers(request: wire.Message, uid: str = "1.2.{}") -> bytes:
    return b"".join(
        wire.response(request, 0xFF00, study(uid.format(number).encode())) for number in range(ROWS)
    )


def searched(play: Script, take: threading.Event | None = None) -> list[StudyMatch]:
    found: list[StudyMatch] = []
    with Server(play) as server:
        for row in Archive(server.node()).search(Criteria(), Stop()):
            found.append(row)
            if take is not None and len(found) == ROWS:
                take.set()
    return found


def test_the_last_rows_do_not_wait_for_more() -> None:
    taken = threading.Event()

    def play(talk: Talk) -> None:
        talk.accept(max_pdu=131072)
        request = talk.message(wire.FIND_RQ)
        talk.send(answers(request))
        assert taken.wait(DEADLINE)
        talk.send(wire.response(request, 0))
        talk.released()

    assert [row.study_uid for row in searched(play, taken)] == [f"1.2.{number}" for number in range(ROWS)]


def test_rows_before_an_abort_are_told() -> None:
    taken = threading.Event()

    def play(talk: Talk) -> None:
        talk.accept(max_pdu=131072)
        talk.send(answers(talk.message(wire.FIND_RQ)) + wire.abort())
        talk.rest()

    with pytest.raises(AssociationAborted):
        searched(play, taken)
    assert taken.is_set()


def test_rows_without_a_uid_are_told_apart() -> None:
    def play(talk: Talk) -> None:
        talk.accept(max_pdu=131072)
        request = talk.message(wire.FIND_RQ)
        talk.send(answers(request, "") + wire.response(request, 0))
        talk.released()

    found = searched(play)
    assert len({row.study_uid for row in found}) == len(found) == ROWS
