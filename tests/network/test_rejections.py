"""A-ASSOCIATE-RJ: a message for each reason, and patience with the transient ones (PS3.8 9.3.4)."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from tests.network.conversations import PROPOSALS
from tests.network.short_limits import QUICK
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.errors import AssociationAborted, AssociationRejected
from workstation.network.echo import echo
from workstation.network.limits import LIMITS
from workstation.network.requestor import associate
from workstation.network.trace import Event
from workstation.stop import Stop

MESSAGES = {
    (1, 1): "Peer refused the association and gave no reason.",
    (1, 2): "Peer does not support the DICOM application context.",
    (1, 3): (
        "Peer does not know this workstation’s AE title “ME”."
        " Ask its administrator to add it, or set the one it knows."
    ),
    (1, 4): "Peer refused the association.",
    (1, 7): "Peer does not accept the called AE title “SCRIPTED”. Correct the AE title of this node.",
    (2, 1): "Peer refused the association without saying why.",
    (2, 2): "Peer does not support our DICOM protocol version.",
    (3, 0): "Peer refused the association.",
    (3, 1): "Peer is congested at the moment. Try again in a minute.",
    (3, 2): "Peer already serves as many associations as it allows. Try again in a minute.",
    (9, 9): "Peer refused the association.",
}


def refusing(result: int, source: int, reason: int):
    def script(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(result, source, reason))
        assert talk.rest() == b""

    return script


def accepting(talk: Talk) -> None:
    talk.accept()
    talk.released()


@pytest.mark.usefixtures("open_files")
@pytest.mark.parametrize(("source", "reason"), MESSAGES)
def test_each_reason_has_its_message(source, reason):
    with Server(refusing(1, source, reason)) as server:
        with (
            pytest.raises(AssociationRejected) as caught,
            associate(server.node(calling_ae_title="ME"), PROPOSALS, Stop(), limits=QUICK),
        ):
            pass
        server.finished()
    assert str(caught.value) == MESSAGES[source, reason]
    assert caught.value.detail == f"A-ASSOCIATE-RJ result 1, source {source}, reason {reason}"
    assert not caught.value.transient
    assert len(server.talks) == 1


@pytest.mark.parametrize("reason", [1, 2])
@pytest.mark.parametrize("times", [1, 3])
def test_a_transient_rejection_is_tried_again(reason, times):
    with Server(*[refusing(2, 3, reason)] * times, accepting) as server:
        with associate(server.node(), PROPOSALS, Stop(), limits=QUICK) as association:
            assert association.contexts
        server.finished(times + 1)
    assert len(server.talks) == times + 1


def test_patience_ends():
    with Server(refusing(2, 3, 2)) as server:
        with (
            pytest.raises(AssociationRejected) as caught,
            associate(server.node(), PROPOSALS, Stop(), limits=QUICK),
        ):
            pass
        server.finished(4)
    assert caught.value.transient
    assert len(server.talks) == 4


def test_a_rejection_that_does_not_wait_for_our_request():
    """The peer closes with our request unread, so a reset follows its answer; the answer is what counts."""

    def script(talk: Talk) -> None:
        talk.send(wire.reject(1, 3, 2))
        talk.take(1)
        talk.close()

    for _ in range(20):
        with (
            Server(script) as server,
            pytest.raises(AssociationRejected),
            associate(server.node(), PROPOSALS, Stop(), limits=QUICK),
        ):
            pass


def test_an_abort_is_not_tried_again():
    def script(talk: Talk) -> None:
        talk.request()
        talk.send(wire.abort(2, 1))
        assert talk.rest() == b""

    with Server(script) as server:
        with pytest.raises(AssociationAborted) as caught, associate(server.node(), PROPOSALS, Stop()):
            pass
        server.finished()
    assert caught.value.detail == "A-ABORT source 2, reason 1"
    assert len(server.talks) == 1


@pytest.mark.archives
@pytest.mark.covers("C-ECHO", "dcmqrscp")
def test_dcmqrscp_does_not_go_by_another_title(archive_of, stop):
    node = archive_of("dcmqrscp").node(ae_title="OTHER", name="")
    with pytest.raises(AssociationRejected) as caught, associate(node, PROPOSALS, stop):
        pass
    assert (caught.value.source, caught.value.reason) == (1, 7)
    assert "does not accept the called AE title “OTHER”" in str(caught.value)


@pytest.mark.archives
@pytest.mark.covers("C-ECHO", "dcmqrscp")
def test_dcmqrscp_that_is_full_is_tried_again(dcmqrscp, stop):
    """One association at a time: the second waits until the first has gone."""
    node = dcmqrscp(associations=1).node()
    pauses: list[str] = []
    with contextlib.ExitStack() as first:
        first.enter_context(associate(node, PROPOSALS, stop))

        def observe(event: Event) -> None:
            if event.what == "A-ASSOCIATE-RJ":
                pauses.append(str(event))
                first.close()

        with associate(node, PROPOSALS, stop, observer=observe, limits=replace(LIMITS, retry=0.4)) as second:
            assert echo(second).status == 0
    assert pauses
