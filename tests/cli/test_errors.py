"""Every failure of a node: one clear message, the right exit status."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.archives.tls import Authority
from tests.cli.conftest import Said
from tests.peers import wire
from tests.peers.peer import Server, Talk, full_backlog
from workstation.network import requestor
from workstation.settings.folders import folders
from workstation.settings.nodes import save_nodes

Call = Callable[..., Said]


def told(said: Said, message: str, status: str | None = None) -> None:
    """Failed, with just this message (its part), and nothing on standard output."""
    assert said.status == 1
    assert {found["state"] for found in said.objects} <= {"running"}
    [error] = said.errors
    assert message in error["error"]
    assert error["status"] == status


def at(port: int, host: str = "127.0.0.1") -> str:
    return f"SCRIPTED@{host}:{port}"


COMMANDS = {
    "echo": [],
    "find": ["--level", "study", "-k", "PatientName"],
    "history": ["--patient", "1"],
    "get": ["--study", "1.2.3", "--out", "OUT"],
    "move": ["--study", "1.2.3", "--to", "OTHER"],
    "send": ["FILE"],
}


@pytest.fixture(params=COMMANDS)
def line(request: pytest.FixtureRequest, tmp_path: Path, study: Callable[..., list[Path]]) -> list[str]:
    """Each command that opens an association, with what it needs."""
    [file] = study(1)
    names = {"OUT": str(tmp_path / "out"), "FILE": str(file)}
    return [
        request.param,
        "--json",
        "--timeout",
        "5",
        *(names.get(word, word) for word in COMMANDS[request.param]),
    ]


def call(workstation: Call, line: list[str], node: str, *more: str) -> Said:
    return workstation(line[0], node, *line[1:], *more)


def test_nothing_listens(workstation: Call, line: list[str], free_port: Callable[[], int]) -> None:
    told(call(workstation, line, at(free_port())), "Nothing listens at 127.0.0.1:")


def test_a_person_reads_one_message(workstation: Call, line: list[str], free_port: Callable[[], int]) -> None:
    line.remove("--json")
    said = call(workstation, line, at(free_port()))
    assert (said.status, said.out) == (1, "")
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("Nothing listens at 127.0.0.1:")


def test_the_host_has_no_address(workstation: Call, line: list[str]) -> None:
    told(call(workstation, line, at(104, "no-such-host.invalid")), "“no-such-host.invalid”")


def test_the_host_does_not_answer(
    workstation: Call, line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_backlog() as port:
        said = call(workstation, line, at(port), "--timeout", "0.2")
    told(said, f"does not answer at 127.0.0.1:{port}")


REJECTIONS = [
    (1, 1, 1, "gave no reason"),
    (1, 1, 2, "application context"),
    (1, 1, 3, "does not know this workstation’s AE title “STRANGER”"),
    (1, 1, 7, "does not accept the called AE title “SCRIPTED”"),
    (1, 1, 10, "refused the association"),
    (1, 2, 1, "without saying why"),
    (1, 2, 2, "protocol version"),
    (2, 3, 1, "congested"),
    (2, 3, 2, "as many associations as it allows"),
]


@pytest.mark.parametrize(("result", "source", "reason", "message"), REJECTIONS)
def test_each_reason_to_reject(
    workstation: Call, monkeypatch: pytest.MonkeyPatch, result: int, source: int, reason: int, message: str
) -> None:
    monkeypatch.setattr(requestor.random, "uniform", lambda low, high: 0.001)

    def script(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(result, source, reason))

    with Server(script) as server:
        said = workstation("echo", at(server.port), "--aet", "STRANGER", "--json")
        told(said, message)
        assert len(server.talks) == (4 if result == 2 else 1)
        server.end()


def test_a_rejection_is_told_by_every_command(workstation: Call, line: list[str]) -> None:
    def script(talk: Talk) -> None:
        talk.request()
        talk.send(wire.reject(1, 1, 3))

    with Server(script) as server:
        said = call(workstation, line, at(server.port), "-v")
        traces = [error["trace"] for error in said.errors if "trace" in error]
        [error] = [error for error in said.errors if "error" in error]
        assert "AE title “WORKSTATION”" in error["error"]
        assert error["detail"] == "A-ASSOCIATE-RJ result 1, source 1, reason 3"
        assert any("A-ASSOCIATE-RJ" in trace for trace in traces)
        assert said.status == 1


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (lambda talk: (talk.request(), talk.send(wire.abort(2, 0))), "aborted"),
        (lambda talk: (talk.request(), talk.close()), "was lost"),
        (lambda talk: (talk.request(), talk.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")), "not valid DICOM"),
        (lambda talk: (talk.request(), talk.rest()), "within 0.3 seconds"),
        (lambda talk: (talk.accept({1: 3, 3: 3, 5: 3}), talk.rest()), "does not offer"),
    ],
    ids=["abort", "close", "not DICOM", "silence", "unsupported"],
)
def test_what_a_peer_may_do_instead(
    workstation: Call, script: Callable[[Talk], object], message: str
) -> None:
    with Server(script) as server:
        line = ("find", at(server.port), "--model", "patient-study", "--level", "study", "--timeout", "0.3")
        told(workstation(*line, "--json"), message)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("patient", "Patient Root C-FIND"),
        ("study", "Study Root C-FIND"),
        ("patient-study", "Patient/Study Only C-FIND"),
        ("worklist", "Modality Worklist C-FIND"),
    ],
)
def test_an_unsupported_model_is_named(workstation: Call, model: str, name: str) -> None:
    def script(talk: Talk) -> None:
        talk.accept({3: 3})
        talk.rest()

    with Server(script) as server:
        level = [] if model == "worklist" else ["--level", "study"]
        said = workstation("find", at(server.port), "--json", "--model", model, *level, "-k", "PatientID")
        told(said, f"does not offer {name}")


@pytest.mark.parametrize("service", ["get", "move"])
def test_an_unsupported_retrieve(workstation: Call, service: str, tmp_path: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept(dict.fromkeys(range(1, 256, 2), 3))
        talk.rest()

    where = ["--out", str(tmp_path)] if service == "get" else ["--to", "OTHER"]
    with Server(script) as server:
        said = workstation(service, at(server.port), "--json", "--study", "1.2.3", "--model", "study", *where)
        told(said, "does not offer")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (0xA700, "out of resources"),
        (0xA900, "does not match"),
        (0xC001, "could not process"),
        (0x0122, "SOP class"),
    ],
)
def test_the_status_of_a_failure_is_told(workstation: Call, status: int, message: str) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.send(wire.response(talk.message(wire.FIND_RQ), status))
        talk.rest()

    with Server(script) as server:
        said = workstation("find", at(server.port), "--json", "--level", "study", "-k", "PatientID")
        told(said, message, f"0x{status:04X}")


def test_a_refused_query_tells_what_about_and_what_to_try(workstation: Call) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        fields: dict[int, int | bytes] = {
            0x0901: b"\x10\x00\x30\x00\x09\x00\x10\x00",
            wire.COMMENT: b"not these",
        }
        talk.send(wire.response(talk.message(wire.FIND_RQ), 0xA900, fields=fields))
        talk.rest()

    with Server(script) as server:
        said = workstation("find", at(server.port), "--json", "--level", "study", "-k", "PatientID")
    [error] = said.errors
    assert error["detail"] == "status 0xA900, “not these”, (0010,0030) Patient's Birth Date, (0009,0010)"
    assert error["try"].startswith("Leave out")
    with Server(script) as server:
        said = workstation("find", at(server.port), "--level", "study", "-k", "PatientID")
    lines = said.err.splitlines()
    assert "  status 0xA900" in lines[1]
    assert lines[2].startswith("  Leave out")


def test_an_archive_that_stops_early_is_not_complete(workstation: Call) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, wire.explicit((0x0020000D, "UI", b"1.2.3"))))
        talk.send(wire.response(request, 0xFE00))
        talk.released()

    with Server(script) as server:
        said = workstation("find", at(server.port), "--json", "--level", "study", "-k", "StudyInstanceUID")
    assert said.status == 1
    assert said.answers == [{"0020000D": {"vr": "UI", "Value": ["1.2.3"]}}]
    assert said.objects[-1] == {"state": "partial", "answers": 1, "unreadable": 0, "status": "0xFE00"}
    [error] = said.errors
    assert "did not send all answers" in error["error"]
    assert error["status"] == "0xFE00"


def test_an_answer_that_cannot_be_read_costs_only_itself(workstation: Call) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, b"\x20\0\x0d\0UI\xff\xff1.2"))
        talk.send(wire.response(request, 0xFF00, wire.explicit((0x0020000D, "UI", b"1.2.3"))))
        talk.send(wire.response(request, 0x0000))
        talk.released()

    with Server(script) as server:
        said = workstation("find", at(server.port), "--json", "--level", "study", "-k", "StudyInstanceUID")
    assert said.answers == [{"_invalid": ["0020000D"]}, {"0020000D": {"vr": "UI", "Value": ["1.2.3"]}}]
    assert said.status == 1
    assert "1 of these answers" in said.errors[0]["error"]


def test_peer_text_cannot_command_the_terminal(workstation: Call) -> None:
    evil = b"A\x1b[2J\x07\rB"

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, wire.explicit((0x00100010, "PN", evil))))
        talk.send(wire.response(request, 0xA700, fields={wire.COMMENT: evil}))
        talk.rest()

    with Server(script) as server:
        said = workstation("find", at(server.port), "-v", "--level", "study", "-k", "PatientName")
    assert not {"\x1b", "\x07", "\r"} & set(said.out + said.err)
    assert "PatientName" in said.out


def test_a_name_without_character_set_is_read_by_the_nodes(workstation: Call) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        name = wire.explicit((0x00100010, "PN", "Žižek".encode("iso8859-2")))
        talk.send(wire.response(request, 0xFF00, name), wire.response(request, 0x0000))
        talk.released()

    with Server(script) as server:
        save_nodes(folders().nodes, [server.node(charset="ISO_IR 101")])
        said = workstation("find", "peer", "--level", "study", "-k", "PatientName")
    assert said.out.split()[-1] == "Žižek"


# --- TLS ---------------------------------------------------------------------------------------------


def server_side(authority: Authority, name: str, hosts: tuple[str, ...], days: int = 10) -> ssl.SSLContext:
    issued = authority.issue(name, hosts, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return context


@contextlib.contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    """Takes one connection, shakes hands, and reads until the other side leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(15)

        def serve() -> None:
            with contextlib.suppress(OSError):
                sock, _ = listening.accept()
                secured = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                try:
                    secured.do_handshake()
                    secured.recv(1)
                finally:  # a reset would overtake our alert
                    with socket.socket(fileno=secured.detach()) as bare:
                        while bare.recv(65536):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(15)


def test_tls_untrusted(workstation: Call, authority: Authority, stranger: Authority) -> None:
    with tls_server(server_side(stranger, "untrusted", ("127.0.0.1",))) as port:
        said = workstation("echo", at(port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "not signed by a trusted authority")


def test_tls_of_another_host(workstation: Call, authority: Authority) -> None:
    with tls_server(server_side(authority, "elsewhere", ("pacs.example.com",))) as port:
        said = workstation("echo", at(port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "another host name")


def test_tls_expired(workstation: Call, authority: Authority) -> None:
    with tls_server(server_side(authority, "expired", ("127.0.0.1",), days=-1)) as port:
        said = workstation("echo", at(port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "has expired")


def test_tls_client_certificate_demanded(workstation: Call, authority: Authority) -> None:
    context = server_side(authority, "demanding", ("127.0.0.1",))
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with tls_server(context) as port:
        said = workstation("echo", at(port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "did not accept our certificate")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_tls_too_old(workstation: Call, authority: Authority) -> None:
    context = server_side(authority, "old", ("127.0.0.1",))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with tls_server(context) as port:
        said = workstation("echo", at(port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "no TLS version that is secure")


def test_tls_towards_a_plain_port(workstation: Call, authority: Authority) -> None:
    def script(talk: Talk) -> None:
        talk.take(5)
        talk.send(wire.abort(2, 2))
        talk.rest()

    with Server(script) as server:
        said = workstation("echo", at(server.port), "--json", "--tls", "--tls-ca", authority.ca)
    told(said, "does not speak TLS on this port")


@pytest.mark.parametrize("option", ["--tls-ca", "--tls-cert"])
def test_tls_files_that_are_not_there(
    workstation: Call, option: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with Server(lambda talk: talk.rest()) as server:
        said = workstation("echo", at(server.port), "--json", "--tls", option, tmp_path / "missing.pem")
    told(said, "TLS files")
