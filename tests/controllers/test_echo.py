"""Echo in words: what real archives answer, and each way not to reach one."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.archives.process import Archive
from tests.archives.tls import Authority
from workstation.controllers.echo import Echo
from workstation.controllers.notices import Notices
from workstation.dicom.nodes import Node, RetrieveMethod, Timeouts, Tls, WorklistOffer
from workstation.jobs.lanes import Lanes

Start = Callable[..., Archive]
Answer = tuple[str, str, bool]
Ask = Callable[[Node], Answer]


@pytest.fixture
def echo(qtbot: QtBot) -> Iterator[Echo]:
    lanes = Lanes()
    yield Echo(lanes, Notices())
    assert lanes.shutdown(20)
    lanes.dismiss()


@pytest.fixture
def ask(qtbot: QtBot, echo: Echo) -> Ask:
    def asked(node: Node) -> Answer:
        with qtbot.waitSignal(echo.answered, timeout=20_000) as answered:
            echo.ask(node)
        text, detail, good = answered.args
        return text, detail, good

    return asked


@pytest.mark.archives
def test_a_good_archive(ask: Ask, dcmqrscp: Start) -> None:
    archive = dcmqrscp(max_pdu=16384)
    text, detail, good = ask(archive.node(name="PACS-A"))
    first, searching, fetching = text.split("\n")
    assert first.startswith("PACS-A answers in ")
    assert first.endswith("takes PDUs of 16,384 bytes.")
    assert searching == "Searches by patient, study, series and image."
    assert fetching == "Images come by C-GET or C-MOVE."
    assert {"C-ECHO", "Study Root C-FIND", "Patient Root C-GET"} <= set(detail.split("\n"))
    assert good


@pytest.mark.archives
def test_a_node_fetched_by_move_names_what_the_administrator_needs(ask: Ask, dcmqrscp: Start) -> None:
    node = replace(dcmqrscp().node(), retrieve=RetrieveMethod.MOVE, calling_ae_title="READING-3")
    text, _, good = ask(node)
    assert "its administrator must know “READING-3”" in text
    assert good


@pytest.mark.archives
def test_a_worklist_is_not_an_archive(ask: Ask, wlmscpfs: Start) -> None:
    text, detail, good = ask(wlmscpfs().node())
    assert "It offers worklists only, no search for studies." in text
    assert "nothing can be fetched" in text
    assert "Modality Worklist C-FIND" in detail
    assert not good


@pytest.mark.archives
def test_a_node_that_is_here_for_its_worklist(ask: Ask, wlmscpfs: Start, dcmqrscp: Start) -> None:
    text, _, good = ask(replace(wlmscpfs().node(), worklist=WorklistOffer.YES))
    assert "It offers worklists only" in text
    assert good
    text, _, good = ask(replace(dcmqrscp().node(), worklist=WorklistOffer.YES))
    assert text.endswith("It offers no worklist: choose “No” on the page “Queries”.")
    assert not good


@pytest.mark.archives
def test_a_wrong_ae_title_is_told_apart(ask: Ask, dcmqrscp: Start) -> None:
    node = replace(dcmqrscp().node(name="PACS-A"), ae_title="NOBODY")
    text, detail, good = ask(node)
    assert text == "PACS-A does not accept the called AE title “NOBODY”. Correct the AE title of this node."
    assert "A-ASSOCIATE-RJ result 1, source 1, reason 7" in detail
    assert not good


def test_nobody_listens(ask: Ask, free_port: Callable[[], int]) -> None:
    port = free_port()
    text, detail, good = ask(Node(name="PACS-A", ae_title="PACS", host="127.0.0.1", port=port))
    assert text.startswith(f"Nothing listens at 127.0.0.1:{port}, where PACS-A should be.")
    assert "refused" in detail.lower()
    assert not good


def test_a_host_that_is_not_known(ask: Ask) -> None:
    text, _, good = ask(Node(name="PACS-A", ae_title="PACS", host="pacs.invalid", port=104))
    assert "The host name “pacs.invalid” of PACS-A is not known." in text
    assert not good


def test_a_peer_that_says_nothing(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        timeouts = Timeouts(association=0.2)
        text, _, good = ask(
            Node(
                name="PACS-A",
                ae_title="PACS",
                host="127.0.0.1",
                port=silent.getsockname()[1],
                timeouts=timeouts,
            )
        )
    assert "within 0.2 seconds" in text
    assert not good


@pytest.mark.archives
def test_every_kind_of_tls_error(ask: Ask, orthanc: Start, authority: Authority, stranger: Authority) -> None:
    archive = orthanc(tls=True, demand_certificate=True)
    own = authority.issue("workstation-of-a-test")
    right = Tls(str(authority.ca), str(own.certificate), str(own.key))
    node = replace(archive.node(name="PACS-A"), tls=right)
    text, _, good = ask(node)
    assert good
    assert "PACS-A answers" in text

    def message(tls: Tls | None, host: str = node.host) -> str:
        text, detail, good = ask(replace(node, tls=tls, host=host))
        assert not good
        assert detail
        return text

    assert "not signed by a trusted authority" in message(replace(right, ca=str(stranger.ca)))
    assert "issued for another host name" in message(right, "127.0.0.2")
    assert "TLS files for PACS-A cannot be used" in message(replace(right, key=str(authority.ca)))
    assert "did not accept our certificate" in message(replace(right, certificate="", key=""))
    message(None)


@pytest.mark.archives
def test_tls_to_a_port_without(ask: Ask, dcmqrscp: Start, authority: Authority) -> None:
    node = replace(dcmqrscp().node(name="PACS-A"), tls=Tls(str(authority.ca)))
    text, _, good = ask(node)
    assert "PACS-A" in text
    assert not good


def test_a_new_question_drops_the_old_one(qtbot: QtBot, echo: Echo, free_port: Callable[[], int]) -> None:
    answers: list[str] = []
    echo.answered.connect(lambda text, detail, good: answers.append(text))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        echo.ask(Node(name="SILENT", ae_title="PACS", host="127.0.0.1", port=silent.getsockname()[1]))
        echo.ask(Node(name="CLOSED", ae_title="PACS", host="127.0.0.1", port=free_port()))
        qtbot.waitUntil(lambda: bool(answers))
    assert len(answers) == 1
    assert "CLOSED" in answers[0]


def test_cancelled_nobody_hears_and_the_connection_ends(qtbot: QtBot, echo: Echo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(5)
        with qtbot.assertNotEmitted(echo.answered):
            echo.ask(Node(name="SILENT", ae_title="PACS", host="127.0.0.1", port=silent.getsockname()[1]))
            peer, _ = silent.accept()
            with peer:
                peer.settimeout(5)
                echo.cancel()
                while peer.recv(65536):
                    pass
