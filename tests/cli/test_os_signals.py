"""Ctrl-C and SIGTERM: a polite end, exit status 130, nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archives import data
from tests.archives.process import Archive
from tests.cli.conftest import PATIENCE, Program, Said
from tests.peers import wire
from tests.peers.peer import Server, Talk, client
from workstation.settings.folders import folders
from workstation.store.plan import PlanState
from workstation.store.plans import Plans

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX does")

Start = Callable[..., Program]
ROW = wire.explicit((0x0020000D, "UI", b"1.2.3"))
QUERY = ["--json", "--level", "study", "-k", "StudyInstanceUID"]


def at(server: Server) -> str:
    return f"SCRIPTED@127.0.0.1:{server.port}"


def until(holds: Callable[[], object]) -> None:
    """Wait for something another process does."""
    deadline, tick = time.monotonic() + PATIENCE, threading.Event()
    while not holds():
        assert time.monotonic() < deadline
        tick.wait(0.01)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_find_cancels_politely(program: Start, name: str) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, ROW))
        assert talk.message(wire.CANCEL_RQ).number(wire.RESPONDED) == request.number(wire.ID)
        talk.send(wire.response(request, 0xFE00))
        talk.released()

    with Server(script) as server:
        running = program("find", at(server), *QUERY)
        running.wait_for("0020000D")
        running.interrupt(getattr(signal, name))
        said = running.end()
        server.finished()
    assert said.status == 130
    assert len(said.answers) == 1
    assert said.objects[-1] == {"state": "cancelled", "answers": 1, "unreadable": 0, "status": "0xFE00"}
    assert "Traceback" not in said.err


def test_a_peer_that_ignores_it_is_left_after_a_grace(program: Start) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.send(wire.response(talk.message(wire.FIND_RQ), 0xFF00, ROW))
        talk.message(wire.CANCEL_RQ)
        talk.aborted()

    with Server(script) as server:
        running = program("find", at(server), *QUERY)
        running.wait_for("0020000D")
        running.interrupt()
        assert running.end().status == 130
        server.finished()


def test_a_second_time_ends_at_once(program: Start) -> None:
    cancelled = threading.Event()

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message(wire.FIND_RQ)
        talk.send(wire.response(request, 0xFF00, ROW))
        talk.message(wire.CANCEL_RQ)
        cancelled.set()
        talk.aborted()

    with Server(script) as server:
        running = program("find", at(server), *QUERY)
        running.wait_for("0020000D")
        running.interrupt()
        assert cancelled.wait(PATIENCE)
        running.interrupt()
        assert running.end().status == 130
        server.finished()


def half_an_object(talk: Talk) -> None:
    """Serve a C-GET: one whole object, half of another, then nothing more."""
    request = talk.accept()
    context_id = next(
        number
        for number, (syntax, transfer) in request.contexts.items()
        if syntax == wire.CT and transfer[0] == wire.EXPLICIT
    )
    talk.message(wire.GET_RQ)
    talk.send(wire.store(context_id, 1, "1.2.3.1", wire.image("1.2.3.1", 40_000)))
    talk.message(wire.STORE_RQ | wire.RESPONSE)
    second = wire.store(context_id, 2, "1.2.3.2", wire.image("1.2.3.2", 400_000))
    talk.send(second[: len(second) // 2])
    talk.message(wire.CANCEL_RQ)
    talk.aborted()


def no_answers(talk: Talk) -> None:
    """Refuse to say what there is."""
    talk.accept()
    talk.send(wire.response(talk.message(wire.FIND_RQ), 0xA700))
    talk.released()


@pytest.mark.parametrize("where", ["folder", "library"])
def test_get_leaves_whole_objects_only(program: Start, tmp_path: Path, where: str) -> None:
    folder = tmp_path / "out" if where == "folder" else folders().library
    out = ["--out", str(folder)] if where == "folder" else []
    with Server(no_answers, half_an_object) as server:
        running = program("get", at(server), "--json", "--study", "1.2.3", *out)
        until(lambda: list(folder.rglob("*.dcm")) and list(folder.rglob("*.part")))
        running.interrupt()
        said = running.end()
        server.finished(2)
    assert said.status == 130
    last = said.objects[-1]
    assert (last["state"], last["received"]) == ("cancelled", 1)
    assert [path.name for path in folder.rglob("*.dcm")] == ["1.2.3.1.dcm"]
    assert not list(folder.rglob("*.part"))
    if where == "library":
        plans = Plans(folders().plans)
        assert [plan.state for plan in plans.every()] == [PlanState.CANCELLED]
        plans.close()


def test_listen_leaves_whole_objects_only(
    program: Start, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port, out = free_port(), tmp_path / "out"
    running = program("listen", "--json", "--port", port, "--out", out)
    running.wait_for("listening")
    with client(port) as talk:
        talk.propose({1: (wire.CT, wire.EXPLICIT)})
        talk.send(wire.store(1, 1, "1.2.3.1", wire.image("1.2.3.1", 1000)))
        talk.message(wire.STORE_RQ | wire.RESPONSE)
        second = wire.store(1, 2, "1.2.3.2", wire.image("1.2.3.2", 400_000))
        talk.send(second[: len(second) // 2])
        until(lambda: list(out.glob("*.part")))
        running.interrupt(signal.SIGTERM)
        said = running.end()
    assert said.status == 130
    assert [found["uid"] for found in said.objects if found["state"] == "received"] == ["1.2.3.1"]
    assert [path.name for path in out.iterdir()] == ["1.2.3.1.dcm"]


@pytest.mark.parametrize("where", ["folder", "library"])
def test_listen_tells_what_it_did_not_keep(
    program: Start, tmp_path: Path, free_port: Callable[[], int], where: str
) -> None:
    port, out = free_port(), tmp_path / "out"
    more = ["--out", out] if where == "folder" else []
    running = program("listen", "--json", "--port", port, *more)
    running.wait_for("listening")
    with client(port) as talk:
        talk.propose({1: (wire.CT, wire.EXPLICIT)})
        for number, instance, image in (
            (1, "1.2.3.9", wire.image("1.2.3.1")),
            (2, "1.2.3.2", wire.image("1.2.3.2")),
        ):
            talk.send(wire.store(1, number, instance, image))
            talk.message(wire.STORE_RQ | wire.RESPONSE)
        talk.release()
    running.wait_for("1.2.3.2")
    running.interrupt()
    said = running.end()
    [error] = said.errors
    assert "was not kept" in error["error"]
    assert error["status"] == "0xA900"
    assert [found["uid"] for found in said.objects if found["state"] == "received"] == ["1.2.3.2"]


@pytest.mark.archives
@pytest.mark.parametrize("command", ["echo", "get", "move", "send"])
def test_a_silent_archive_does_not_hold_us(
    program: Start,
    dcmqrscp: Callable[..., Archive],
    study: Callable[..., list[Path]],
    tmp_path: Path,
    free_port: Callable[[], int],
    command: str,
) -> None:
    port = free_port()
    files, out = study(2), tmp_path / "out"
    archive = dcmqrscp(files, destinations={"WORKSTATION": port})
    archive.pause()
    wanted = ["--study", data.uid("ENG-1", "1"), "--out", out]
    own = {"echo": [], "get": wanted, "move": [*wanted, "--port", port], "send": files}
    line = [command, f"{archive.ae_title}@127.0.0.1:{archive.port}", "--json", "-v"]
    running = program(*line, *own[command])
    running.wait_for("A-ASSOCIATE-RQ")
    running.interrupt()
    said = running.end()
    archive.resume()
    assert said.status == 130
    assert not list(out.glob("*"))


# --- Standard output and terminals -------------------------------------------------------------------


def endless(talk: Talk) -> None:
    """Answers until the other side leaves."""
    talk.accept()
    request = talk.message(wire.FIND_RQ)
    with contextlib.suppress(OSError):
        while True:
            talk.send(wire.response(request, 0xFF00, ROW))


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Server(endless) as server:
        done = subprocess.run(
            [sys.executable, "-m", "workstation", "find", at(server), *QUERY],
            stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, "")
        server.finished()


@pytest.mark.archives
def test_closed_streams_are_no_error(
    dcmqrscp: Callable[..., Archive], study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    archive = dcmqrscp(study(2))
    line = f"get {archive.ae_title}@127.0.0.1:{archive.port} --study {data.uid('ENG-1', '1')} --out out"
    command = f"exec '{sys.executable}' -m workstation {line} >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 0
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 2


@pytest.mark.archives
def test_progress_is_shown_on_a_terminal(
    dcmqrscp: Callable[..., Archive], study: Callable[..., list[Path]], tmp_path: Path
) -> None:
    archive = dcmqrscp(study(3))
    terminal, end = os.openpty()
    line = ["get", f"{archive.ae_title}@127.0.0.1:{archive.port}", "--study", data.uid("ENG-1", "1")]
    with subprocess.Popen(
        [sys.executable, "-m", "workstation", *line, "--out", tmp_path / "out"],
        stdout=subprocess.PIPE, stderr=end, text=True, env=os.environ | {"TERM": "xterm"},
    ) as running:  # fmt: skip
        os.close(end)
        shown = b""
        try:
            while piece := os.read(terminal, 4096):
                shown += piece
        except OSError:  # Linux: the other side of the terminal is closed
            pass
        assert running.stdout is not None
        out = running.stdout.read()
    os.close(terminal)
    assert running.returncode == 0
    assert b"Fetching" in shown
    assert out.startswith("Complete: 3 of 3 objects here")


def test_progress_for_programs_is_paced(
    workstation: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.cli import output
    from workstation.stop import Progress, Stop

    now = [100.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    said: list[object] = []
    out = output.Output(Stop(), json=True)
    monkeypatch.setattr(out, "value", said.append)
    with out.progress("Fetching") as report:
        for count in range(100):
            report(Progress(count, 100, count * 10))
            now[0] += 0.011
    assert said[0] == {"state": "running", "done": 0, "expected": 100, "bytes": 0}
    assert len(said) == 10
    assert json.dumps(said)
