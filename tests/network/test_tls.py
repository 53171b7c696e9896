"""TLS both ways: who is trusted, who is not, and the message for each failure (PS3.15 B.12)."""

from __future__ import annotations

import os
import ssl
import threading
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem

import workstation
from tests.archives.tls import Authority, Certificate
from tests.network.conversations import CT_ID, PROPOSALS, ROW, MemorySink, find, keys
from tests.network.listening import listening
from tests.network.scripts import echoes
from tests.network.short_limits import IMPATIENT, QUICK
from tests.peers import wire
from tests.peers.peer import PATIENCE, Ended, Server, Talk
from workstation.dicom.levels import Model
from workstation.dicom.nodes import Tls
from workstation.errors import NetworkError, TimedOut, TlsFailed
from workstation.network import requestor
from workstation.network.echo import echo
from workstation.network.get import get
from workstation.network.requestor import associate
from workstation.network.tls import client_context, server_context
from workstation.stop import Stop

pytestmark = pytest.mark.usefixtures("open_files")


@pytest.fixture(scope="session")
def own(authority: Authority) -> Certificate:
    """The scripted peer's certificate."""
    return authority.issue("scripted")


def server_side(own: Certificate, *, demand: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    if demand is not None:
        context.load_verify_locations(demand)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def accepting(talk: Talk) -> None:
    talk.accept()
    talk.send(wire.response(talk.message(wire.ECHO_RQ), 0))
    talk.released()


def works(context: ssl.SSLContext, tls: Tls, host: str = "localhost") -> None:
    with Server(accepting, tls=context) as server:
        with associate(server.node(tls=tls, host=host), PROPOSALS, Stop()) as association:
            assert echo(association).status == 0
        server.finished()


def refused(context: ssl.SSLContext | None, tls: Tls, host: str = "localhost") -> TlsFailed:
    """What our side makes of a peer it should not speak with; what fails in the peer is its own."""

    def hang_up(talk: Talk) -> None:
        if context is not None:
            try:
                talk.sock = context.wrap_socket(talk.sock, server_side=True)
                talk.request()
            except (OSError, Ended):
                return

    with (
        Server(hang_up) as server,
        pytest.raises(TlsFailed) as caught,
        associate(server.node(tls=tls, host=host), PROPOSALS, Stop()),
    ):
        pass
    assert caught.value.kind in TlsFailed.KINDS
    assert "Peer" in str(caught.value)
    return caught.value


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_peer_that_is_trusted(authority, own, host):
    works(server_side(own), Tls(str(authority.ca)), host)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions(authority, own, version):
    context = server_side(own)
    context.minimum_version = context.maximum_version = version
    works(context, Tls(str(authority.ca)))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_that_is_demanded(authority, own, version):
    client = authority.issue("client")
    context = server_side(own, demand=authority.ca)
    context.minimum_version = context.maximum_version = version
    works(context, Tls(str(authority.ca), str(client.certificate), str(client.key)))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["none", "a stranger's", "an expired one"])
def test_a_client_certificate_that_is_not_right(authority, stranger, own, version, shown):
    context = server_side(own, demand=authority.ca)
    context.minimum_version = context.maximum_version = version
    tls = Tls(str(authority.ca))
    if shown != "none":
        wrong = (
            stranger.issue("client")
            if shown == "a stranger's"
            else authority.issue("expired client", days=-5)
        )
        tls = Tls(str(authority.ca), str(wrong.certificate), str(wrong.key))
    assert refused(context, tls).kind == "client"


def test_a_client_certificate_refused_before_our_request_is_out(authority, own, monkeypatch):
    """The alert came first, so our write fails, and what it said must be read all the same."""
    gone = threading.Event()
    request = requestor._request

    def late(*how):
        assert gone.wait(PATIENCE)
        return request(*how)

    def hang_up(talk: Talk) -> None:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(talk.sock, server_side=True)
        gone.set()

    context = server_side(own, demand=authority.ca)
    monkeypatch.setattr(requestor, "_request", late)
    with (
        Server(hang_up) as server,
        pytest.raises(TlsFailed) as caught,
        associate(server.node(tls=Tls(str(authority.ca))), PROPOSALS, Stop(), limits=QUICK),
    ):
        pass
    assert caught.value.kind == "client"


def test_another_host_name(authority):
    elsewhere = authority.issue("elsewhere", ("pacs.example", "192.0.2.1"))
    assert refused(server_side(elsewhere), Tls(str(authority.ca))).kind == "name"
    assert refused(server_side(elsewhere), Tls(str(authority.ca)), "127.0.0.1").kind == "name"


def test_another_authority(stranger, own):
    assert refused(server_side(own), Tls(str(stranger.ca))).kind == "untrusted"


def test_the_systems_authorities_do_not_know_ours(own):
    assert refused(server_side(own), Tls()).kind == "untrusted"


def test_expired(authority):
    old = authority.issue("expired", days=-5)
    error = refused(server_side(old), Tls(str(authority.ca)))
    assert error.kind == "expired"
    assert "expired" in error.detail


def test_self_signed(authority, tmp_path):
    """An authority's own certificate is signed by itself."""
    lonely = Authority(tmp_path, "Lonely")
    key = tmp_path / "ca.key"
    key.write_bytes(lonely._key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption()))
    error = refused(server_side(Certificate(lonely.ca, key)), Tls(str(authority.ca)))
    assert error.kind == "untrusted"
    assert "self-signed" in error.detail


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_peer_that_knows_only_old_versions(authority, own, version):
    context = server_side(own)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert refused(context, Tls(str(authority.ca))).kind == "version"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs up"),
        pytest.param(wire.abort(2, 1), id="aborts"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="speaks HTTP"),
    ],
)
def test_a_plain_peer_on_a_tls_node(authority, answer):
    def plain(talk: Talk) -> None:
        talk.take(11)
        talk.send(answer)

    with (
        Server(plain) as server,
        pytest.raises(TlsFailed) as caught,
        associate(server.node(tls=Tls(str(authority.ca))), PROPOSALS, Stop(), limits=QUICK),
    ):
        pass
    assert caught.value.kind == "plain"
    assert str(caught.value) == "Peer does not speak TLS on this port. Switch TLS off or use its TLS port."


def test_a_silent_peer_on_a_tls_node(authority):
    tls = Tls(str(authority.ca))
    with (
        Server(Talk.rest) as server,
        pytest.raises(TimedOut) as caught,
        associate(server.node(tls=tls, timeouts=IMPATIENT), PROPOSALS, Stop(), limits=QUICK),
    ):
        pass
    assert caught.value.waiting_for == "its part of the TLS handshake"


def test_a_tls_peer_on_a_plain_node(own):
    def secured(talk: Talk) -> None:
        with pytest.raises(ssl.SSLError):
            server_side(own).wrap_socket(talk.sock, server_side=True)

    with Server(secured) as server:
        with pytest.raises(NetworkError) as caught, associate(server.node(), PROPOSALS, Stop(), limits=QUICK):
            pass
        server.finished()
    assert not isinstance(caught.value, TlsFailed)


FILES: list[Callable[[Path, Certificate], Tls]] = [
    lambda folder, own: Tls(str(folder / "missing.pem")),
    lambda folder, own: Tls(str(own.key)),
    lambda folder, own: Tls("", str(folder / "missing.pem"), str(own.key)),
    lambda folder, own: Tls("", str(own.certificate), str(folder / "missing.key")),
    lambda folder, own: Tls("", str(own.certificate), ""),
    lambda folder, own: Tls("", str(own.certificate), str(own.certificate)),
]


def unusable(tls: Tls) -> TlsFailed:
    with (
        Server(Talk.rest) as server,
        pytest.raises(TlsFailed) as caught,
        associate(server.node(tls=tls), PROPOSALS, Stop()),
    ):
        pass
    return caught.value


@pytest.mark.parametrize("number", range(len(FILES)))
def test_files_that_cannot_be_used(own, tmp_path, number):
    assert unusable(FILES[number](tmp_path, own)).kind == "files"


def test_a_key_of_another_certificate(own, authority):
    other = authority.issue("other")
    assert unusable(Tls("", str(own.certificate), str(other.key))).kind == "files"


def locked_key(own: Certificate, folder: Path, form: pem.PrivateFormat, certificate: bytes = b"") -> str:
    """The key protected by "secret", behind its certificate if that is given."""
    key = pem.load_pem_private_key(own.key.read_bytes(), None)
    locked = folder / "locked.key"
    secret = pem.BestAvailableEncryption(b"secret")
    locked.touch(mode=0o600)
    locked.write_bytes(certificate + key.private_bytes(pem.Encoding.PEM, form, secret))
    return str(locked)


@pytest.mark.parametrize("form", [pem.PrivateFormat.PKCS8, pem.PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("one_file", [False, True])
def test_a_key_with_a_passphrase(own, tmp_path, form, one_file):
    """It is not asked for here; with it, the key works on both sides."""
    if one_file:
        tls = Tls("", locked_key(own, tmp_path, form, own.certificate.read_bytes()))
    else:
        tls = Tls("", str(own.certificate), locked_key(own, tmp_path, form))
    error = unusable(tls)
    assert error.kind == "locked"
    assert "protected by a passphrase" in str(error)
    for wrong in ("Secret", "", "s" * 1000):
        assert unusable(replace(tls, passphrase=wrong)).kind == "passphrase"
    right = replace(tls, passphrase="secret")
    client_context("Peer", right)
    server_context("us", right)
    assert "secret" not in repr(right)


def test_a_passphrase_nobody_needs(own):
    context = client_context("Peer", Tls("", str(own.certificate), str(own.key), "secret"))
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_another_key_is_not_a_wrong_passphrase(own, authority, tmp_path):
    other = authority.issue("other")
    locked = locked_key(other, tmp_path, pem.PrivateFormat.PKCS8)
    assert unusable(Tls("", str(own.certificate), locked, "secret")).kind == "files"


@pytest.mark.parametrize("every", [1, 5, 100, 16384])
def test_messages_across_tls_records(authority, own, every):
    """PDUs and TLS records are cut at different places."""
    data = wire.image("1.2.3.4", 40_000 if every > 1 else 200)

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.GET_RQ)
        talk.send(wire.store(CT_ID, 1, "1.2.3.4", data, size=3000), every=every)
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.send(wire.response(request, 0), every=every)
        talk.released()

    sink = MemorySink()
    with Server(script, tls=server_side(own)) as server:
        with associate(server.node(tls=Tls(str(authority.ca))), PROPOSALS, Stop()) as association:
            get(association, Model.STUDY, keys(), sink)
        server.finished()
    assert sink.objects == {"1.2.3.4": data}


@pytest.mark.parametrize("how", [Talk.close, Talk.reset])
def test_a_connection_that_ends_in_a_find(authority, own, how):
    """It was lost; that TLS was spoken on it is no reason for a message about certificates."""

    def script(talk: Talk) -> None:
        talk.accept()
        talk.send(wire.response(talk.message(wire.FIND_RQ), 0xFF00, ROW))
        how(talk)

    with Server(script, tls=server_side(own)) as server:
        node = server.node(tls=Tls(str(authority.ca)))
        with pytest.raises(NetworkError) as caught, associate(node, PROPOSALS, Stop()) as association:
            find(association)
        server.finished()
    assert str(caught.value) == "The connection to Peer was lost."


def test_a_connection_that_ends_while_we_send(authority, own, tmp_path):
    from tests.network.conversations import MR_ID, file_of
    from workstation.network.send import store

    def script(talk: Talk) -> None:
        talk.accept()
        talk.take(1000)
        talk.close()

    file = file_of(tmp_path, bytes(20_000_000))
    with Server(script, tls=server_side(own)) as server:
        node = server.node(tls=Tls(str(authority.ca)))
        with pytest.raises(NetworkError) as caught, associate(node, PROPOSALS, Stop()) as association:
            store(association, association.contexts[MR_ID], file)
        server.finished()
    assert str(caught.value) == "The connection to Peer was lost."


# --- What must never happen --------------------------------------------------------------------------


def test_nothing_is_ever_said_in_clear_text_on_a_tls_node(authority):
    """The peer speaks no TLS, and is tried again and again: it never learns who we are or what we want."""
    heard: list[bytes] = []

    def plain(talk: Talk) -> None:
        heard.append(talk.take(11))
        talk.send(wire.reject(2, 3, 2))  # "busy, try again"
        heard.append(talk.rest())

    with Server(plain) as server:
        node = server.node(tls=Tls(str(authority.ca)), ae_title="SECRET-PACS", calling_ae_title="SECRET-ME")
        for _ in range(3):
            with pytest.raises(TlsFailed), associate(node, PROPOSALS, Stop(), limits=QUICK):
                pass
        assert len(server.talks) == 3  # and no second try of its own accord
    said = b"".join(heard)
    assert said.startswith(b"\x16\x03")
    assert b"SECRET" not in said
    assert b"1.2.840.10008" not in said


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_listener_takes_no_old_version(own, authority, version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.create_default_context(cafile=str(authority.ca))
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        listening(
            limits=QUICK, tls=server_context("here", Tls("", str(own.certificate), str(own.key)))
        ) as scp,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        echoes(scp.port, context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_listener_takes_both_new_versions(own, authority, version):
    context = ssl.create_default_context(cafile=str(authority.ca))
    context.minimum_version = context.maximum_version = version
    with listening(tls=server_context("here", Tls("", str(own.certificate), str(own.key)))) as scp:
        assert echoes(scp.port, context)


def test_there_is_no_switch_to_trust_everybody():
    """No setting, and no line of code that could be reached by one."""
    assert {field.name for field in fields(Tls)} == {"ca", "certificate", "key", "passphrase"}
    for settings in (Tls(), Tls("")):
        context = client_context("Peer", settings)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    for path in Path(workstation.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        for word in ("CERT_NONE", "CERT_OPTIONAL", "_create_unverified", "check_hostname = False"):
            assert word not in text, path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.logs("other users of this computer can read the TLS key exposed.key")
def test_a_key_others_can_read_is_told(authority):
    exposed = authority.issue("exposed")
    exposed.key.chmod(0o640)
    tls = Tls("", str(exposed.certificate), str(exposed.key))
    for _ in range(2):
        server_context("here", tls)


def test_a_key_only_we_can_read_is_not(authority):
    private = authority.issue("private")
    context = client_context("Peer", Tls("", str(private.certificate), str(private.key)))
    assert context.verify_mode is ssl.CERT_REQUIRED  # and no log line, which would fail the test
