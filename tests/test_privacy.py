"""No patient data and no secrets in logs, settings or the association talk: markers are looked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from workstation.cli.main import main

pytestmark = pytest.mark.archives
Start = Callable[..., Archive]

PLANTED = data.Patient("PLANTED^NAME", "PLANTED-ID", birth_date="19011224")
PASSCODE = "planted-passcode"
MARKERS = ("PLANTED", PASSCODE, "19011224")


@pytest.fixture
def spoken(
    dcmqrscp: Start,
    orthanc: Start,
    study: Callable[..., list[Path]],
    free_port: Callable[[], int],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> str:
    """What a day of use leaves on standard error, with ``-v``; finds, fetches and failures included."""
    secret = tmp_path / "passcode"
    secret.write_text(PASSCODE)
    files = study(2, patient=PLANTED)
    uid = str(data.uid(PLANTED.id, "1"))
    said = ""
    for archive in (dcmqrscp(files), orthanc(files)):
        node = f"{archive.ae_title}@{archive.host}:{archive.port}"
        identity = ("--user", "somebody", "--passcode-file", str(secret))
        port = ("--port", str(free_port()))
        for command in (
            ("echo", node, *identity),
            ("find", node, "--level", "study", "-k", "PatientName=PLANTED*", *identity),
            ("find", node, "--level", "nothing"),
            ("get", node, "--patient", PLANTED.id, *identity),
            ("get", node, "--study", uid, "--patient", PLANTED.id, "--model", "patient"),
            ("move", node, "--study", uid, "--out", str(tmp_path / "out"), *port),
            ("send", node, *map(str, files), *identity),
            ("send", "NOBODY@127.0.0.1:" + str(free_port()), *map(str, files)),
        ):
            main([*command, "-v"])
            captured = capsys.readouterr()
            said += captured.err
    return said


def test_markers_are_nowhere(spoken: str, tmp_path: Path) -> None:
    home = Path(os.environ["WORKSTATION_HOME"])
    kept = {
        path: path.read_bytes()
        for folder in ("logs", "config", "cache")
        for path in (home / folder).rglob("*")
        if path.is_file()
    }
    assert any(path.suffix == ".log" for path in kept)
    assert "C-STORE" in spoken
    for marker in MARKERS:
        assert [path for path, raw in kept.items() if marker.encode() in raw] == []
        lines = [line for line in spoken.splitlines() if marker in line]
        # Only the message that repeats what the person typed wrongly may name it.
        assert [line for line in lines if "→" in line or "←" in line] == []
