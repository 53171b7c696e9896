"""TLS keys on the command line: their passphrase is asked for, and who else can read them is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem

from tests.archives.tls import Authority
from tests.cli.conftest import Program, Said
from tests.network.listening import listening
from tests.peers.peer import PATIENCE
from workstation.dicom.nodes import Node, Tls
from workstation.network.tls import server_context
from workstation.settings.folders import folders
from workstation.settings.nodes import load_nodes, save_nodes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no modes and no terminals of this kind")


@pytest.fixture
def locked(authority: Authority, tmp_path: Path) -> tuple[Path, Path]:
    """A certificate, and its key protected by "secret"."""
    own = authority.issue("reader")
    key = pem.load_pem_private_key(own.key.read_bytes(), None)
    path = tmp_path / "locked.key"
    path.touch(mode=0o600)
    secret = pem.BestAvailableEncryption(b"secret")
    path.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, secret))
    return own.certificate, path


@pytest.fixture
def archive(authority: Authority):
    """The port of somebody who asks for a certificate."""
    own = authority.issue("archive")
    tls = server_context("archive", Tls(str(authority.ca), str(own.certificate), str(own.key)))
    with listening(tls=tls) as scp:
        yield scp.port


def line(authority: Authority, port: int, files: tuple[Path, Path]) -> list[str]:
    certificate, key = files
    options = ["--tls", "--tls-ca", authority.ca, "--tls-cert", certificate, "--tls-key", key]
    return ["echo", f"ARCHIVE@localhost:{port}", *map(str, options)]


def test_without_a_terminal_it_is_said(
    workstation: Callable[..., Said], authority: Authority, archive: int, locked: tuple[Path, Path]
) -> None:
    said = workstation(*line(authority, archive, locked))
    assert said.status == 1
    assert "is protected by a passphrase" in said.err


@pytest.mark.parametrize(("typed", "status"), [("secret", 0), ("Secret", 1)])
def test_on_a_terminal_it_is_asked_for(
    authority: Authority, archive: int, locked: tuple[Path, Path], typed: str, status: int
) -> None:
    command = [sys.executable, "-m", "workstation", *line(authority, archive, locked)]
    spawn = f"import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn({command!r})))"
    with subprocess.Popen(
        [sys.executable, "-c", spawn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        prompt = ""
        while not prompt.endswith("locked.key: "):
            prompt += terminal.stdout.read(1)
        terminal.stdin.write(f"{typed}\n")
        terminal.stdin.flush()
        said = terminal.stdout.read()
        assert terminal.wait(PATIENCE) == status
    assert typed not in said
    assert ("does not unlock the TLS key" in said) is (status == 1)


def test_the_listener_asks_too(
    program: Callable[..., Program], locked: tuple[Path, Path], free_port: Callable[[], int]
) -> None:
    options = ["--tls", "--tls-cert", locked[0], "--tls-key", locked[1]]
    said = program("listen", "--port", free_port(), *options).end()
    assert said.status == 1
    assert "is protected by a passphrase" in said.err


def test_the_keyring_may_keep_it(
    workstation: Callable[..., Said],
    authority: Authority,
    archive: int,
    locked: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = {str(locked[1]): "secret"}
    monkeypatch.setattr("workstation.settings.passcodes._kept", kept.get)
    assert workstation(*line(authority, archive, locked)).status == 0


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["for people", "for programs"])
@pytest.mark.parametrize(
    "mode", [0o600, *(pytest.param(mode, marks=pytest.mark.logs("can read")) for mode in (0o640, 0o604))]
)
def test_a_key_that_others_can_read_is_told(
    workstation: Callable[..., Said], authority: Authority, archive: int, mode: int, options: list[str]
) -> None:
    own = authority.issue(f"{mode:o}{''.join(options)}")  # the log tells of each file once
    own.key.chmod(mode)
    said = workstation(*line(authority, archive, (own.certificate, own.key)), *options)
    assert said.status == 0
    assert (f"can read the TLS key {own.key.name}: give it mode 600" in said.err) is (mode != 0o600)


def test_a_passphrase_is_never_written() -> None:
    node = Node(
        name="A", ae_title="ARCHIVE", host="localhost", port=104, tls=Tls("", "/c.pem", "/k.pem", "secret")
    )
    save_nodes(folders().nodes, [node])
    text = folders().nodes.read_text()
    assert "secret" not in text.replace('"secret":', "")
    assert "passphrase" not in text
    assert load_nodes(folders().nodes)[0].tls == Tls("", "/c.pem", "/k.pem")
