"""The program as a process: it starts, says why when it cannot, and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.processes import ROOT, run_program
from workstation.app.shutdown import Shutdown


def test_the_window_opens_and_closes(tmp_path: Path) -> None:
    done = run_program(tmp_path / "new")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "config" / "window.json").is_file()
    assert not (tmp_path / "new" / "data" / "library" / "unclean").exists()
    log = (tmp_path / "new" / "logs" / "workstation.log").read_text("utf-8")
    assert "Workstation ends" in log
    assert "ERROR" not in log


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_properly(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "logs" / "workstation.log"
    program = subprocess.Popen(
        [sys.executable, "-m", "workstation", "--home", str(tmp_path), "--quit-after-ms", "200000"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 100
        while not (tmp_path / "logs" / "workstation.log").is_file() or "is loaded" not in log.read_text():
            assert time.monotonic() < deadline
            assert program.poll() is None
        program.send_signal(number)
        assert program.wait(100) == 0
    finally:
        program.kill()
        program.wait()
    assert "Workstation ends" in log.read_text()
    assert not (tmp_path / "data" / "library" / "unclean").exists()


def test_broken_nodes_are_said_and_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "nodes.json").write_text('{"version": 1, "nodes": [{}]}')
    done = run_program(tmp_path)
    assert done.returncode == 1
    assert str(config / "nodes.json") in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((config / "nodes.json").read_text()) == {"version": 1, "nodes": [{}]}


def test_everything_ends_in_order_and_files_last() -> None:
    ended: list[str] = []

    def note(name: str) -> bool:
        ended.append(name)
        return True

    shutdown = Shutdown()
    shutdown.last("library", lambda: ended.append("library"))
    shutdown.last("plans", lambda: ended.append("plans"))
    shutdown.then("lanes", lambda seconds: note("lanes"))
    shutdown.then("listener", lambda seconds: note("listener"))
    shutdown.first("arrivals", lambda seconds: note("arrivals"))
    assert shutdown.run(1)
    assert shutdown.run(1)
    assert ended == ["arrivals", "lanes", "listener", "plans", "library"]


@pytest.mark.logs("lanes did not end in time")
def test_files_stay_open_while_somebody_may_write() -> None:
    ended: list[str] = []
    shutdown = Shutdown()
    shutdown.last("library", lambda: ended.append("library"))
    shutdown.then("lanes", lambda seconds: False)
    shutdown.then("listener", lambda seconds: None)
    assert not shutdown.run(1)
    assert ended == []
