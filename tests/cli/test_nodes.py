"""``nodes list``, ``nodes add`` and ``nodes remove``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from workstation.dicom.hours import Hours
from workstation.dicom.nodes import Identity, RetrieveMethod, Secret
from workstation.dicom.rate_limit import RateLimit
from workstation.settings.folders import folders
from workstation.settings.nodes import load_nodes
from workstation.store.lock import LibraryLock

Call = Callable[..., Said]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """What the system's keyring keeps."""
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(
        "workstation.settings.passcodes.save_passcode",
        lambda node, user, passcode: kept.update({(node, user): passcode}) or True,
    )
    monkeypatch.setattr(
        "workstation.settings.passcodes.delete_passcode", lambda node, user: kept.pop((node, user))
    )
    return kept


@pytest.mark.archives
def test_a_node_that_was_added_is_asked_by_its_name(
    workstation: Call, orthanc: Callable[..., Archive]
) -> None:
    archive = orthanc()
    assert "workstation nodes add" in workstation("echo", "Main").err
    said = workstation("nodes", "add", "Main", at(archive), "--aet", "OURS", "--retrieve", "move")
    assert (said.status, said.out) == (0, "")
    assert workstation("echo", "main").status == 0
    assert workstation("nodes", "list").out == (
        f"Main: {archive.ae_title}@{archive.host}:{archive.port}, as OURS, by C-MOVE\n"
    )
    [node] = workstation("nodes", "list", "--json").objects
    assert (node["name"], node["port"], node["retrieve"], node["tls"]) == (
        "Main",
        archive.port,
        "move",
        False,
    )
    assert workstation("nodes", "remove", "MAIN").status == 0
    assert load_nodes(folders().nodes) == ()
    assert workstation("nodes", "list").out == ""


def test_all_its_options(workstation: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    line = (
        "nodes", "add", "All", "A@B@[::1]:104", "--aet", "OURS", "--max-pdu", 16384, "--timeout", 7,
        "--associations", 3, "--tls", "--tls-ca", "ca.pem", "--charset", "GB18030", "--domain", "clinic",
        "--user", "me", "--ask-passcode", "--limit", 20, "--limit-hours", "07:00-18:00",
    )  # fmt: skip
    assert workstation(*line).status == 0
    [node] = load_nodes(folders().nodes)
    assert (node.ae_title, node.host, node.port, node.calling_ae_title) == ("A@B", "::1", 104, "OURS")
    assert (node.max_pdu, node.timeouts.find, node.associations) == (16384, 7.0, 3)
    assert (node.charset, node.domain, node.retrieve) == ("GB18030", "clinic", RetrieveMethod.AUTOMATIC)
    assert node.tls is not None
    assert (node.tls.ca, node.tls.certificate) == (str(tmp_path / "ca.pem"), "")
    assert node.identity == Identity("me", secret=Secret.ASKED)
    assert node.rate_limit == RateLimit(20, Hours(7 * 60, 18 * 60))


@pytest.mark.parametrize(
    "wrong",
    [
        ("--limit", 0.01),
        ("--limit", -1),
        ("--limit-hours", "07:00-18:00"),
        ("--limit", 2, "--limit-hours", "7"),
    ],
)
def test_a_limit_that_is_none_is_refused(workstation: Call, wrong: tuple[object, ...]) -> None:
    assert workstation("nodes", "add", "Main", "A@h:104", *wrong).status == 2
    assert load_nodes(folders().nodes) == ()


def test_a_passcode_comes_from_a_file_and_is_kept_by_the_system(
    workstation: Call, keyring: dict[tuple[str, str], str], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("open sesame\n")
    line = ("nodes", "add", "Main", "A@h:104", "--user", "me", "--passcode-file", tmp_path / "secret")
    said = workstation(*line)
    assert said.status == 0
    assert keyring == {("Main", "me"): "open sesame"}
    [node] = load_nodes(folders().nodes)
    assert node.identity == Identity("me", secret=Secret.KEPT)
    told = said.out + said.err + workstation("nodes", "list", "--json").out + folders().nodes.read_text()
    assert "sesame" not in told
    assert workstation("nodes", "remove", "Main").status == 0
    assert keyring == {}


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("add Main A@h:0", "“0”"),
        ("add Main h:104", "AET@host:port"),
        ("add library A@h:104", "another source"),
        ("add Known A@h:104", "another source"),
        ("add Main A@h:104 --max-pdu 3", "PDU"),
        ("add Main A@h:104 --passcode-file x", "--user"),
        ("add Main A@h:104 --passcode secret", "--passcode"),
        ("add Main", "AET@HOST:PORT"),
        ("remove Nobody", "Known"),
        ("", "COMMAND"),
    ],
)
def test_bad_usage(workstation: Call, line: str, part: str) -> None:
    assert workstation("nodes", "add", "Known", "KNOWN@h:104").status == 0
    said = workstation("nodes", *line.split())
    assert (said.status, said.out) == (2, "")
    assert part in said.err
    assert "workstation nodes" in said.err
    assert [node.name for node in load_nodes(folders().nodes)] == ["Known"]


def test_a_passcode_nobody_would_keep(
    workstation: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("workstation.settings.passcodes.save_passcode", lambda node, user, passcode: False)
    (tmp_path / "secret").write_text("x")
    said = workstation("nodes", "add", "M", "A@h:104", "--user", "me", "--passcode-file", tmp_path / "secret")
    assert said.status == 2
    assert "--ask-passcode" in said.err
    assert load_nodes(folders().nodes) == ()


def test_a_window_that_has_the_settings_keeps_them(workstation: Call) -> None:
    lock = LibraryLock(folders().running)
    try:
        for line in (("add", "Main", "A@h:104"), ("remove", "Main")):
            said = workstation("nodes", *line)
            assert said.status == 1
            assert "Another Workstation window keeps the settings" in said.err
        assert workstation("nodes", "list").status == 0
    finally:
        lock.release()


def test_consent_to_a_passcode_without_tls_is_kept(workstation: Call) -> None:
    line = ("A@192.0.2.1:104", "--user", "me", "--ask-passcode")
    assert workstation("nodes", "add", "Silent", *line).status == 0
    assert workstation("nodes", "add", "Agreed", *line, "--passcode-in-clear").status == 0
    silent, agreed = load_nodes(folders().nodes)
    assert silent.lacks_consent
    assert not agreed.lacks_consent
    assert "unencrypted" in workstation("echo", "Silent").err
    assert "--passcode-file" in workstation("echo", "Agreed").err  # there is nobody to type it
