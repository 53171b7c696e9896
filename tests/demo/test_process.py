"""The demo archive as a process: how it starts, what it serves, and that it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workstation.demo.process import DemoArchive
from workstation.dicom.criteria import Criteria
from workstation.dicom.nodes import Node
from workstation.dicom.outcomes import End
from workstation.dicom.targets import Target
from workstation.errors import DemoNotStarted
from workstation.operations.instance_router import FolderRouter
from workstation.operations.retrieve import retrieve
from workstation.operations.send import send
from workstation.operations.sources import Archive
from workstation.relaunch import command
from workstation.stop import Stop

Serve = Callable[..., tuple[subprocess.Popen[bytes], Node]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(*arguments)``: ``demo-archive`` as a program; killed at the latest with the test."""
    running = []

    def start(*arguments: object) -> tuple[subprocess.Popen[bytes], Node]:
        process = subprocess.Popen(
            [*command(), "demo-archive", "--json", "--port", "0", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        running.append(process)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["state"] == "listening"
        return process, Node(name="", ae_title="DEMO", host="127.0.0.1", port=told["port"])

    yield start
    for process in running:
        process.kill()
        process.communicate()


def studies(node: Node) -> list[str]:
    return sorted(study.study_uid for study in Archive(node).search(Criteria(), Stop()))


def test_it_starts_serves_and_stops(tmp_path: Path) -> None:
    with DemoArchive.start(tmp_path / "cache") as archive:
        assert archive.running
        assert archive.node.host == "127.0.0.1"
        assert len(studies(archive.node)) == 12
    assert not archive.running


def test_it_leaves_the_person_s_own_folders_alone(tmp_path: Path, home: Path) -> None:
    with DemoArchive.start(tmp_path / "cache"):
        assert (tmp_path / "cache" / "home" / "logs").is_dir()
    assert not list(home.iterdir())


def test_it_ends_when_its_standard_input_closes(serve: Serve, tmp_path: Path) -> None:
    process, node = serve("--child", "--cache", tmp_path / "cache")
    assert len(studies(node)) == 12
    assert process.poll() is None
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert process.wait(20) == 0


def test_what_was_sent_to_it_is_gone_with_it(study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "temporary"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    with DemoArchive.start(tmp_path / "cache") as archive:
        assert not list(kept.iterdir())
        send(archive.node, study(2), Stop(), lambda _: None)
        assert len(list(kept.rglob("*.dcm"))) == 2
    assert not list(kept.iterdir())


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DemoNotStarted) as raised:
        DemoArchive.start(file)
    assert "file" in raised.value.detail
    assert str(raised.value) == "The demo archive could not be started."


def test_silence_has_a_limit(tmp_path: Path) -> None:
    with pytest.raises(DemoNotStarted, match="could not be started") as raised:
        DemoArchive.start(tmp_path / "cache", timeout=0.001)
    assert "0.001 seconds" in raised.value.detail


def test_a_person_s_own_files_are_served_instead(serve: Serve, study, tmp_path: Path) -> None:
    files = study(2, key="own") + study(1, key="other")
    (files[0].parent / "notes.txt").write_text("not DICOM")
    _, node = serve(files[0].parent, files[2])
    found = {each.study_uid: each for each in Archive(node).search(Criteria(), Stop())}
    assert sorted(each.instances or 0 for each in found.values()) == [1, 2]


def test_a_file_that_has_gone_costs_one_object(serve: Serve, study, tmp_path: Path) -> None:
    files = study(3)
    _, node = serve(files[0].parent)
    files[1].unlink()
    (found,) = Archive(node).search(Criteria(), Stop())
    target, router = Target(found.study_uid), FolderRouter(tmp_path / "out")
    outcome = retrieve(node, target, router, None, Stop(), lambda _: None)
    assert (outcome.end, outcome.received, len(outcome.missing)) == (End.PARTIAL, 2, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_foreground_archive_is_not_bound_to_its_input_and_ends_by_a_signal(serve: Serve, study) -> None:
    process, node = serve(study(1)[0])
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert len(studies(node)) == 1
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(20) == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--destination", "PACS"], "AET=HOST:PORT"),
        (["--destination", "PACS=host:0x"], "AET=HOST:PORT"),
        (["--port", "70000"], "1 to 65535"),
        (["nowhere"], "no such file or folder"),
    ],
)
def test_bad_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    from workstation.cli.main import main

    assert main(["demo-archive", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_port_in_use_is_named(shared_demo: DemoArchive, study, capsys: pytest.CaptureFixture[str]) -> None:
    from workstation.cli.main import main

    assert main(["demo-archive", "--port", str(shared_demo.node.port), str(study(1)[0])]) == 1
    assert str(shared_demo.node.port) in capsys.readouterr().err


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command() == [sys.executable, "-P", "-m", "workstation"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command() == [sys.executable]


def test_a_frozen_window_starts_the_console_program_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "workstation.exe"))
    (tmp_path / "workstation-cli.exe").touch()
    assert command() == [str(tmp_path / "workstation-cli.exe")]
