"""``--trace``: what is asked and answered, in the file of the user, without patient data unless asked for."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.archives.process import Archive
from tests.cli.conftest import Said, at
from tests.peers import wire
from tests.peers.peer import Server, Talk

Call = Callable[..., Said]

NAME = "DOE^JANE"
ROW = wire.explicit((0x00080060, "CS", b"CT"), (0x00100010, "PN", NAME.encode()))


def script(talk: Talk) -> None:
    talk.accept()
    request = talk.message(wire.FIND_RQ)
    talk.send(wire.response(request, 0xFF00, ROW))
    talk.send(wire.response(request, 0xC001, fields={wire.COMMENT: b"no DOE here"}))
    talk.rest()


def traced(workstation: Call, path: Path, *more: str) -> tuple[Said, list[dict[str, Any]]]:
    with Server(script) as server:
        said = workstation(
            "find", f"PEER@127.0.0.1:{server.port}", "--level", "study", "-k", f"PatientName={NAME}",
            "--trace", path, *more,
        )  # fmt: skip
        server.end()
    return said, [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_headers_statuses_and_times_are_written(workstation: Call, tmp_path: Path) -> None:
    said, lines = traced(workstation, tmp_path / "trace")
    assert said.status == 1
    assert lines[0]["what"] == "query"
    assert lines[0]["masked"] is True
    opened = next(line for line in lines if "contexts" in line)
    assert opened["contexts"][1]["abstract_syntax"]["name"].startswith("Study Root")
    assert opened["contexts"][1]["result"] == "accepted"
    messages = [line for line in lines if "context" in line]
    assert [line["message"] for line in messages] == ["C-FIND-RQ", "C-FIND-RSP", "C-FIND-RSP"]
    assert [line.get("status") for line in messages] == [None, "0xFF00", "0xC001"]
    assert messages[1]["bytes"] == len(ROW)
    assert [line["time"] for line in messages] == sorted(line["time"] for line in messages)
    assert (lines[-1]["state"], lines[-1]["status"]) == ("failed", "0xC001")


def test_nothing_of_a_patient_is_written(workstation: Call, tmp_path: Path) -> None:
    traced(workstation, tmp_path / "trace")
    assert "DOE" not in (tmp_path / "trace").read_text("utf-8")


def test_identifiers_are_written_if_they_are_asked_for(workstation: Call, tmp_path: Path) -> None:
    said, lines = traced(workstation, tmp_path / "trace", "--trace-identifiers")
    assert "patient data" in said.err
    found = [line["identifier"] for line in lines if "identifier" in line]
    assert found[0]["00100010"]["Value"] == [{"Alphabetic": NAME}]
    assert found[1]["00080060"]["Value"] == ["CT"]
    assert any(line.get("comment") == "no DOE here" for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_the_file_is_the_users_alone(workstation: Call, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_text("of before")
    path.chmod(0o644)
    _, lines = traced(workstation, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert lines


def test_a_file_that_cannot_be_made_is_told_before_anything_is_asked(
    workstation: Call, tmp_path: Path
) -> None:
    said = workstation("echo", "PEER@127.0.0.1:9", "--trace", tmp_path / "no folder" / "trace")
    assert said.status == 1
    assert "no folder" in said.err


def test_identifiers_alone_are_bad_usage(workstation: Call) -> None:
    said = workstation("--trace-identifiers", "echo", "PEER@127.0.0.1:9")
    assert said.status == 2


@pytest.mark.archives
@pytest.mark.parametrize("kind", ["dcmqrscp", "orthanc"])
def test_a_retrieve_is_traced_whole(
    workstation: Call, request: pytest.FixtureRequest, patients: list[Path], kind: str, tmp_path: Path
) -> None:
    archive: Archive = request.getfixturevalue(kind)(patients)
    said = workstation("--trace", tmp_path / "trace", "find", at(archive), "--level", "study", "--json")
    study = said.answers[0]["0020000D"]["Value"][0]
    before = (tmp_path / "trace").read_text("utf-8")
    assert study not in before
    got = workstation(
        "get", at(archive), "--study", study, "--out", tmp_path / "out", "--trace", tmp_path / "trace"
    )
    assert got.status == 0
    text = (tmp_path / "trace").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    stored = [line for line in lines if line.get("message") == "C-STORE-RQ"]
    assert len(stored) == len(list((tmp_path / "out").rglob("*.dcm")))
    assert all(line["bytes"] and line["data_until"] >= line["time"] for line in stored)
    (*_, end) = (line for line in lines if "what" in line)  # a release may follow it
    assert (end["what"], end["state"]) == ("retrieve", "done")
    assert study not in text
