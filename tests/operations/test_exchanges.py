"""What is recorded of searches and retrieves, from real and scripted archives: messages and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.archives.process import Archive as RunningArchive
from tests.operations.scripted_archive import Crooked
from tests.peers import wire
from tests.peers.peer import Server, Talk
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node, RetrieveMethod
from workstation.dicom.targets import Target
from workstation.errors import OperationFailed
from workstation.network import exchanges
from workstation.network.exchange import Exchange, Kind, State, TracedMessage
from workstation.network.exchanges import Exchanges
from workstation.network.trace import Event
from workstation.operations.exchange_commands import exchange_commands
from workstation.operations.exchange_reading import command_of, lines_of
from workstation.operations.held_associations import HeldAssociations
from workstation.operations.instance_router import FolderRouter
from workstation.operations.node_check import check
from workstation.operations.retrieve import retrieve
from workstation.operations.sources import Archive
from workstation.stop import Stop

Start = Callable[..., RunningArchive]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Exchanges:
    """Exchanges of this test alone."""
    own = Exchanges()
    monkeypatch.setattr(exchanges, "EXCHANGES", own)
    return own


def decisions(exchange: Exchange) -> list[str]:
    lines = lines_of(exchange)
    return [str(what.what) for _, _, what in lines if isinstance(what, Event) and what.sent is None]


def names(exchange: Exchange) -> Iterator[str]:
    for _, _, what in lines_of(exchange):
        if isinstance(what, TracedMessage) and (found := command_of(what)) is not None:
            yield found.name


def answering(*statuses: int) -> Callable[[Talk], None]:
    """Ends each query with the next of these statuses."""
    left = iter(statuses)

    def play(talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            talk.send(wire.response(asked, next(left)))

    return play


def test_a_refusal_of_optional_keys_is_told(kept: Exchanges) -> None:
    with Server(answering(0xA900, 0)) as server:
        list(Archive(server.node()).search(Criteria(patient_id="1"), Stop()))
    (exchange,) = kept.recent()
    assert "Refused: asked again without optional keys" in decisions(exchange)
    assert list(names(exchange)) == ["C-FIND-RQ", "C-FIND-RSP"] * 2
    assert (exchange.kind, exchange.state) == (Kind.SEARCH, State.DONE)


def test_a_name_that_is_asked_for_again_is_told(kept: Exchanges) -> None:
    with Server(answering(*[0] * 40)) as server:
        list(Archive(server.node()).search(Criteria(name="Doe"), Stop()))
    (exchange,) = kept.recent()
    assert "Asked again anywhere in the name" in decisions(exchange)


def test_a_refused_query_tells_elements_and_what_to_try(kept: Exchanges) -> None:
    offending = (0x0901, b"\x10\x00\x30\x00")

    def play(talk: Talk) -> None:
        talk.accept()
        while (asked := talk.next()) is not None:
            fields: dict[int, Any] = {wire.COMMENT: b"no such key ", offending[0]: offending[1]}
            talk.send(wire.response(asked, 0xA900, fields=fields))

    with Server(play) as server, pytest.raises(OperationFailed) as failed:
        list(Archive(server.node()).search(Criteria(patient_id="1"), Stop()))
    assert failed.value.detail == "status 0xA900, “no such key”, (0010,0030) Patient's Birth Date"
    assert "Leave out" in failed.value.what_to_try
    (exchange,) = kept.recent()
    assert (exchange.state, exchange.status) == (State.FAILED, 0xA900)
    assert exchange.what_to_try == failed.value.what_to_try


def test_another_service_is_told(kept: Exchanges, tmp_path: Path) -> None:
    archive = Crooked(["1.2.3.1.1"], lambda talk, context, asked: None, finals={wire.GET_RQ: 0xC000})
    with Server(archive.play) as server, pytest.raises(OperationFailed):
        retrieve(server.node(), Target("1.2.3"), FolderRouter(tmp_path), None, Stop(), lambda _: None)
    (exchange,) = kept.recent()
    assert exchange.kind is Kind.RETRIEVE
    assert exchange.state is State.FAILED
    assert "Not all came: what is missing is asked for by UID" in decisions(exchange)


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_real_archives(
    kept: Exchanges, kind: str, patients: list[Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    start: Start = request.getfixturevalue(kind)
    node: Node = start(patients).node(retrieve=RetrieveMethod.GET)
    held = HeldAssociations()
    try:
        check(node, Stop())
        source = Archive(node, held=held)
        (study, *_) = source.search(Criteria(), Stop())
        list(source.series(study, Stop()))
    finally:
        assert held.close(5)
    outcome = retrieve(node, Target(study.study_uid), FolderRouter(tmp_path), None, Stop(), lambda _: None)
    echo, search, expand, got = kept.recent()
    assert [one.kind for one in kept.recent()] == [Kind.ECHO, Kind.SEARCH, Kind.LIST, Kind.RETRIEVE]
    assert {one.state for one in kept.recent()} == {State.DONE}
    assert not search.talks[0].reused
    assert expand.talks[0].reused, "the association was held"
    assert list(names(got)).count("C-STORE-RQ") == outcome.received > 0
    assert exchange_commands(echo, masked=True)[0].startswith("echoscu ")
    (masked, *_), (whole, *_) = (exchange_commands(expand, masked=hidden) for hidden in (True, False))
    assert study.study_uid not in masked
    assert f"(0020,000d)={study.study_uid}" in whole
    assert "[masked]" in masked
